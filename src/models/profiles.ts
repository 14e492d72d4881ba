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

/** Scale factors; `paper` is the published preset itself. */
export const profileScales: Readonly<Record<Exclude<ProfileName, "paper">, ProfileScale>> = {
  smoke: { depth: 1 / 3, width: 1 / 4, chunks: 4, leastPeak: 2e-3, leastWarmup: 0.1 },
  quick: { depth: 1 / 2, width: 1 / 2, chunks: 4, leastPeak: 2e-3, leastWarmup: 0.1 },
  small: { depth: 1, width: 1 / 2, chunks: 4, leastPeak: 2e-3, leastWarmup: 0.1 },
};

/** Budgets per profile and task; `paper` has those of the publication. */
export const budgets: Readonly<
  Record<Exclude<ProfileName, "paper">, Readonly<Partial<Record<LraTask, Budget>>>>
> = {
  smoke: { listops: { batch: 16, updates: 60 } },
  quick: { listops: { batch: 32, updates: 1_000 } },
  small: { listops: { batch: 64, updates: 5_000 } },
};
