/** N-grams of units with their counts, in order of first appearance. */
export type NgramCounts = ReadonlyMap<string, number>;

/**
 * Counts the n-grams of a sentence.
 *
 * @param units Tokens or characters. @param separator Stands between the units of an n-gram; no unit
 * may contain it unless it is empty and every unit is one character.
 */
export function countNgrams(
  units: readonly (string | number)[],
  order: number,
  separator: string,
): NgramCounts {
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= units.length; start++) {
    let ngram = `${units[start]}`;
    for (let i = start + 1; i < start + order; i++) ngram += separator + units[i];
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/** N-grams of the first that the second has too, each at most as often as there. */
export function countMatches(counts: NgramCounts, limits: NgramCounts): number {
  let matches = 0;
  for (const [ngram, count] of counts) matches += Math.min(count, limits.get(ngram) ?? 0);
  return matches;
}
