import { canonicalHash } from "../util/canonical_hash.ts";
import { aggregateRows } from "./aggregate.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "./schema.ts";
import type { MetricRecord, MetricSetting, ResultRow, RunRole, RunStatus } from "./schema_row.ts";
import { wilsonInterval } from "./statistics.ts";

/** What {@link fixtureRow} varies between rows. */
export interface FixtureRowOptions {
  task?: string;
  model?: string;
  seed?: number;
  /** Correct answers out of 2000 test examples; null for a run without a metric. */
  correct?: number | null;
  status?: RunStatus;
  parameterCount?: number;
}

const testExamples = 2000;

/** A row of invented numbers, for tests of the results layer only. */
export function fixtureRow(options: FixtureRowOptions = {}): ResultRow {
  const { task = "listops", model = "mega", seed = 1, status = "completed" } = options;
  const { correct = 960, parameterCount = 98_410 } = options;
  const configuration = { model, depth: 3, width: 40, attention: "softmax", chunk: null };
  return {
    role: "final",
    task: {
      name: task,
      kind: "classification",
      version: "1",
      origin: "generated",
      splits: {
        train: { sha256: canonicalHash([task, "train"]), examples: 20_000, tokens: null },
        test: { sha256: canonicalHash([task, "test"]), examples: testExamples, tokens: null },
      },
    },
    model: { name: model, configuration, sha256: canonicalHash(configuration), parameterCount },
    optimizer: { name: "adam", configuration: { betas: [0.9, 0.98], weightDecay: 0.01 } },
    schedule: { name: "linear-decay", configuration: { peak: 0.001, warmup: 60 } },
    seed,
    batchSize: 32,
    sequenceLength: 128,
    updates: 1200,
    updatesDone: status === "completed" ? 1200 : 430,
    status,
    reason: status === "completed" ? null : "loss is not finite at step 430",
    score: { name: "accuracy", unit: "fraction", higherIsBetter: true },
    lossPer: "sentences",
    metrics: correct === null ? [] : [{
      name: "accuracy",
      split: "test",
      setting: null,
      value: correct / testExamples,
      unit: "fraction",
      higherIsBetter: true,
      per: "sentences",
      n: testExamples,
      interval: wilsonInterval(correct, testExamples),
    }],
    curve: [
      { step: 0, loss: 2.31, score: 0.11, learningRate: 1e-7, gradientNorm: 1.2 },
      { step: 100, loss: 1.98, score: 0.24, learningRate: 1e-3, gradientNorm: 0.8 },
    ],
    validationCurve: [{ step: 100, loss: 1.95, score: 0.25 }],
    wallSeconds: { data: 2.1, compile: 14.2, train: 131.5, evaluate: 4.4 },
    performance: {
      tokensPerSecond: 12_345.6,
      evaluationTokensPerSecond: null,
      stepMilliseconds: { median: 104.2, spread: 2.3 },
      hostShare: 0.04,
      dispatchesPerStep: 212,
      peakPlannedBytes: 38_273_024,
      sumOfIntermediateBytes: 203_423_744,
      floatingPointOperationsPerStep: 2.05e9,
      bytesMovedPerStep: 1.4e9,
      compiledPrograms: 1,
      paddingShare: null,
    },
    sample: null,
    warnings: [],
    provenance: "measured",
  };
}

/** A whole result of invented numbers around the given rows, for tests only. */
export function fixtureResult(rows: ResultRow[] = [fixtureRow()]): Result {
  return {
    schema: resultSchemaId,
    version: resultSchemaVersion,
    startedAt: "2026-01-31T12:00:00Z",
    finishedAt: "2026-01-31T12:12:30Z",
    suite: "lra",
    profile: "quick",
    overrides: {},
    environment: {
      git: { commit: "0123456789abcdef0123456789abcdef01234567", dirty: false },
      deno: "2.9.6",
      v8: "15.0.245.2",
      typescript: "6.0.3",
      os: { name: "linux", release: "6.1.0", architecture: "x86_64" },
      cpu: { model: "Example CPU", cores: 2 },
      adapter: {
        vendor: "",
        architecture: "",
        device: "",
        description: "llvmpipe (LLVM 19.1.7, 256 bits)",
        class: "software",
        driver: "Mesa 25.0.7",
        driverOrigin: "system",
        features: ["timestamp-query"],
        limits: { maxBufferSize: 2_147_483_648 },
      },
      rates: { gigaflops: 41.2, gigabytesPerSecond: 12.1, readbackMilliseconds: 11.5 },
    },
    rows,
    aggregate: aggregateRows(rows),
    kernels: [],
    warnings: [],
  };
}

/** A kernel timing of invented numbers, for tests only. */
export function fixtureKernelRow(): Result["kernels"][number] {
  return {
    kernel: "matmul",
    shape: { m: 768, n: 512, k: 512 },
    variant: "software",
    medianMilliseconds: 20,
    madMilliseconds: 0.4,
    samples: [20, 19.6, 20.4],
    gigaflops: 20.1,
    shareOfMultiplyAddRate: 0.49,
    gigabytesPerSecond: 0.18,
    shareOfBandwidth: 0.015,
    peers: [{ name: "other", version: "1.0.0", medianMilliseconds: 80, ratio: 4 }],
    warnings: [],
    provenance: "measured",
  };
}

/** What {@link fixtureLanguageRow} varies between rows. */
export interface FixtureLanguageOptions {
  /** `characters` is judged by bits per character, any other task by perplexity. */
  task?: string;
  model?: string;
  seed?: number;
  /** Test score; the losses follow from it. */
  score?: number;
  role?: RunRole;
  /** Peak learning rate. */
  peak?: number;
}

const trainedLength = 256;
const testTokens = 120_000;

/** A row of a language model of invented numbers, for tests only. */
export function fixtureLanguageRow(options: FixtureLanguageOptions = {}): ResultRow {
  const { task = "words", model = "mega", seed = 1, role = "final", peak = 0.005 } = options;
  const bits = task === "characters";
  const { score = bits ? 2.1 : 95 } = options;
  const kind = bits
    ? { name: "bits-per-character", unit: "bits", higherIsBetter: false }
    : { name: "perplexity", unit: "perplexity", higherIsBetter: false };
  const nats = (value: number) => bits ? value * Math.LN2 : Math.log(value);
  const measured = (value: number, setting: MetricSetting | null): MetricRecord[] => {
    const common = {
      split: "test",
      setting,
      per: "tokens",
      n: testTokens,
      interval: null,
    } as const;
    const loss = { name: "loss", unit: "nats", higherIsBetter: false, value: nats(value) };
    return [{ ...kind, ...common, value }, { ...loss, ...common }];
  };
  const settings = role === "trial"
    ? []
    : [0.5, 1, 2, 4].flatMap((factor) =>
      [false, true].map((carried): MetricSetting => ({
        contextLength: factor * trainedLength,
        carried,
      }))
    );
  // Longer contexts and carried state help Mega and harm a Transformer beyond its length.
  const gain = ({ contextLength, carried }: MetricSetting) =>
    (model.startsWith("mega") ? -0.03 : 0.04) * Math.log2(contextLength / trainedLength) -
    (carried && model.startsWith("mega") ? 0.05 : 0);
  const row = fixtureRow({ task, model, seed, correct: null, parameterCount: 1_250_000 });
  const split = (name: string, tokens: number) => ({
    sha256: canonicalHash([task, name]),
    examples: Math.round(tokens / trainedLength),
    tokens,
  });
  return {
    ...row,
    role,
    task: {
      ...row.task,
      kind: "language-modelling",
      splits: {
        train: split("train", 2_000_000),
        valid: split("valid", testTokens),
        test: split("test", testTokens),
      },
    },
    schedule: { name: "linear-decay", configuration: { peak, warmup: 60 } },
    sequenceLength: trainedLength,
    score: kind,
    lossPer: "tokens",
    metrics: [
      ...measured(score, null),
      ...settings.flatMap((setting) => measured(score * (1 + gain(setting)), setting)),
    ],
    curve: [0, 400, 800].map((step) => ({
      step,
      loss: nats(score * (2 - step / 1000)),
      score: null,
      learningRate: peak,
      gradientNorm: 0.7,
    })),
    validationCurve: [400, 800, 1200].map((step) => ({
      step,
      loss: nats(score * (2.2 - step / 1000)),
      score: score * (2.2 - step / 1000),
    })),
    performance: {
      ...row.performance,
      tokensPerSecond: model === "transformer" ? 9_000 : 12_000,
      evaluationTokensPerSecond: model === "transformer" ? 20_000 : 30_000,
      paddingShare: 0,
    },
    sample: role === "trial" ? null : "the tree of the north",
  };
}

/** A result of language models of invented numbers: two tasks, three models, two seeds, trials. */
export function fixtureLanguage(): Result {
  const levels = { transformer: 1.1, mega: 1, "mega-chunk": 1.03 };
  const rows = ["characters", "words"].flatMap((task) =>
    Object.entries(levels).flatMap(([model, level]) => {
      const score = level * (task === "characters" ? 2.1 : 95);
      const trials = [0.002, 0.005, 0.01].map((peak) =>
        fixtureLanguageRow({ task, model, role: "trial", peak, score: score * (1.2 + peak) })
      );
      const finals = [1, 2].map((seed) =>
        fixtureLanguageRow({ task, model, seed, score: score * (1 + 0.004 * seed) })
      );
      return [...trials, ...finals];
    })
  );
  return { ...fixtureResult(rows), suite: "lm" };
}
