import { EOS_ID, PAD_ID } from "../vocabulary.ts";
import type { PairShape } from "./buckets.ts";
import type { ParallelSplit } from "./parallel_corpus.ts";

/** Side on which a source is filled up with `PAD_ID`. */
export type SourcePadding = "left" | "right";

/** Inputs of a translation model. */
export type PairFeed = "source" | "previous" | "target";

/** A batch of sentence pairs in one static shape. */
export interface PairBatch {
  /**
   * `source` i32 [B, S], each sentence with its `</s>`; `target` i32 [B, T], padded on the right;
   * `previous` i32 [B, T], the target before each position, `</s>` at first. Rows after the pairs
   * that count repeat these in turn, with a target of padding alone.
   */
  readonly feeds: ReadonlyMap<PairFeed, Int32Array<ArrayBuffer>>;
  /** B, S and T. */
  readonly extents: { readonly batch: number; readonly source: number; readonly target: number };
  readonly units: {
    /** Sentence pairs. */
    readonly sentences: number;
    /** Target tokens, each `</s>` included. */
    readonly tokens: number;
  };
  /** B T. */
  readonly positions: number;
  /** No state is carried from batch to batch. */
  readonly fresh: true;
  /** Numbers of the targets in the first rows, by which results are put in order. */
  readonly pairs: Int32Array;
}

/**
 * Reads pairs into one batch (`fairseq/data/language_pair_dataset.py: collate`).
 *
 * @param pairs Numbers of at least one pair; RangeError for more than there are rows and for a pair
 * that is too long.
 * @param sourceOf The sentence that stands as source of a pair; its own when absent.
 */
export function collatePairs(
  split: ParallelSplit,
  pairs: Int32Array,
  shape: PairShape,
  sourcePadding: SourcePadding,
  sourceOf: (pair: number) => number = (pair) => pair,
): PairBatch {
  const { rows, source: width, target: length } = shape;
  if (pairs.length < 1 || pairs.length > rows) {
    throw new RangeError(`${pairs.length} sentence pairs in ${rows} rows`);
  }
  const source = new Int32Array(rows * width).fill(PAD_ID);
  const previous = new Int32Array(rows * length).fill(PAD_ID);
  const target = new Int32Array(rows * length).fill(PAD_ID);
  let tokens = 0;
  for (let row = 0; row < rows; row++) {
    if (row >= pairs.length) {
      const from = row % pairs.length;
      source.copyWithin(row * width, from * width, (from + 1) * width);
      previous.copyWithin(row * length, from * length, (from + 1) * length);
      continue;
    }
    const read = split.source.sentence(sourceOf(pairs[row]));
    const written = split.target.sentence(pairs[row]);
    if (read.length > width || written.length > length) {
      throw new RangeError(
        `a pair of ${read.length} and ${written.length} tokens in ${width} and ${length}`,
      );
    }
    source.set(read, row * width + (sourcePadding === "left" ? width - read.length : 0));
    target.set(written, row * length);
    previous[row * length] = EOS_ID;
    previous.set(written.subarray(0, -1), row * length + 1);
    tokens += written.length;
  }
  return {
    feeds: new Map<PairFeed, Int32Array<ArrayBuffer>>([
      ["source", source],
      ["previous", previous],
      ["target", target],
    ]),
    extents: { batch: rows, source: width, target: length },
    units: { sentences: pairs.length, tokens },
    positions: rows * length,
    fresh: true,
    pairs: Int32Array.from(pairs),
  };
}
