/**
 * The Philox stream numbers that host code draws from. A number is never reused for another
 * purpose: doing so would change, or correlate, every run that has the same seed.
 */
export const RANDOM_STREAMS = {
  /** Parameter initialisation. */
  parameters: 1,
  /** Which examples share a batch (once per run). */
  batchComposition: 2,
  /** The order of the batches (once per epoch). */
  batchOrder: 3,
  /** Tokens that are sampled from a language model. */
  sampling: 5,
  /** The sizes of the blocks that a text is cut into (once per epoch). */
  blockSizes: 4,
  /** Which source stands in for that of another sentence, to see whether a model reads it. */
  shuffledSources: 6,
  /** The ListOps generator. */
  listops: 16,
  /** The lexicon of the synthetic document pairs. */
  retrievalLexicon: 17,
  /** The synthetic document pairs. */
  retrieval: 18,
  /** The Pathfinder and Path-X generator. */
  pathfinder: 19,
  /** The bytes that efficiency is measured on. */
  efficiencyText: 20,
  /** The sentences about numbers, drawn on their own for each split. */
  numbers: { train: 21, valid: 22, test: 23 },
} as const;
