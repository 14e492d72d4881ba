import { canonicalHash } from "../util/canonical_hash.ts";
import { aggregateRows } from "./aggregate.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "./schema.ts";
import type { ResultRow, RunStatus } from "./schema_row.ts";
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
    task: {
      name: task,
      version: "1",
      origin: "generated",
      splits: {
        train: { sha256: canonicalHash([task, "train"]), examples: 20_000 },
        test: { sha256: canonicalHash([task, "test"]), examples: testExamples },
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
    metrics: correct === null ? [] : [{
      name: "accuracy",
      split: "test",
      value: correct / testExamples,
      unit: "fraction",
      higherIsBetter: true,
      n: testExamples,
      interval: wilsonInterval(correct, testExamples),
    }],
    curve: [
      { step: 0, loss: 2.31, accuracy: 0.11, learningRate: 1e-7, gradientNorm: 1.2 },
      { step: 100, loss: 1.98, accuracy: 0.24, learningRate: 1e-3, gradientNorm: 0.8 },
    ],
    validationCurve: [{ step: 100, loss: 1.95, accuracy: 0.25 }],
    wallSeconds: { data: 2.1, compile: 14.2, train: 131.5, evaluate: 4.4 },
    performance: {
      tokensPerSecond: 12_345.6,
      stepMilliseconds: { median: 104.2, spread: 2.3 },
      hostShare: 0.04,
      dispatchesPerStep: 212,
      peakPlannedBytes: 38_273_024,
      sumOfIntermediateBytes: 203_423_744,
      floatingPointOperationsPerStep: 2.05e9,
      bytesMovedPerStep: 1.4e9,
    },
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
