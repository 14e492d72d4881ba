import { UserError } from "../../../errors.ts";

/** How large a batch may be. */
export interface BatchLimits {
  /** Most tokens with padding: sentences times the longest of them (default: no limit). */
  readonly maxTokens?: number;
  /** Most sentences (default: no limit). */
  readonly maxSentences?: number;
  /** A full batch has a multiple of this many sentences when it has more (default 1). */
  readonly requiredMultiple?: number;
}

/** A sentence that is longer than a batch may be. */
export class SentenceTooLongError extends UserError {
  constructor(readonly index: number, readonly size: number, readonly limit: number) {
    super(
      `sentence ${index} has ${size} tokens and a batch holds ${limit}: ` +
        "raise the tokens of a batch or leave out long sentences",
    );
    this.name = "SentenceTooLongError";
  }
}

/**
 * Groups sentences, in their order, into batches (`fairseq/data/data_utils_fast.pyx:
 * batch_by_size_fast`). When a batch is full, what exceeds the last multiple begins the next one.
 * As in the reference that rest is not measured again: together with a much longer sentence it may
 * exceed `maxTokens`.
 *
 * Like everything in this folder it is what the reference does and what `verify` compares; training
 * batches have few static shapes instead, see `choosePairShapes` and `TranslationBatches`.
 *
 * @param indices Sentences in the order of batches.
 * @param sizeOf Tokens of a sentence.
 * @throws {SentenceTooLongError} for a sentence of more than `maxTokens`.
 */
export function batchBySize(
  indices: Iterable<number>,
  sizeOf: (index: number) => number,
  { maxTokens = Infinity, maxSentences = Infinity, requiredMultiple = 1 }: BatchLimits,
): number[][] {
  const batches: number[][] = [];
  let batch: number[] = [];
  let longest = 0;
  for (const index of indices) {
    const size = sizeOf(index);
    if (size > maxTokens) throw new SentenceTooLongError(index, size, maxTokens);
    longest = Math.max(longest, size);
    const count = batch.length;
    const full = count === maxSentences || (count + 1) * longest > maxTokens;
    if (count > 0 && full) {
      const rest = count % requiredMultiple;
      const closed = Math.max(count - rest, rest);
      batches.push(batch.slice(0, closed));
      batch = batch.slice(closed);
      longest = batch.reduce((most, each) => Math.max(most, sizeOf(each)), size);
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
