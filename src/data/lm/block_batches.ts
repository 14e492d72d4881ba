import { UserError } from "../../errors.ts";
import { PhiloxStream } from "../../util/philox.ts";
import { RANDOM_STREAMS } from "../../util/random_streams.ts";
import { type Slice, sliceBlocks } from "./blocks.ts";
import type { LanguageModelBatch } from "./rows.ts";

/** How a text becomes batches of blocks. */
export interface BlockBatchOptions {
  readonly mode: "blocks";
  /** `complete`: blocks end at line ends; `none`: after exactly the size that was drawn. */
  readonly breakMode: "complete" | "none";
  /** Tokens of a chunk: blocks are padded to a multiple of it. */
  readonly chunk: number;
  /** Least and most chunks of a block; how many is drawn for each block of each epoch. */
  readonly multiples: readonly [min: number, max: number];
  /** Most tokens of a batch, padding included. */
  readonly maxTokens: number;
  /**
   * What becomes of the last blocks of a length, which do not fill a batch: `fill` repeats them
   * without weight (real text, so that no statistic of the network degenerates), `drop` leaves
   * them out.
   */
  readonly last: "fill" | "drop";
}

/** Batches of an epoch: blocks that are padded to the same length. */
export interface BlockBatch {
  readonly slices: readonly Slice[];
  readonly batch: number;
  readonly length: number;
}

/** The shapes that batches can have, the shortest first: one for each number of chunks. */
export function blockShapes(
  { chunk, multiples: [min, max], maxTokens }: BlockBatchOptions,
): LanguageModelBatch["extents"][] {
  const whole = [chunk, min, max, maxTokens].every((n) => Number.isSafeInteger(n) && n >= 1);
  if (!whole || min > max) {
    throw new UserError(`blocks of ${min} to ${max} chunks of ${chunk} tokens: not possible`);
  }
  if (maxTokens < max * chunk) {
    throw new UserError(
      `a batch of ${maxTokens} tokens does not hold a block of ${max * chunk}: ` +
        "raise the tokens of a batch or lower the chunks of a block",
    );
  }
  return Array.from({ length: max - min + 1 }, (_, i) => {
    const length = (min + i) * chunk;
    return { batch: Math.floor(maxTokens / length), length };
  });
}

/**
 * The batches of an epoch in the order in which they are trained on
 * (`fairseq/data/token_block_dataset.py`, `data_utils_fast.pyx: batch_by_size`): the size of each
 * block is drawn anew in each epoch, blocks of one padded length share batches at random, the
 * batches are shuffled. Differences from the reference: all draws come from Philox instead of
 * numpy; a batch pads to a multiple of the chunk instead of its longest block, and holds as many
 * rows as fit instead of a multiple of 8, so that there are few shapes; a line that is longer than
 * the longest block is cut instead of left out.
 *
 * @param lineSizes Tokens of each line of the text.
 * @param epoch From 1.
 */
export function planBlocks(
  lineSizes: Int32Array,
  options: BlockBatchOptions,
  seed: number | bigint,
  epoch: number,
): BlockBatch[] {
  const { breakMode, chunk, multiples: [min, max], last } = options;
  const shapes = blockShapes(options);
  // In the upper half of the key, so that no epoch of one seed is another epoch of the next.
  const epochSeed = BigInt.asUintN(64, BigInt(seed) + (BigInt(epoch) << 32n));
  const sizes = new PhiloxStream(epochSeed, RANDOM_STREAMS.blockSizes);
  const nextSize = () => chunk * (min + sizes.uniformInt(max - min + 1));
  const slices = sliceBlocks(lineSizes, { mode: breakMode, nextSize })
    .flatMap((slice) => cut(slice, max * chunk));
  new PhiloxStream(epochSeed, RANDOM_STREAMS.batchComposition).shuffle(slices);
  const byShape: Slice[][] = shapes.map(() => []);
  for (const slice of slices) {
    const chunks = Math.ceil((slice[1] - slice[0]) / chunk);
    byShape[Math.max(min, chunks) - min].push(slice);
  }
  const batches: BlockBatch[] = [];
  for (const [i, { batch, length }] of shapes.entries()) {
    for (let at = 0; at < byShape[i].length; at += batch) {
      const group = byShape[i].slice(at, at + batch);
      if (group.length === batch || last === "fill") batches.push({ slices: group, batch, length });
    }
  }
  return new PhiloxStream(epochSeed, RANDOM_STREAMS.batchOrder).shuffle(batches);
}

function cut([start, end]: Slice, most: number): Slice[] {
  const slices: Slice[] = [];
  for (let at = start; at < end; at += most) slices.push([at, Math.min(end, at + most)]);
  return slices;
}
