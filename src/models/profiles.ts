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

/**
 * Scale factors; `paper` is the published preset itself. Of the tasks, ListOps alone has a published
 * Mega of 80 features: `quick` halves it, and brings the wider ones to a similar size.
 */
const widths: Readonly<Record<ScaledProfile, (task: LraTask) => number>> = {
  smoke: (task) => (task === "listops" || task === "pathx" ? 1 / 4 : 1 / 8),
  quick: (task) => (task === "listops" || task === "pathx" ? 1 / 2 : 1 / 4),
  small: () => 1 / 2,
};

const depths: Readonly<Record<ScaledProfile, number>> = { smoke: 1 / 3, quick: 1 / 2, small: 1 };

/** The factors of a profile for a task. */
export function profileScale(profile: ScaledProfile, task: LraTask): ProfileScale {
  return {
    depth: depths[profile],
    width: widths[profile](task),
    chunks: 4,
    leastPeak: 2e-3,
    leastWarmup: 0.1,
  };
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
    text: { batch: 32, updates: 250 },
    retrieval: { batch: 16, updates: 250 },
    image: { batch: 32, updates: 250 },
    pathfinder: { batch: 16, updates: 50 },
    pathx: { batch: 2, updates: 20 },
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
