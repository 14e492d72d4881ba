/** Classification of sequences or pairs of sequences as a workload. */
import type { Batch, BatchShape } from "../data/batches.ts";
import { type BatchFeeder, InProcessFeeder } from "../data/batch_feeder.ts";
import { WorkerFeeder } from "../data/batch_worker_feeder.ts";
import type { TaskData } from "../data/dataset.ts";
import type { ClassifierConfig } from "../models/config.ts";
import { buildClassifier, classifierInputs } from "../models/sequence_classifier.ts";
import type {
  BatchExtents,
  BatchFeeds,
  BatchStream,
  EvaluationSpec,
  ModelFunction,
  RunBatch,
  ScoreSpec,
  Workload,
} from "../train/workload.ts";

/** Shape of every batch of a classifier run. */
export interface ClassifierBatches {
  /** Rows. */
  readonly batchSize: number;
  /** Positions. */
  readonly sequenceLength: number;
}

/** Where the batches of a run come from. */
export interface ClassifierSource extends ClassifierBatches {
  readonly data: TaskData;
  /**
   * Where batches are built: ahead, in a worker (the default; needs packed splits), or on this
   * thread when they are needed. The batches are the same.
   */
  readonly batching?: "worker" | "in-process";
}

/** Options of {@link classifierWorkload}. */
export interface ClassifierOptions extends ClassifierSource {
  readonly config: ClassifierConfig;
}

/** Part of the sentences that are classified correctly. */
export const accuracy: ScoreSpec = {
  name: "accuracy",
  unit: "fraction",
  higherIsBetter: true,
  per: "sentences",
  of: ({ metrics, units }) => (metrics.correct ?? 0) / units.sentences,
  hits: ({ metrics }) => metrics.correct ?? 0,
};

/** Mean cross entropy of a sentence. */
export const sentenceLoss: ScoreSpec = {
  name: "loss",
  unit: "nats",
  higherIsBetter: false,
  per: "sentences",
  of: ({ lossSum, units }) => lossSum / units.sentences,
};

/** The graph of a classifier; extents `batch` and `length`. */
export function classifierModel(config: ClassifierConfig): ModelFunction {
  return (context, { batch, length }) => {
    const output = buildClassifier(config, context, classifierInputs(config, { batch, length }));
    return { lossSum: output.lossSum, metrics: { correct: output.correct } };
  };
}

/** Extents of every batch. */
export function classifierExtents(
  { batchSize, sequenceLength }: ClassifierBatches,
): Readonly<Record<"train" | "evaluate", BatchExtents>> {
  const extents = { batch: batchSize, length: sequenceLength };
  return { train: extents, evaluate: extents };
}

/** Values of the classifier's inputs for a batch. */
export function classifierFeeds(batch: Batch): BatchFeeds {
  const { labels, weights, lengths } = batch;
  const feeds = new Map<string, Float32Array | Int32Array>([
    ["labels", labels],
    ["weights", weights],
    ["lengths", lengths],
    ["sequence", batch.kind === "tokens" ? batch.tokens : batch.values],
  ]);
  if (batch.kind === "tokens" && batch.second) {
    feeds.set("second.sequence", batch.second.tokens);
    feeds.set("second.lengths", batch.second.lengths);
  }
  return feeds;
}

/** A classification batch, ready for the device; tokens are positions of the first documents. */
export function classifierBatch(batch: Batch, { batchSize, padTo }: BatchShape): RunBatch {
  const { size, lengths } = batch;
  return {
    feeds: classifierFeeds(batch),
    extents: { batch: batchSize, length: padTo },
    units: {
      sentences: size,
      tokens: lengths.subarray(0, size).reduce((total, length) => total + length, 0),
    },
    positions: batchSize * padTo,
    fresh: false,
  };
}

class ClassifierStream implements BatchStream {
  constructor(private readonly feeder: BatchFeeder, private readonly shape: BatchShape) {}

  get cursor() {
    return this.feeder.cursor;
  }

  seek(cursor: BatchStream["cursor"]): Promise<void> {
    return this.feeder.seek(cursor);
  }

  async next(): Promise<RunBatch> {
    return classifierBatch(await this.feeder.next(), this.shape);
  }

  async *evaluation({ split }: EvaluationSpec): AsyncGenerator<RunBatch, void, undefined> {
    for await (const batch of this.feeder.evaluation(split)) {
      yield classifierBatch(batch, this.shape);
    }
  }

  [Symbol.dispose](): void {
    this.feeder.close();
  }
}

/** Opens the batches of a run. */
export function openClassifierBatches(source: ClassifierSource, seed: number): BatchStream {
  const { data, batchSize, sequenceLength, batching } = source;
  const shape: BatchShape = { batchSize, padTo: sequenceLength };
  const Feeder = batching === "in-process" ? InProcessFeeder : WorkerFeeder;
  return new ClassifierStream(new Feeder(data.splits, { ...shape, seed, last: "keep" }), shape);
}

/** A run of a classifier on the data of a task. */
export function classifierWorkload(options: ClassifierOptions): Workload {
  return {
    model: classifierModel(options.config),
    extents: classifierExtents(options),
    normaliser: "sentences",
    scores: [accuracy, sentenceLoss],
    evaluations: [{ split: "valid", setting: null }, { split: "test", setting: null }],
    open: (seed) => openClassifierBatches(options, seed),
  };
}
