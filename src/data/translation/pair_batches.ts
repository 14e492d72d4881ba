import { UserError } from "../../errors.ts";
import { PhiloxStream } from "../../util/philox.ts";
import { RANDOM_STREAMS } from "../../util/random_streams.ts";
import { type BatchCursor, FIRST_BATCH } from "../batches.ts";
import type { PairShape } from "./buckets.ts";
import { collatePairs, type PairBatch, type SourcePadding } from "./collate_pairs.ts";
import type { ParallelSplit } from "./parallel_corpus.ts";

/** How training batches are made. */
export interface TranslationBatchOptions {
  /** Side on which sources are padded; the reference pads on the left. */
  readonly sourcePadding: SourcePadding;
  /**
   * When it is drawn which pairs share a batch: once per `run` as in the reference, or anew in each
   * `epoch`.
   */
  readonly composition: "run" | "epoch";
}

/** Pairs of a split by the shape that they are trained in. */
export interface PairGroups {
  /** Numbers of the pairs of each shape, ascending. */
  readonly groups: readonly Int32Array<ArrayBuffer>[];
  /** Pairs that no shape holds. */
  readonly skipped: number;
}

/** The first shape that holds a pair, -1 when there is none. */
export function shapeOfPair(
  shapes: readonly PairShape[],
  source: number,
  target: number,
): number {
  return shapes.findIndex((shape) => source <= shape.source && target <= shape.target);
}

/** Puts every pair of a split to the first shape that holds it. */
export function groupPairs(
  { source, target }: ParallelSplit,
  shapes: readonly PairShape[],
): PairGroups {
  const places = Int8Array.from(
    { length: source.count },
    (_, pair) => shapeOfPair(shapes, source.lengths[pair], target.lengths[pair]),
  );
  const sizes = shapes.map(() => 0);
  let skipped = 0;
  for (const place of places) {
    if (place < 0) skipped++;
    else sizes[place]++;
  }
  const groups = sizes.map((size) => new Int32Array(size));
  const filled = shapes.map(() => 0);
  for (const [pair, place] of places.entries()) {
    if (place >= 0) groups[place][filled[place]++] = pair;
  }
  return { groups, skipped };
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
  const { groups, skipped } = groupPairs(split, shapes);
  let batches = 0;
  const tokens = { source: 0, target: 0 };
  const positions = { source: 0, target: 0 };
  for (const [i, group] of groups.entries()) {
    const count = Math.ceil(group.length / shapes[i].rows);
    batches += count;
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
 * The endless sequence of training batches of a parallel text: pairs of one shape share batches at
 * random, each epoch visits all batches in a new order, by seed and epoch. The last batch of a shape
 * is filled up with rows without weight. Everything is a function of the split, the shapes, the
 * options, the seed and the cursor alone, so a resumed run sees the same batches. Differences from
 * the reference (`fairseq/data/language_pair_dataset.py: ordered_indices`,
 * `fairseq/data/iterators.py`): draws come from Philox instead of numpy, and pairs are sorted into
 * shapes instead of by their exact lengths.
 */
export class TranslationBatches {
  /** Pairs that are too long for every shape and never seen. */
  readonly skipped: number;
  /** Batches of every epoch. */
  readonly batchesPerEpoch: number;
  readonly #groups: readonly Int32Array<ArrayBuffer>[];
  readonly #plans: readonly Plan[];
  #order: Uint32Array;
  #members: readonly Int32Array[];
  #cursor: BatchCursor = FIRST_BATCH;

  /** @throws {UserError} when no pair fits a shape. */
  constructor(
    private readonly split: ParallelSplit,
    private readonly shapes: readonly PairShape[],
    private readonly options: TranslationBatchOptions,
    private readonly seed: number | bigint,
  ) {
    const { groups, skipped } = groupPairs(split, shapes);
    this.#groups = groups;
    this.skipped = skipped;
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
    this.#members = this.#compose(FIRST_BATCH.epoch);
    this.#order = this.#shuffledOrder(FIRST_BATCH.epoch);
  }

  /** The batch that `next` will return, to be stored in a checkpoint. */
  get cursor(): BatchCursor {
    return this.#cursor;
  }

  /** Continues at a stored cursor; UserError when it does not belong to this text. */
  seek({ epoch, index }: BatchCursor): void {
    const valid = Number.isSafeInteger(epoch) && epoch >= 1 &&
      Number.isSafeInteger(index) && index >= 0 && index < this.batchesPerEpoch;
    if (!valid) {
      throw new UserError(
        `saved position (epoch ${epoch}, batch ${index}) is outside the data ` +
          `(${this.batchesPerEpoch} batches): the data or the batch size has changed`,
      );
    }
    this.#enter(epoch);
    this.#cursor = { epoch, index };
  }

  /** The next batch; moves the cursor. */
  next(): PairBatch {
    const { epoch, index } = this.#cursor;
    const { group, start, end } = this.#plans[this.#order[index]];
    const pairs = this.#members[group].subarray(start, end);
    const batch = collatePairs(this.split, pairs, this.shapes[group], this.options.sourcePadding);
    if (index + 1 < this.batchesPerEpoch) this.#cursor = { epoch, index: index + 1 };
    else {
      this.#enter(epoch + 1);
      this.#cursor = { epoch: epoch + 1, index: 0 };
    }
    return batch;
  }

  #enter(epoch: number): void {
    if (this.options.composition === "epoch") this.#members = this.#compose(epoch);
    this.#order = this.#shuffledOrder(epoch);
  }

  /** Seed of what is drawn for an epoch; no epoch of one seed is another epoch of the next. */
  #epochSeed(epoch: number): bigint {
    return BigInt.asUintN(64, BigInt(this.seed) + (BigInt(epoch) << 32n));
  }

  #compose(epoch: number): Int32Array[] {
    const seed = this.options.composition === "run" ? this.seed : this.#epochSeed(epoch);
    const random = new PhiloxStream(seed, RANDOM_STREAMS.batchComposition);
    return this.#groups.map((group) => random.shuffle(group.slice()));
  }

  #shuffledOrder(epoch: number): Uint32Array {
    return new PhiloxStream(this.#epochSeed(epoch), RANDOM_STREAMS.batchOrder)
      .shuffle(Uint32Array.from(this.#plans, (_, i) => i));
  }
}
