/** How far each profile scales the published presets down, and its budgets. */
import type { LraTask } from "./lra_presets.ts";

/** Profiles, from the fastest to the published size. */
export const profileNames = ["smoke", "quick", "small", "paper"] as const;
/** Name of a profile. */
export type ProfileName = typeof profileNames[number];

/** Factors that apply to every model of a profile alike. */
export interface ProfileScale {
  /** Of the number of layers (rounded, at least 1). */
  readonly depth: number;
  /** Of D, h, F, z, the head and the number of attention heads (rounded, at least 1). */
  readonly width: number;
  /** Chunks that the longest sequence is cut into by chunked models. */
  readonly chunks: number;
  /** No learning-rate schedule peaks below this: small models with few updates need larger steps. */
  readonly leastPeak: number;
  /** Nor does the warm-up take a smaller share of the updates than this. */
  readonly leastWarmup: number;
}

/** Work per run, the same for every model of a table. */
export interface Budget {
  readonly batch: number;
  readonly updates: number;
}

/** A scaled-down profile. */
export type ScaledProfile = Exclude<ProfileName, "paper">;

/** Depth and width of a task under a profile, as factors of the published ones. */
type Factors = Readonly<Record<LraTask, readonly [depth: number, width: number]>>;

/**
 * Factors of the scaled profiles. They differ by task, never by model: the published models differ in
 * size by an order of magnitude, the scaled ones all have 16 to 20 (`smoke`) or 32 to 40 (`quick`) features.
 */
const factors: Readonly<Record<Exclude<ScaledProfile, "small">, Factors>> = {
  smoke: {
    listops: [1 / 3, 1 / 4],
    text: [1 / 3, 1 / 8],
    retrieval: [1 / 6, 1 / 8],
    image: [1 / 8, 1 / 8],
    pathfinder: [1 / 6, 1 / 8],
    pathx: [1 / 6, 1 / 4],
  },
  quick: {
    listops: [1 / 2, 1 / 2],
    text: [1 / 2, 1 / 4],
    retrieval: [1 / 2, 1 / 4],
    image: [1 / 4, 1 / 4],
    pathfinder: [1 / 2, 1 / 4],
    pathx: [1 / 2, 1 / 2],
  },
};

/** The factors of a profile for a task; `small` keeps the depth and halves the width. */
export function profileScale(profile: ScaledProfile, task: LraTask): ProfileScale {
  const [depth, width] = profile === "small" ? [1, 1 / 2] : factors[profile][task];
  return { depth, width, chunks: 4, leastPeak: 2e-3, leastWarmup: 0.1 };
}

/** Budgets per profile and task; `paper` has those of the publication. */
export const budgets: Readonly<Record<ScaledProfile, Readonly<Record<LraTask, Budget>>>> = {
  smoke: {
    listops: { batch: 16, updates: 60 },
    text: { batch: 16, updates: 20 },
    retrieval: { batch: 8, updates: 20 },
    image: { batch: 8, updates: 20 },
    pathfinder: { batch: 2, updates: 10 },
    pathx: { batch: 2, updates: 10 },
  },
  quick: {
    listops: { batch: 32, updates: 1_000 },
    text: { batch: 16, updates: 500 },
    retrieval: { batch: 16, updates: 400 },
    image: { batch: 16, updates: 250 },
    pathfinder: { batch: 8, updates: 30 },
    pathx: { batch: 2, updates: 10 },
  },
  small: {
    listops: { batch: 64, updates: 5_000 },
    text: { batch: 32, updates: 10_000 },
    retrieval: { batch: 32, updates: 10_000 },
    image: { batch: 50, updates: 20_000 },
    pathfinder: { batch: 64, updates: 20_000 },
    pathx: { batch: 16, updates: 10_000 },
  },
};
