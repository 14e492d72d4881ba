import {
  type Batch,
  type BatchCursor,
  evaluationBatches,
  FIRST_BATCH,
  TrainingBatches,
  type TrainingBatchOptions,
} from "./batches.ts";
import type { Split, SplitName } from "./dataset.ts";

/** The splits of a task. */
export type Splits = Readonly<Record<SplitName, Split>>;

/** Hands out the batches of a run, in the order and with the bits of {@link TrainingBatches}. */
export interface BatchFeeder extends Disposable {
  /** Position after the last batch that `next` gave, to be stored in a checkpoint. */
  readonly cursor: BatchCursor;
  /**
   * Continues the training batches at a stored cursor and resolves when the next one is ready.
   * Rejects with UserError when the cursor does not belong to this data.
   */
  seek(cursor: BatchCursor): Promise<void>;
  /** The next training batch. Rejects with what building it threw. */
  next(): Promise<Batch>;
  /** Every example of a split once, in order; leaves the training batches where they are. */
  evaluation(split: SplitName): AsyncGenerator<Batch, void, undefined>;
  /** Releases everything, at once; the feeder cannot be used afterwards. */
  close(): void;
}

/** Builds every batch when it is asked for, on the thread that asks. Takes splits of any kind. */
export class InProcessFeeder implements BatchFeeder {
  readonly #splits: Splits;
  readonly #options: TrainingBatchOptions;
  #batches: TrainingBatches | undefined;

  constructor(splits: Splits, options: TrainingBatchOptions) {
    this.#splits = splits;
    this.#options = options;
  }

  get cursor(): BatchCursor {
    return this.#batches?.cursor ?? FIRST_BATCH;
  }

  seek(cursor: BatchCursor): Promise<void> {
    return Promise.try(() => this.#training().seek(cursor));
  }

  next(): Promise<Batch> {
    return Promise.try(() => this.#training().next());
  }

  async *evaluation(split: SplitName): AsyncGenerator<Batch, void, undefined> {
    yield* evaluationBatches(this.#splits[split], this.#options);
  }

  close(): void {}

  [Symbol.dispose](): void {
    this.close();
  }

  #training(): TrainingBatches {
    return this.#batches ??= new TrainingBatches(this.#splits.train, this.#options);
  }
}
