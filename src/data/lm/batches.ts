import { UserError } from "../../errors.ts";
import { type BatchCursor, FIRST_BATCH } from "../batches.ts";
import {
  type BlockBatch,
  type BlockBatchOptions,
  blockShapes,
  planBlocks,
} from "./block_batches.ts";
import type { CorpusSplit } from "./corpus.ts";
import { collateRows, type LanguageModelBatch, type Row } from "./rows.ts";

/** How a text becomes batches of lanes, for training that carries state from batch to batch. */
export interface LaneBatchOptions {
  readonly mode: "lanes";
  /** B: the text is cut into this many equal stretches, which are read side by side. */
  readonly lanes: number;
  /** L: tokens of a stretch in one batch. */
  readonly length: number;
}

/** How training batches are made. */
export type TrainingBatching = BlockBatchOptions | LaneBatchOptions;

/** Batches of one epoch, made when they are asked for. */
interface Epoch {
  readonly batches: number;
  batch(index: number): LanguageModelBatch;
}

/**
 * The endless sequence of training batches of a text: a function of the text, the options, the
 * seed and the cursor alone, so a resumed run sees the same batches. Epochs of blocks may differ
 * in their number of batches.
 */
export class LanguageModelBatches {
  /** The shapes that batches can have: one program for each. */
  readonly shapes: readonly LanguageModelBatch["extents"][];
  readonly #epochOf: (epoch: number) => Epoch;
  #epoch: Epoch;
  #cursor: BatchCursor = FIRST_BATCH;

  /** @throws {UserError} when the text gives no batch. */
  constructor(split: CorpusSplit, options: TrainingBatching, seed: number | bigint) {
    if (options.mode === "lanes") {
      const { lanes, length } = options;
      const lane = Math.floor(split.tokens.length / lanes);
      this.shapes = [{ batch: lanes, length }];
      const epoch = laneEpoch(split, options, lane);
      this.#epochOf = () => epoch;
    } else {
      const lineSizes = split.lineSizes();
      this.shapes = blockShapes(options);
      this.#epochOf = (number) => blockEpoch(split, planBlocks(lineSizes, options, seed, number));
    }
    this.#epoch = this.#epochOf(FIRST_BATCH.epoch);
    if (this.#epoch.batches === 0) {
      throw new UserError(
        `a training text of ${split.tokens.length} tokens does not fill a batch: ` +
          "lower the batch size",
      );
    }
  }

  /** Batches of the epoch that the cursor is in. */
  get batchesPerEpoch(): number {
    return this.#epoch.batches;
  }

  /** The batch that `next` will return, to be stored in a checkpoint. */
  get cursor(): BatchCursor {
    return this.#cursor;
  }

  /** Continues at a stored cursor; UserError when it does not belong to this text. */
  seek({ epoch, index }: BatchCursor): void {
    const whole = Number.isSafeInteger(epoch) && epoch >= 1 && Number.isSafeInteger(index);
    const found = whole ? this.#epochOf(epoch) : undefined;
    if (found === undefined || index < 0 || index >= found.batches) {
      throw new UserError(
        `saved position (epoch ${epoch}, batch ${index}) is outside the data` +
          `${found === undefined ? "" : ` (${found.batches} batches)`}: ` +
          "the data or the batch size has changed",
      );
    }
    this.#epoch = found;
    this.#cursor = { epoch, index };
  }

  /** The next batch; moves the cursor. */
  next(): LanguageModelBatch {
    const { epoch, index } = this.#cursor;
    const batch = this.#epoch.batch(index);
    if (index + 1 < this.#epoch.batches) this.#cursor = { epoch, index: index + 1 };
    else {
      this.#epoch = this.#epochOf(epoch + 1);
      this.#cursor = { epoch: epoch + 1, index: 0 };
    }
    return batch;
  }
}

function blockEpoch({ tokens }: CorpusSplit, plan: readonly BlockBatch[]): Epoch {
  return {
    batches: plan.length,
    batch(index) {
      const { slices, batch, length } = plan[index];
      const sentences = slices.length;
      const rows = Array.from({ length: batch }, (_, row): Row => {
        const [start, end] = slices[row % sentences];
        return row < sentences ? { start, end } : { start, end, counted: end };
      });
      // Nothing is carried from block to block.
      return collateRows(tokens, rows, { batch, length, sentences, fresh: true });
    },
  };
}

/** Tokens that do not fill the lanes evenly, fewer than there are lanes, are left out. */
function laneEpoch(
  { tokens }: CorpusSplit,
  { lanes, length }: LaneBatchOptions,
  lane: number,
): Epoch {
  return {
    batches: Math.ceil(lane / length),
    batch(index) {
      const from = index * length;
      const to = Math.min(lane, from + length);
      const rows = Array.from(
        { length: lanes },
        (_, row): Row => ({ start: row * lane + from, end: row * lane + to }),
      );
      return collateRows(tokens, rows, {
        batch: lanes,
        length,
        sentences: lanes,
        fresh: index === 0,
      });
    },
  };
}
