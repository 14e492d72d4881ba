import { UserError } from "../errors.ts";
import { PhiloxStream } from "../util/philox.ts";
import { RANDOM_STREAMS } from "../util/random_streams.ts";
import type { Split } from "./dataset.ts";
import { PAD_ID } from "./vocabulary.ts";

/** The static shape of every batch of a run. */
export interface BatchShape {
  /** Rows, B. */
  readonly batchSize: number;
  /** Columns, L: shorter examples are padded on the right, longer ones keep their head. */
  readonly padTo: number;
}

/** Token ids of one document per row. */
export interface TokenInput {
  /** [B, L] row-major, right-padded with `PAD_ID`. */
  readonly tokens: Int32Array;
  /** [B] number of ids before the padding, at least 1. */
  readonly lengths: Int32Array;
}

interface BatchBase {
  /** Rows that count; the others repeat these in turn (real data, so that no statistic of the
   * network degenerates) and have weight 0. */
  readonly size: number;
  /** [B] 1 for the rows that count, else 0. */
  readonly weights: Float32Array;
  /** [B] class indices. */
  readonly labels: Int32Array;
  /** [B] number of the row's example in its split. */
  readonly indices: Int32Array;
}

/** A batch of token examples; `second` in pair tasks, padded on its own. */
export interface TokenBatch extends BatchBase, TokenInput {
  readonly kind: "tokens";
  readonly second?: TokenInput;
}

/** A batch of real-valued examples: [B, L] values, right-padded with 0, and [B] lengths. */
export interface ValueBatch extends BatchBase {
  readonly kind: "values";
  readonly values: Float32Array;
  readonly lengths: Int32Array;
}

/** A batch of a classification task. */
export type Batch = TokenBatch | ValueBatch;

/**
 * Collates examples into one batch of the static shape. `indices` holds 1 to `batchSize` examples.
 * Throws UserError for an example without content: a mean over no position is not defined.
 */
export function collate(split: Split, indices: ArrayLike<number>, shape: BatchShape): Batch {
  const { batchSize } = shape;
  const size = indices.length;
  if (size < 1 || size > batchSize) throw new RangeError(`${size} examples in ${batchSize} rows`);
  const rows = Int32Array.from({ length: batchSize }, (_, row) => indices[row % size]);
  const examples = Array.from(rows, (index) => split.example(index));
  const base = {
    size,
    weights: new Float32Array(batchSize).fill(1, 0, size),
    labels: Int32Array.from(examples, (example) => example.label),
    indices: rows,
  };
  const values = examples.flatMap((e) => e.kind === "values" ? [e.values] : []);
  if (values.length === batchSize) {
    const padded = new Float32Array(batchSize * shape.padTo);
    const lengths = fillRows(padded, values, rows, shape);
    return { kind: "values", ...base, values: padded, lengths };
  }
  const seconds = examples.flatMap((e) =>
    e.kind === "tokens" && e.second !== undefined ? [e.second] : []
  );
  if (values.length > 0 || (seconds.length > 0 && seconds.length < batchSize)) {
    throw new Error("a split mixes examples of different kinds");
  }
  const firsts = examples.flatMap((e) => e.kind === "tokens" ? [e.tokens] : []);
  const batch: TokenBatch = { kind: "tokens", ...base, ...tokenInput(firsts, rows, shape) };
  return seconds.length === 0 ? batch : { ...batch, second: tokenInput(seconds, rows, shape) };
}

function tokenInput(
  documents: readonly Int32Array[],
  rows: Int32Array,
  shape: BatchShape,
): TokenInput {
  const tokens = new Int32Array(shape.batchSize * shape.padTo).fill(PAD_ID);
  return { tokens, lengths: fillRows(tokens, documents, rows, shape) };
}

/** Copies the head of every document into its row and returns the lengths. */
function fillRows<A extends Int32Array | Float32Array>(
  into: A,
  documents: readonly A[],
  rows: Int32Array,
  { padTo }: BatchShape,
): Int32Array {
  return Int32Array.from(documents, (document, row) => {
    if (document.length === 0) throw new UserError(`example ${rows[row]} of the data is empty`);
    into.set(document.subarray(0, padTo), row * padTo);
    return Math.min(document.length, padTo);
  });
}

/** Where training is in its data: the batch that `next` will return. */
export interface BatchCursor {
  /** From 1, as in the reference. */
  readonly epoch: number;
  /** 0 to batchesPerEpoch - 1; 0 right after an epoch has ended. */
  readonly index: number;
}

/** Where training starts. */
export const FIRST_BATCH: BatchCursor = { epoch: 1, index: 0 };

/** Throws UserError unless a stored cursor is a place in epochs of so many batches. */
export function checkCursor({ epoch, index }: BatchCursor, batchesPerEpoch: number): void {
  const valid = Number.isSafeInteger(epoch) && epoch >= 1 &&
    Number.isSafeInteger(index) && index >= 0 && index < batchesPerEpoch;
  if (valid) return;
  throw new UserError(
    `saved position (epoch ${epoch}, batch ${index}) is outside the data ` +
      `(${batchesPerEpoch} batches): the data or the batch size has changed`,
  );
}

/** How training batches are composed. */
export interface TrainingBatchOptions extends BatchShape {
  /** The run's seed. */
  readonly seed: number | bigint;
  /** Whether a last, smaller batch is used (every example is seen) or left out. */
  readonly last: "keep" | "drop";
}

/**
 * The endless sequence of training batches, composed as in the reference
 * (`fairseq/tasks/long_range_arena.py` of facebookresearch/mega): one
 * random permutation, fixed by the seed, is cut into consecutive batches; each epoch reshuffles
 * only the order of the batches, by seed + epoch. No bucketing by length. The sequence is a
 * function of the options and the cursor alone, so a resumed run sees the same batches.
 */
export class TrainingBatches {
  /** Batches in one epoch. */
  readonly batchesPerEpoch: number;
  readonly #split: Split;
  readonly #options: TrainingBatchOptions;
  readonly #permutation: Uint32Array;
  #order: Uint32Array;
  #epoch = 1;
  #index = 0;

  /** UserError when the split has no batch to give. */
  constructor(split: Split, options: TrainingBatchOptions) {
    const { batchSize, seed, last } = options;
    const batches = split.length / batchSize;
    this.batchesPerEpoch = last === "keep" ? Math.ceil(batches) : Math.floor(batches);
    if (this.batchesPerEpoch === 0) {
      throw new UserError(
        `${split.length} training examples do not fill a batch of ${batchSize}: lower --batch-size`,
      );
    }
    this.#split = split;
    this.#options = options;
    this.#permutation = new PhiloxStream(seed, RANDOM_STREAMS.batchComposition)
      .shuffle(Uint32Array.from({ length: split.length }, (_, i) => i));
    this.#order = this.#shuffledOrder();
  }

  /** The cursor, to be stored in a checkpoint. */
  get cursor(): BatchCursor {
    return { epoch: this.#epoch, index: this.#index };
  }

  /** Continues at a stored cursor; UserError when it does not belong to this data. */
  seek(cursor: BatchCursor): void {
    checkCursor(cursor, this.batchesPerEpoch);
    this.#epoch = cursor.epoch;
    this.#index = cursor.index;
    this.#order = this.#shuffledOrder();
  }

  /** The next batch; moves the cursor. */
  next(): Batch {
    const { batchSize } = this.#options;
    const start = this.#order[this.#index] * batchSize;
    const batch = collate(
      this.#split,
      this.#permutation.subarray(start, start + batchSize),
      this.#options,
    );
    this.#index++;
    if (this.#index === this.batchesPerEpoch) {
      this.#epoch++;
      this.#index = 0;
      this.#order = this.#shuffledOrder();
    }
    return batch;
  }

  #shuffledOrder(): Uint32Array {
    const seed = BigInt.asUintN(64, BigInt(this.#options.seed) + BigInt(this.#epoch));
    return new PhiloxStream(seed, RANDOM_STREAMS.batchOrder)
      .shuffle(Uint32Array.from({ length: this.batchesPerEpoch }, (_, i) => i));
  }
}

/** Every example of a split once, in order; the last batch may be short. */
export function* evaluationBatches(split: Split, shape: BatchShape): Generator<Batch> {
  for (let start = 0; start < split.length; start += shape.batchSize) {
    const size = Math.min(shape.batchSize, split.length - start);
    yield collate(split, Uint32Array.from({ length: size }, (_, i) => start + i), shape);
  }
}
