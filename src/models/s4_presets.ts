/**
 * S4-v2 and S4D models of the Long Range Arena and how they are trained: the settings of "How to
 * train your HiPPO" (`configs/experiment/lra/old/v3-*.yaml` of state-spaces/s4). S4D differs from
 * S4 in the kernel only.
 */
import { radices } from "../../kernels/fft/stages.ts";
import type { LraTask } from "../data/lra_tasks.ts";
import { defaultS4LearningRates, type S4LearningRates } from "../nn/s4/parameter_scale.ts";
import type { S4EncoderConfig } from "./config.ts";
import type { TrainingSettings } from "./training_settings.ts";

/** State-space models of the table. */
export const s4Models = ["s4", "s4d-legs", "s4d-lin", "s4d-inv"] as const;
/** A state-space model of the table. */
export type S4Model = typeof s4Models[number];

/** Is a model one of {@link s4Models}? */
export function isS4Model(model: string): model is S4Model {
  return s4Models.some((each) => each === model);
}

const kernels: Readonly<Record<S4Model, Pick<S4EncoderConfig, "mode" | "init">>> = {
  s4: { mode: "dplr", init: "legs" },
  "s4d-legs": { mode: "diag", init: "legs" },
  "s4d-lin": { mode: "diag", init: "lin" },
  "s4d-inv": { mode: "diag", init: "inv" },
};

interface S4Row {
  readonly layers: number;
  readonly width: number;
  /** Independent state matrices; `null` for one per feature. */
  readonly copies: number | null;
  readonly norm: S4EncoderConfig["norm"];
  readonly normBefore: boolean;
  readonly dropout: number;
  readonly dtMin: number;
  /** Longest kernel. */
  readonly maxPositions: number;
  readonly peak: number;
  readonly weightDecay: number;
  readonly batch: number;
  readonly updates: number;
  readonly warmupUpdates: number;
  readonly rates: S4LearningRates;
}

/** Δ at the global rate, A and B slower. */
const slowSystem: S4LearningRates = { ...defaultS4LearningRates, dt: null };
const everyRate = (rate: number): S4LearningRates => ({ dt: rate, a: rate, b: rate, c: rate });

const common = {
  layers: 6,
  width: 256,
  copies: null,
  norm: "batchnorm",
  normBefore: true,
  dropout: 0,
  dtMin: 1e-3,
  peak: 0.01,
  weightDecay: 0.05,
  rates: slowSystem,
} as const;

const rows: Readonly<Record<LraTask, S4Row>> = {
  listops: {
    ...common,
    layers: 8,
    width: 128,
    normBefore: false,
    maxPositions: 2048,
    batch: 50,
    updates: 80_000,
    warmupUpdates: 1_000,
  },
  text: { ...common, maxPositions: 4096, batch: 16, updates: 50_000, warmupUpdates: 1_000 },
  retrieval: { ...common, maxPositions: 4000, batch: 64, updates: 50_000, warmupUpdates: 2_500 },
  image: {
    ...common,
    width: 512,
    copies: 2,
    norm: "layernorm",
    normBefore: false,
    dropout: 0.1,
    maxPositions: 1024,
    batch: 50,
    updates: 180_000,
    warmupUpdates: 900,
  },
  pathfinder: {
    ...common,
    maxPositions: 1024,
    peak: 0.004,
    weightDecay: 0.03,
    batch: 64,
    updates: 500_000,
    warmupUpdates: 2_500,
    rates: everyRate(1e-3),
  },
  pathx: {
    ...common,
    dtMin: 1e-4,
    maxPositions: 16_384,
    peak: 5e-4,
    batch: 16,
    updates: 500_000,
    warmupUpdates: 50_000,
    rates: everyRate(5e-4),
  },
};

/** Smallest even length from `length` on for which the Fourier transforms are fast. */
export function fastKernelLength(length: number): number {
  let even = Math.max(2, length + length % 2);
  while (radices(even, 16) === undefined) even += 2;
  return even;
}

/**
 * The published encoder of a task. Sequences longer than the published kernel get a longer one.
 *
 * @param maxLength Longest sequence of the data.
 */
export function s4EncoderOf(task: LraTask, model: S4Model, maxLength: number): S4EncoderConfig {
  const { layers, width, copies, norm, normBefore, dropout, dtMin, maxPositions } = rows[task];
  return {
    kind: "s4",
    ...kernels[model],
    width,
    layers,
    states: 64,
    channels: 1,
    copies,
    bidirectional: true,
    discretization: "zoh",
    dtMin,
    dtMax: 0.1,
    dtTransform: "softplus",
    maxPositions: maxLength <= maxPositions ? maxPositions : fastKernelLength(maxLength),
    activation: "gelu",
    norm,
    normBefore,
    dropout,
    featureDropout: true,
  };
}

/** The published optimiser and schedule of a task: AdamW without clipping, cosine decay. */
export function s4TrainingOf(task: LraTask): TrainingSettings {
  const { peak, weightDecay, batch, updates, warmupUpdates, rates } = rows[task];
  return {
    optimizer: {
      kind: "adam",
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay,
      clipNorm: 0,
      stateSpaceRates: rates,
    },
    schedule: { kind: "cosine", peak, warmupInitial: 0, warmupUpdates, totalUpdates: updates },
    batch,
    accumulation: 1,
    updates,
  };
}
