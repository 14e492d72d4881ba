import { UserError } from "../errors.ts";

/** The references of sentences, and how many there are for each. */
export interface ReferenceSets {
  /** Those of each sentence, missing ones left out. */
  readonly bySentence: readonly (readonly string[])[];
  /** As signatures have it: one number, or `var` when sentences differ. */
  readonly count: string;
}

/**
 * Sorts streams of references by sentence.
 *
 * @param metric Name used in messages.
 * @param references One stream or several, each with a line for every hypothesis; `null` where a
 * stream has none for a sentence.
 * @throws {UserError} when there is nothing to score, a stream has another number of lines than
 * the hypotheses, or a sentence has no reference.
 */
export function bySentence(
  metric: string,
  hypotheses: readonly string[],
  references: readonly (readonly (string | null)[])[],
): ReferenceSets {
  if (hypotheses.length === 0) throw new UserError(`${metric}: no hypotheses`);
  for (const [i, stream] of references.entries()) {
    if (stream.length === hypotheses.length) continue;
    throw new UserError(
      `${metric}: ${hypotheses.length} hypotheses, but reference ${i + 1} has ` +
        `${stream.length} lines: expected as many`,
    );
  }
  const sets = hypotheses.map((_, i) =>
    references.map((stream) => stream[i]).filter((line) => line !== null)
  );
  const missing = sets.findIndex((set) => set.length === 0);
  if (missing >= 0) throw new UserError(`${metric}: sentence ${missing + 1} has no reference`);
  const counts = new Set(sets.map((set) => set.length));
  return { bySentence: sets, count: counts.size === 1 ? String(sets[0].length) : "var" };
}
