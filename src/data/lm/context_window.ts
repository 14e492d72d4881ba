import { PAD_ID } from "../vocabulary.ts";
import type { BlockItem } from "./blocks.ts";

/** Blocks with earlier text in front, one per row. */
export interface ContextBatch {
  /** [B, L] row-major: context, block, padding; a block keeps the padding of its own batch. */
  readonly tokens: Int32Array;
  /** [B, L] the block's targets, `PAD_ID` for context and padding. */
  readonly targets: Int32Array;
  /** B. */
  readonly batch: number;
  /** L: the longest block of the batch and the context window. */
  readonly length: number;
  /** [B] tokens of context in each row. */
  readonly starts: Int32Array;
  /** [B] tokens in each row, context included. */
  readonly lengths: Int32Array;
  /** Tokens that are predicted: those of the blocks. */
  readonly tokenCount: number;
}

/** How much context a block gets. */
export interface ContextOptions {
  /** Most tokens of context, at least 1. */
  readonly window: number;
  /** Most tokens of a block; a longer one pushes its context out. */
  readonly blockSize: number;
}

/**
 * Gives each block the end of the text before it as context, so that no token is predicted from a
 * bare beginning (`fairseq/data/lm_context_window_dataset.py`). The text before includes the
 * context of the block before, so with blocks shorter than the window it reaches back further.
 *
 * @param batches Blocks in the order of the text, grouped by batch.
 */
export function* contextBatches(
  batches: Iterable<readonly BlockItem[]>,
  { window, blockSize }: ContextOptions,
): Generator<ContextBatch> {
  let context = new Int32Array(0);
  for (const items of batches) {
    const width = items.reduce((most, { source }) => Math.max(most, source.length), 0);
    const length = width + window;
    const batch = items.length;
    const tokens = new Int32Array(batch * length).fill(PAD_ID);
    const targets = new Int32Array(batch * length).fill(PAD_ID);
    const starts = new Int32Array(batch);
    const lengths = new Int32Array(batch);
    let tokenCount = 0;
    for (const [row, { source, target }] of items.entries()) {
      const excess = context.length + source.length - (blockSize + window);
      if (excess > 0) context = context.slice(excess);
      tokens.set(context, row * length);
      tokens.set(source, row * length + context.length);
      targets.set(target, row * length + context.length);
      starts[row] = context.length;
      lengths[row] = context.length + source.length;
      tokenCount += source.length;
      const read = Int32Array.of(...context, ...source);
      context = read.slice(Math.max(0, read.length - window));
    }
    yield { tokens, targets, batch, length, starts, lengths, tokenCount };
  }
}
