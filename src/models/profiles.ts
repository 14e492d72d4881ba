/** How far each profile scales the published presets down, and its budgets. */
import type { LraTask } from "../data/lra_tasks.ts";
import type { ProfileName } from "../data/profile_names.ts";

export { type ProfileName, profileNames } from "../data/profile_names.ts";

/** A scaled-down profile. */
export type ScaledProfile = Exclude<ProfileName, "paper">;

/** What a profile does with a task, the same for every model. */
export interface TaskScale {
  /** Factor of the number of layers (rounded, at least 1). */
  readonly depth: number;
  /** Factor of D, h, F, z, the head and the number of attention heads (rounded, at least 1). */
  readonly width: number;
  /** Examples per update. */
  readonly batch: number;
  readonly updates: number;
}

/** Chunks that the longest sequence is cut into by chunked models of scaled profiles. */
export const chunksPerSequence = 4;
/** No schedule of a scaled profile peaks below this: few updates need larger steps. */
export const leastPeak = 2e-3;
/** Nor does its warm-up take a smaller share of the updates than this. */
export const leastWarmup = 0.1;

/**
 * The scaled profiles. Factors differ by task, never by model: the published Megas have 64 to 160
 * features, those of `smoke` 16 to 20 and those of `quick` 32 to 40.
 */
export const taskScales: Readonly<
  Record<ScaledProfile, Readonly<Record<LraTask, TaskScale>>>
> = {
  smoke: {
    listops: { depth: 1 / 3, width: 1 / 4, batch: 16, updates: 60 },
    text: { depth: 1 / 3, width: 1 / 8, batch: 16, updates: 20 },
    retrieval: { depth: 1 / 6, width: 1 / 8, batch: 8, updates: 20 },
    image: { depth: 1 / 8, width: 1 / 8, batch: 8, updates: 20 },
    pathfinder: { depth: 1 / 6, width: 1 / 8, batch: 2, updates: 10 },
    pathx: { depth: 1 / 6, width: 1 / 4, batch: 2, updates: 10 },
  },
  quick: {
    listops: { depth: 1 / 2, width: 1 / 2, batch: 32, updates: 1_000 },
    text: { depth: 1 / 2, width: 1 / 4, batch: 16, updates: 500 },
    retrieval: { depth: 1 / 2, width: 1 / 4, batch: 16, updates: 400 },
    image: { depth: 1 / 4, width: 1 / 4, batch: 16, updates: 250 },
    pathfinder: { depth: 1 / 2, width: 1 / 4, batch: 8, updates: 30 },
    pathx: { depth: 1 / 2, width: 1 / 2, batch: 2, updates: 10 },
  },
  small: {
    listops: { depth: 1, width: 1 / 2, batch: 64, updates: 5_000 },
    text: { depth: 1, width: 1 / 2, batch: 32, updates: 10_000 },
    retrieval: { depth: 1, width: 1 / 2, batch: 32, updates: 10_000 },
    image: { depth: 1, width: 1 / 2, batch: 50, updates: 20_000 },
    pathfinder: { depth: 1, width: 1 / 2, batch: 64, updates: 20_000 },
    pathx: { depth: 1, width: 1 / 2, batch: 16, updates: 10_000 },
  },
};
