/** Sentences or pairs that are short enough, and those that are not, in their order. */
export interface FilteredIndices {
  readonly kept: number[];
  readonly ignored: number[];
}

/**
 * Leaves out what is too long for a model (`fairseq/data/data_utils.py: filter_by_size`). Only
 * `verify` uses it, see `batchBySize`.
 *
 * @param sides Tokens of each sentence and the most that are allowed: one for a text, two for
 *   pairs, of which both sides must be short enough.
 */
export function filterByLength(
  indices: Iterable<number>,
  sides: readonly { readonly lengths: ArrayLike<number>; readonly most: number }[],
): FilteredIndices {
  const kept: number[] = [];
  const ignored: number[] = [];
  for (const index of indices) {
    const fits = sides.every(({ lengths, most }) => lengths[index] <= most);
    (fits ? kept : ignored).push(index);
  }
  return { kept, ignored };
}
