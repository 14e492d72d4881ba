import { EOS_ID, PAD_ID } from "../vocabulary.ts";
import { collateTokens } from "./collate_tokens.ts";
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
  const read = Array.from(pairs, (pair) => split.source.sentence(sourceOf(pair)));
  const written = Array.from(pairs, (pair) => split.target.sentence(pair));
  for (const [i, { length: tokens }] of written.entries()) {
    if (read[i].length <= width && tokens <= length) continue;
    throw new RangeError(
      `a pair of ${read[i].length} and ${tokens} tokens in ${width} and ${length}`,
    );
  }
  const repeated = (sentences: readonly Int32Array[]) =>
    Array.from({ length: rows }, (_, row) => sentences[row % pairs.length]);
  const source = collateTokens(repeated(read), {
    pad: PAD_ID,
    leftPad: sourcePadding === "left",
    padToLength: width,
  });
  const targets = { pad: PAD_ID, padToLength: length };
  const previous = collateTokens(repeated(written), { ...targets, first: EOS_ID });
  const fillers = Array.from({ length: rows - pairs.length }, () => new Int32Array());
  const target = collateTokens([...written, ...fillers], targets);
  return {
    feeds: new Map<PairFeed, Int32Array<ArrayBuffer>>([
      ["source", source.tokens],
      ["previous", previous.tokens],
      ["target", target.tokens],
    ]),
    extents: { batch: rows, source: width, target: length },
    units: {
      sentences: pairs.length,
      tokens: written.reduce((sum, sentence) => sum + sentence.length, 0),
    },
    positions: rows * length,
    fresh: true,
    pairs: Int32Array.from(pairs),
  };
}
