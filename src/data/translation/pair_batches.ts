import { UserError } from "../../errors.ts";
import { PhiloxStream } from "../../util/philox.ts";
import { RANDOM_STREAMS } from "../../util/random_streams.ts";
import { type BatchCursor, checkCursor, FIRST_BATCH } from "../batches.ts";
import type { PairShape } from "./buckets.ts";
import { collatePairs, type PairBatch, type SourcePadding } from "./collate_pairs.ts";
import type { ParallelSplit } from "./parallel_corpus.ts";

/** The first shape that holds a pair, -1 when there is none. */
export function shapeOfPair(
  shapes: readonly PairShape[],
  source: number,
  target: number,
): number {
  return shapes.findIndex((shape) => source <= shape.source && target <= shape.target);
}

/** Numbers of the pairs that each shape is the first to hold, ascending. */
function groupPairs(
  { source, target }: ParallelSplit,
  shapes: readonly PairShape[],
): Int32Array<ArrayBuffer>[] {
  const places = new Int8Array(source.count);
  const sizes = shapes.map(() => 0);
  for (let pair = 0; pair < source.count; pair++) {
    const place = shapeOfPair(shapes, source.lengths[pair], target.lengths[pair]);
    places[pair] = place;
    if (place >= 0) sizes[place]++;
  }
  const groups = sizes.map((size) => new Int32Array(size));
  const filled = shapes.map(() => 0);
  for (let pair = 0; pair < source.count; pair++) {
    const place = places[pair];
    if (place >= 0) groups[place][filled[place]++] = pair;
  }
  return groups;
}

/** How much of the batches of an epoch is no text. */
export interface PaddingReport {
  /** Share of source positions that are padding or belong to filler rows. */
  readonly source: number;
  /** Share of target positions that are padding or belong to filler rows. */
  readonly target: number;
  /** Batches of an epoch. */
  readonly batches: number;
  /** Pairs that are too long for every shape. */
  readonly skipped: number;
}

/** The padding of an epoch over a split; it does not depend on the seed. */
export function paddingOf(split: ParallelSplit, shapes: readonly PairShape[]): PaddingReport {
  const groups = groupPairs(split, shapes);
  let batches = 0;
  let skipped = split.source.count;
  const tokens = { source: 0, target: 0 };
  const positions = { source: 0, target: 0 };
  for (const [i, group] of groups.entries()) {
    const count = Math.ceil(group.length / shapes[i].rows);
    batches += count;
    skipped -= group.length;
    for (const side of ["source", "target"] as const) {
      positions[side] += count * shapes[i].rows * shapes[i][side];
      for (const pair of group) tokens[side] += split[side].lengths[pair];
    }
  }
  const share = (side: "source" | "target") =>
    positions[side] === 0 ? 0 : 1 - tokens[side] / positions[side];
  return { source: share("source"), target: share("target"), batches, skipped };
}

/** A batch of an epoch: the rows [start, end) of a group. */
interface Plan {
  readonly group: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The endless sequence of training batches of a parallel text, without the pairs that are too long
 * for every shape: which pairs of one shape share a
 * batch is drawn once for a run, each epoch visits all batches in a new order, by seed and epoch. The
 * last batch of a shape is filled up with rows without weight. Everything is a function of the
 * split, the shapes, the seed and the cursor alone, so a resumed run sees the same batches.
 * Differences from
 * the reference (`fairseq/data/language_pair_dataset.py: ordered_indices`,
 * `fairseq/data/iterators.py`): draws come from Philox instead of numpy, and pairs are sorted into
 * shapes instead of by their exact lengths.
 */
export class TranslationBatches {
  /** Batches of every epoch. */
  readonly batchesPerEpoch: number;
  readonly #plans: readonly Plan[];
  /** Pairs of each group in the order in which they share batches. */
  readonly #members: readonly Int32Array[];
  #order: Uint32Array;
  #cursor: BatchCursor = FIRST_BATCH;

  /**
   * @param sourcePadding The reference pads sources on the left.
   * @throws {UserError} when no pair fits a shape.
   */
  constructor(
    private readonly split: ParallelSplit,
    private readonly shapes: readonly PairShape[],
    private readonly sourcePadding: SourcePadding,
    private readonly seed: number | bigint,
  ) {
    const groups = groupPairs(split, shapes);
    this.#plans = groups.flatMap(({ length }, group) =>
      Array.from({ length: Math.ceil(length / shapes[group].rows) }, (_, i): Plan => {
        const start = i * shapes[group].rows;
        return { group, start, end: Math.min(length, start + shapes[group].rows) };
      })
    );
    this.batchesPerEpoch = this.#plans.length;
    if (this.batchesPerEpoch === 0) {
      throw new UserError("no sentence pair is short enough to train on");
    }
    const random = new PhiloxStream(seed, RANDOM_STREAMS.batchComposition);
    this.#members = groups.map((group) => random.shuffle(group));
    this.#order = this.#shuffledOrder(FIRST_BATCH.epoch);
  }

  /** The batch that `next` will return, to be stored in a checkpoint. */
  get cursor(): BatchCursor {
    return this.#cursor;
  }

  /** Continues at a stored cursor; UserError when it does not belong to this text. */
  seek({ epoch, index }: BatchCursor): void {
    checkCursor({ epoch, index }, this.batchesPerEpoch);
    this.#order = this.#shuffledOrder(epoch);
    this.#cursor = { epoch, index };
  }

  /** The next batch; moves the cursor. */
  next(): PairBatch {
    const { epoch, index } = this.#cursor;
    const { group, start, end } = this.#plans[this.#order[index]];
    const pairs = this.#members[group].subarray(start, end);
    const batch = collatePairs(this.split, pairs, this.shapes[group], this.sourcePadding);
    if (index + 1 < this.batchesPerEpoch) this.#cursor = { epoch, index: index + 1 };
    else {
      this.#order = this.#shuffledOrder(epoch + 1);
      this.#cursor = { epoch: epoch + 1, index: 0 };
    }
    return batch;
  }

  #shuffledOrder(epoch: number): Uint32Array {
    // No epoch of one seed is another epoch of the next.
    const seed = BigInt.asUintN(64, BigInt(this.seed) + (BigInt(epoch) << 32n));
    return new PhiloxStream(seed, RANDOM_STREAMS.batchOrder)
      .shuffle(Uint32Array.from(this.#plans, (_, i) => i));
  }
}
