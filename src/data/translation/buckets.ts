import { UserError } from "../../errors.ts";
import type { ParallelSplit } from "./parallel_corpus.ts";

/** The static shape of a batch of sentence pairs. */
export interface PairShape {
  /** Sentence pairs, B. */
  readonly rows: number;
  /** Tokens of the longest source with its `</s>`, S. */
  readonly source: number;
  /** Tokens of the longest target with its `</s>`, T. */
  readonly target: number;
}

/** What batches may look like. */
export interface BucketOptions {
  /** Most positions of either side of a batch, padding included (`--max-tokens` of fairseq). */
  readonly maxTokens: number;
  /** Pairs with more tokens on either side are left out (default: `maxTokens`). */
  readonly maxLength?: number;
  /** Most shapes (default 8): one program is compiled for each. */
  readonly shapes?: number;
}

/** The number that rows are a multiple of where they can be (`--required-batch-size-multiple`). */
const ROW_MULTIPLE = 8;
/** Lengths are multiples of it, long ones of more. */
const LENGTH_MULTIPLE = 4;
/** Lengths up to this many steps are multiples of the step; from there on it doubles. */
const FINE_STEPS = 16;
/** At most this many lengths are considered for either side. */
const MOST_LENGTHS = 40;

/** Rows of a batch of pairs with up to so many tokens a side; 0 when not even one fits. */
export function rowsOf(length: number, { maxTokens }: Pick<BucketOptions, "maxTokens">): number {
  const rows = Math.floor(maxTokens / length);
  return rows < ROW_MULTIPLE ? rows : rows - rows % ROW_MULTIPLE;
}

function checkOptions(options: BucketOptions): Required<BucketOptions> {
  const { maxTokens, maxLength = maxTokens, shapes = 8 } = options;
  const all = { maxTokens, maxLength, shapes };
  for (const [name, value] of Object.entries(all)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UserError(`batches of sentences: ${name} is ${value}, expected a whole number`);
    }
  }
  if (maxLength > maxTokens) {
    throw new UserError(
      `a batch of ${maxTokens} tokens does not hold a sentence of ${maxLength}: ` +
        "raise the tokens of a batch or lower the longest sentence",
    );
  }
  return all;
}

/** Lengths that a side of a batch may have, up to the first that holds `longest`. */
function candidateLengths(longest: number, maxLength: number) {
  const lengths: number[] = [];
  let step = LENGTH_MULTIPLE;
  for (let length = LENGTH_MULTIPLE;; length += step) {
    lengths.push(Math.min(length, maxLength));
    if (length >= longest) return lengths;
    if (length >= FINE_STEPS * step || lengths.length + 1 >= MOST_LENGTHS) step *= 2;
  }
}

/** Position of the first candidate that holds a length. */
function placeOf(candidates: readonly number[], length: number): number {
  let low = 0;
  let high = candidates.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (candidates[middle] >= length) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many pairs have at most candidate i of source and j of target; [i * columns + j]. */
function cumulativeCounts(
  { source, target }: ParallelSplit,
  sources: readonly number[],
  targets: readonly number[],
  maxLength: number,
): Float64Array {
  const columns = targets.length;
  const counts = new Float64Array(sources.length * columns);
  for (let pair = 0; pair < source.count; pair++) {
    const s = source.lengths[pair];
    const t = target.lengths[pair];
    if (Math.max(s, t) <= maxLength) counts[placeOf(sources, s) * columns + placeOf(targets, t)]++;
  }
  for (let i = 0; i < sources.length; i++) {
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      if (i > 0) counts[at] += counts[at - columns];
      if (j > 0) counts[at] += counts[at - 1];
      if (i > 0 && j > 0) counts[at] -= counts[at - columns - 1];
    }
  }
  return counts;
}

/**
 * Few static shapes for the pairs of a split, the smallest first, so that the positions of an
 * epoch, padding and filler rows included, are as few as possible. Each shape is at least as long
 * as the one before on both sides, and a pair goes to the first that holds it; among such sequences
 * the best one is found by dynamic programming over the number of shapes. Every shape has
 * `rows max(source, target) <= maxTokens`, and rows that are a multiple of 8 from 8 on. The
 * reference instead pads each batch to its own longest pair (`fairseq/data/data_utils_fast.pyx:
 * batch_by_size`), which gives hundreds of shapes.
 *
 * @throws {UserError} for options that are not possible and for a split without a pair to train on.
 */
export function choosePairShapes(split: ParallelSplit, options: BucketOptions): PairShape[] {
  const checked = checkOptions(options);
  const { maxLength } = checked;
  let longestSource = 0;
  let longestTarget = 0;
  for (let pair = 0; pair < split.source.count; pair++) {
    const s = split.source.lengths[pair];
    const t = split.target.lengths[pair];
    if (Math.max(s, t) > maxLength) continue;
    longestSource = Math.max(longestSource, s);
    longestTarget = Math.max(longestTarget, t);
  }
  if (longestSource === 0) {
    throw new UserError(`no sentence pair has at most ${maxLength} tokens on both sides`);
  }
  const sources = candidateLengths(longestSource, maxLength);
  const targets = candidateLengths(longestTarget, maxLength);
  const columns = targets.length;
  const counts = cumulativeCounts(split, sources, targets, maxLength);
  const shapeAt = (at: number): PairShape => {
    const source = sources[Math.floor(at / columns)];
    const target = targets[at % columns];
    return { rows: rowsOf(Math.max(source, target), checked), source, target };
  };
  const shapes = Array.from(counts, (_, at) => shapeAt(at));
  return bestChain(shapes, counts, columns, checked.shapes);
}

/** Positions that the pairs of a bucket take, its last batch filled up. */
function positionsOf({ rows, source, target }: PairShape, pairs: number): number {
  return Math.ceil(pairs / rows) * rows * (source + target);
}

/** The cheapest sequence of at most `most` shapes that grow on both sides and ends in the last. */
function bestChain(
  shapes: readonly PairShape[],
  counts: Float64Array,
  columns: number,
  most: number,
): PairShape[] {
  const size = shapes.length;
  let costs = Float64Array.from(shapes, (shape, at) => positionsOf(shape, counts[at]));
  const previous: Int32Array[] = [];
  let fewest = 1;
  let least = costs[size - 1];
  for (let used = 2; used <= most; used++) {
    const next = new Float64Array(size).fill(Infinity);
    const from = new Int32Array(size).fill(-1);
    for (let at = 0; at < size; at++) {
      const column = at % columns;
      for (let before = 0; before < at; before++) {
        if (before % columns > column) continue;
        const cost = costs[before] + positionsOf(shapes[at], counts[at] - counts[before]);
        if (cost < next[at]) {
          next[at] = cost;
          from[at] = before;
        }
      }
    }
    previous.push(from);
    costs = next;
    if (costs[size - 1] < least) {
      least = costs[size - 1];
      fewest = used;
    }
  }
  const places: number[] = [];
  for (let at = size - 1, used = fewest; used >= 1; used--) {
    places.unshift(at);
    if (used > 1) at = previous[used - 2][at];
  }
  // A bucket without pairs costs nothing and is of no use.
  return places.filter((at, i) => counts[at] > (i === 0 ? 0 : counts[places[i - 1]]))
    .map((at) => shapes[at]);
}

/**
 * The shapes, and where needed one more that holds the longest source and the longest target of a
 * split, so that every pair of it can be evaluated.
 */
export function coverPairShapes(
  shapes: readonly PairShape[],
  split: ParallelSplit,
  options: Pick<BucketOptions, "maxTokens">,
): PairShape[] {
  const longest = (lengths: Int32Array) => lengths.reduce((most, n) => Math.max(most, n), 1);
  const last = shapes.at(-1);
  const source = Math.max(longest(split.source.lengths), last?.source ?? 0);
  const target = Math.max(longest(split.target.lengths), last?.target ?? 0);
  if (source === last?.source && target === last.target) return [...shapes];
  const up = (length: number) => LENGTH_MULTIPLE * Math.ceil(length / LENGTH_MULTIPLE);
  const shape = { source: up(source), target: up(target) };
  const rows = Math.max(1, rowsOf(Math.max(shape.source, shape.target), options));
  return [...shapes, { rows, ...shape }];
}
