import assert from "node:assert/strict";
import { join } from "node:path";
import { add, div, mul } from "../../kernels/elementwise/mod.ts";
import { argmax, crossEntropy } from "../../kernels/cross_entropy/mod.ts";
import { equal } from "../../kernels/elementwise/mod.ts";
import { dropout } from "../../kernels/random/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { testDevice } from "../compiler/testing.ts";
import {
  type Split,
  splitHash,
  type TaskData,
  type ValueExample,
  type ValueTaskData,
} from "../data/dataset.ts";
import { perSplit } from "../data/packed_cache.ts";
import { MemoryPixels, PackedValueSplit, pixelTable } from "../data/packed_values.ts";
import { UserError } from "../errors.ts";
import { normal } from "../nn/initializers.ts";
import { linear } from "../nn/linear.ts";
import { zeros } from "../nn/initializers.ts";
import { PhiloxStream } from "../util/philox.ts";
import { WorkerCount } from "../util/worker_testing.ts";
import {
  type RunContext,
  type RunOutcome,
  type RunReport,
  type RunSettings,
  TrainingRun,
} from "./run.ts";
import { accuracy, openClassifierBatches, sentenceLoss } from "../workloads/classifier.ts";
import { Session } from "./session.ts";
import { RunModels } from "./run_models.ts";
import type { TrainedValues } from "./session_state.ts";
import type { BatchStream, Decoding, ModelFunction, RunBatch, Workload } from "./workload.ts";

const length = 6;
const classes = 3;

/** Points around three centres: a linear model learns them in a few dozen updates. */
function makeSplit(count: number, stream: number): Split<ValueExample> {
  const random = new PhiloxStream(1, stream);
  const examples = Array.from({ length: count }, (_, i): ValueExample => {
    const label = i % classes;
    const values = Float32Array.from(
      { length },
      (_, k) => random.normal() + (k % classes === label ? 2 : 0),
    );
    return { kind: "values", values, label };
  });
  return { length: count, example: (index) => examples[index] };
}

const plainSplits = {
  train: makeSplit(96, 60_001),
  valid: makeSplit(30, 60_002),
  test: makeSplit(30, 60_003),
};

/** The same points as bytes, which a worker can read too. */
function packed(split: Split<ValueExample>): PackedValueSplit {
  const examples = Array.from({ length: split.length }, (_, i) => split.example(i));
  const bytes = examples.flatMap(({ values }) =>
    [...values].map((value) => Math.max(0, Math.min(255, Math.round(128 + 30 * value))))
  );
  const labels = Uint8Array.from(examples, ({ label }) => label);
  const pixels = new MemoryPixels(Uint8Array.from(bytes), length);
  return new PackedValueSplit(pixels, labels, pixelTable(0.5, 0.12));
}

const packedData = makeData(perSplit((name) => packed(plainSplits[name])));

function makeData(splits: ValueTaskData["splits"]): TaskData {
  return {
    kind: "classification",
    id: "points",
    version: 1,
    pair: false,
    classes,
    maxLength: length,
    inputKind: "values",
    vocabulary: undefined,
    splits,
    hash: perSplit((name) => splitHash("values", splits[name])),
    source: "generated for a test",
  };
}

const batchSize = 8;

const model: ModelFunction = (context) => {
  const x = input("sequence", [batchSize, length]);
  const labels = input("labels", [batchSize], "i32");
  const weights = input("weights", [batchSize]);
  const hidden = context.training ? dropout(x, 0.1, context.dropoutStream()) : x;
  const logits = linear(context, "head", hidden, classes, { weight: normal(0.1), bias: zeros });
  const poison = sum(input("poison", [1]));
  const losses = div(crossEntropy(logits, labels), add(1, poison));
  return {
    lossSum: sum(mul(losses, weights)),
    metrics: { correct: sum(mul(equal(argmax(logits), labels), weights)) },
  };
};

interface Options {
  readonly settings?: Partial<RunSettings>;
  readonly context?: Partial<RunContext>;
  readonly data?: TaskData;
  readonly batching?: "worker" | "in-process";
  /** Value that divides the loss (plus one), by number of the batch; `undefined` feeds none. */
  readonly poison?: (batch: number) => number | undefined;
  readonly decoding?: Decoding;
  /** Gets the model that the run ends with. */
  readonly onEnd?: (values: TrainedValues) => void;
}

/** Batches of the points with one more input. */
class PoisonedStream implements BatchStream {
  #count = 0;

  constructor(
    private readonly inner: BatchStream,
    private readonly poison: (batch: number) => number | undefined,
  ) {}

  get cursor() {
    return this.inner.cursor;
  }

  seek(cursor: BatchStream["cursor"]): Promise<void> {
    return this.inner.seek(cursor);
  }

  async next(): Promise<RunBatch> {
    return this.#poisoned(await this.inner.next());
  }

  async *evaluation(spec: Parameters<BatchStream["evaluation"]>[0]) {
    for await (const batch of this.inner.evaluation(spec)) yield this.#poisoned(batch);
  }

  #poisoned(batch: RunBatch): RunBatch {
    const value = this.poison(this.#count++);
    const { feeds } = batch;
    const poison: [string, Float32Array][] = value === undefined
      ? []
      : [["poison", Float32Array.of(value)]];
    return { ...batch, feeds: new Map([...feeds, ...poison]) };
  }

  [Symbol.dispose](): void {
    this.inner[Symbol.dispose]();
  }
}

function makeWorkload(options: Options): Workload {
  const { data = makeData(plainSplits), batching = "in-process", poison = () => 0 } = options;
  const extents = { batch: batchSize, length };
  const source = { data, batchSize, sequenceLength: length, batching };
  return {
    model,
    extents: { train: extents, evaluate: extents },
    normaliser: "sentences",
    scores: [accuracy, sentenceLoss],
    evaluations: [{ split: "valid", setting: null }, { split: "test", setting: null }],
    open: (seed) => new PoisonedStream(openClassifierBatches(source, seed), poison),
    ...(options.decoding === undefined ? {} : { decoding: options.decoding }),
  };
}

async function train(options: Options = {}): Promise<RunOutcome> {
  const device = await testDevice("software");
  const settings: RunSettings = {
    seed: 3,
    accumulation: 1,
    updates: 40,
    schedule: {
      kind: "linear",
      peak: 0.1,
      warmupInitial: 1e-7,
      warmupUpdates: 4,
      warmupPower: 1,
      end: 0,
      totalUpdates: 40,
    },
    evaluateEvery: 12,
    reportEvery: 5,
    checkpointEvery: 10,
    ...options.settings,
  };
  const workload = makeWorkload(options);
  const session = new Session(device, {
    model,
    extents: workload.extents,
    optimizer: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 },
    accumulation: settings.accumulation,
    seed: settings.seed,
  });
  try {
    const outcome = await new TrainingRun(settings, {
      session,
      workload,
      folder: undefined,
      identity: "test",
      resume: false,
      compileSeconds: 0,
      ...options.context,
    }).run();
    options.onEnd?.(await session.trained());
    return outcome;
  } finally {
    session.destroy();
  }
}

/** What an outcome found, but for the time that it took. */
function found({ results }: RunOutcome) {
  return results.map(({ spec, sums }) => ({ spec, sums, accuracy: accuracy.of(sums) }));
}

Deno.test("a run learns, evaluates at the set updates and tests its best checkpoint", async () => {
  const outcome = await train();
  const { status, progress } = outcome;
  const [valid, test] = found(outcome);
  assert.equal(status, "completed");
  assert.deepEqual(progress.validationCurve.map(({ step }) => step), [12, 24, 36, 40]);
  assert.deepEqual([valid.spec.split, test.spec.split], ["valid", "test"]);
  assert.ok(test.accuracy > 0.8, `test accuracy ${test.accuracy}`);
  assert.equal(valid.accuracy, progress.best?.score);
  const [first] = progress.curve;
  const last = progress.curve[progress.curve.length - 1];
  assert.ok((last.loss ?? 9) < (first.loss ?? 0) / 2, `${first.loss} to ${last.loss}`);
});

Deno.test("the same seed gives the same bits and another seed does not", async () => {
  const [first, again, other] = [
    await train(),
    await train(),
    await train({ settings: { seed: 4 } }),
  ];
  assert.deepEqual(again.progress.curve, first.progress.curve);
  assert.notDeepEqual(other.progress.curve, first.progress.curve);
});

Deno.test("batches built in a worker train to the same bits, also after an interruption", async () => {
  const whole = await train({ data: packedData });
  using workers = new WorkerCount();
  const folder = await Deno.makeTempDir();
  try {
    const source = { data: packedData, batching: "worker" } as const;
    const context = { folder };
    const controller = new AbortController();
    const onReport = ({ update }: RunReport) => update >= 15 && controller.abort();
    const stopped = await train({
      ...source,
      context: { ...context, signal: controller.signal, onReport },
    });
    assert.equal(stopped.status, "interrupted");
    const resumed = await train({ ...source, context: { ...context, resume: true } });
    assert.equal(resumed.status, "completed");
    assert.deepEqual(resumed.progress.curve, whole.progress.curve);
    assert.deepEqual(resumed.progress.cursor, whole.progress.cursor);
    assert.deepEqual(found(resumed), found(whole));
    assert.deepEqual([workers.started, workers.ended], [2, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a run that ends early ends its worker, whatever the reason", async () => {
  using workers = new WorkerCount();
  const source = { data: packedData, batching: "worker" } as const;
  const diverged = await train({ ...source, poison: () => -1 });
  assert.equal(diverged.status, "diverged");
  assert.deepEqual([workers.started, workers.ended], [1, 1]);
  await assert.rejects(train({ ...source, poison: () => undefined }), /no value for input poison/);
  assert.deepEqual([workers.started, workers.ended], [2, 2]);
  await assert.rejects(
    train({ batching: "worker" }),
    /train split is not a packed one/,
  );
});

Deno.test("a loss that is not a number ends the run as diverged and names the update", async () => {
  const { status, reason } = await train({ poison: (batch) => (batch === 7 ? -1 : 0) });
  assert.equal(status, "diverged");
  assert.match(reason ?? "", /update 8$/);
});

Deno.test("an exploding loss ends the run as diverged", async () => {
  const { status, reason } = await train({ poison: (batch) => (batch === 7 ? -0.999999 : 0) });
  assert.equal(status, "diverged");
  assert.match(reason ?? "", /exploded/);
});

Deno.test("an interrupted run keeps a checkpoint and continues to the same parameters", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const whole = await train();
    const controller = new AbortController();
    const stopped = await train({
      context: {
        folder,
        signal: controller.signal,
        onReport: ({ update }) => update >= 20 && controller.abort(),
      },
    });
    assert.equal(stopped.status, "interrupted");
    const resumed = await train({ context: { folder, resume: true } });
    assert.deepEqual(resumed.progress.curve, whole.progress.curve);
    assert.deepEqual(found(resumed), found(whole));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a damaged checkpoint and one of another run are refused with one line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await train({ context: { folder } });
    const path = join(folder, "last.safetensors");
    await assert.rejects(
      train({ context: { folder, resume: true, identity: "another" } }),
      (error) => error instanceof UserError && /other settings or data/.test(error.message),
    );
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 5] ^= 1;
    await Deno.writeFile(path, bytes);
    await assert.rejects(
      train({ context: { folder, resume: true } }),
      (error) => error instanceof UserError && /digest/.test(error.message),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an averaged run evaluates the mean of its last models, also after an interruption", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const settings = { averagedModels: 3 };
    const trained: TrainedValues[] = [];
    const onEnd = (values: TrainedValues) => trained.push(values);
    const usual = await train({ onEnd });
    const averaged = await train({ settings, context: { folder }, onEnd });
    assert.deepEqual(averaged.progress.curve, usual.progress.curve);
    assert.deepEqual(averaged.progress.best, usual.progress.best);
    assert.notDeepEqual(found(averaged), found(usual));
    const kept = new RunModels(folder, "test");
    const { recent } = averaged.progress;
    assert.deepEqual(recent.map(({ step }) => step), [24, 36, 40]);
    const models = await Promise.all(recent.map((model) => kept.load("recent", model)));
    const [, { parameters }] = trained;
    for (const [name, values] of parameters) {
      const mean = values.map((_, i) =>
        models.reduce((total, model) => total + (model.parameters.get(name)?.[i] ?? NaN), 0) / 3
      );
      assert.deepEqual(values, mean, name);
    }
    const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assert.ok(!files.includes("recent-12.safetensors"));

    const memory = await train({ settings, onEnd });
    assert.deepEqual(found(memory), found(averaged));

    await Deno.remove(folder, { recursive: true });
    const controller = new AbortController();
    const onReport = ({ update }: RunReport) => update >= 25 && controller.abort();
    const context = { folder, signal: controller.signal, onReport };
    assert.equal((await train({ settings, context })).status, "interrupted");
    const resumed = await train({ settings, context: { folder, resume: true }, onEnd });
    assert.deepEqual(found(resumed), found(averaged));
    assert.deepEqual(trained.slice(2), [trained[1], trained[1]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what the model writes chooses the best checkpoint where it is scored", async () => {
  const spec = { name: "bleu", unit: "bleu", higherIsBetter: true };
  const values = [2, 7, NaN, 7];
  const calls: string[] = [];
  const decoding: Decoding = {
    scores: [spec],
    splits: ["test"],
    run(_runner, split, purpose) {
      calls.push(`${split} ${purpose}`);
      const value = purpose === "final" ? 9 : values[calls.length - 1];
      return Promise.resolve({
        split,
        scores: [{ spec, value }],
        sources: [],
        references: [],
        hypotheses: [],
        statistics: [],
        quotable: true,
        tokens: 0,
        seconds: 0,
      });
    },
  };
  const { progress, results, decoded } = await train({ decoding });
  assert.deepEqual(calls, [...values.map(() => "valid validation"), "test final"]);
  assert.deepEqual(progress.validationCurve.map(({ score }) => score), [2, 7, null, 7]);
  assert.deepEqual([progress.best?.step, progress.best?.score], [24, 7]);
  assert.ok(progress.curve.every(({ score }) => score === null));
  const [{ sums: { lossSum, units } }] = results;
  assert.equal(lossSum / units.sentences, progress.validationCurve[1].loss);
  assert.deepEqual(decoded.map(({ scores: [{ value }] }) => value), [9]);
});
