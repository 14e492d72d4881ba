/** What a training suite runs, and whom it tells. */
import type { DirectionName } from "../src/data/translation/directions.ts";
import type { ProfileName } from "../src/data/profile_names.ts";
import type { Result } from "../src/results/schema.ts";
import type { RunReport } from "../src/train/run.ts";
import type { ScoreSpec } from "../src/train/workload.ts";
import type { TrainingSpec } from "./spec.ts";

/** Whose learning-rate schedule all models train with: to tell schedules and models apart. */
export interface ScheduleSource {
  readonly model: string;
  /** Its specification for a task. */
  readonly specOf: (task: string) => TrainingSpec;
}

/** What to run, in full: enough to continue an interrupted run. */
export interface SuitePlan {
  readonly suite: string;
  readonly profile: ProfileName;
  readonly specs: readonly TrainingSpec[];
  readonly seeds: readonly number[];
  /** Departures from the profile. */
  readonly batchSize: number | undefined;
  readonly updates: number | undefined;
  readonly scheduleOf: ScheduleSource | undefined;
  /**
   * Peak learning rates that every model tries first, with the first seed; the one with the best
   * validation score trains all seeds. None for the profile's own rates.
   */
  readonly learningRates: readonly number[];
  /** Train language models with state that is carried from batch to batch. */
  readonly carryState: boolean;
  /** Of translation tasks; `undefined` for the usual one, English to German. */
  readonly direction: DirectionName | undefined;
  /** Evaluate the mean of the last so many models instead of the preset's choice. */
  readonly averagedModels: number | undefined;
  /** Result file. */
  readonly output: string;
  /** Folder for checkpoints of unfinished runs. */
  readonly checkpoints: string;
  /** Continue from checkpoints where there are any. */
  readonly resuming: boolean;
  /** Result of the interrupted attempt; its completed rows are kept. */
  readonly earlier: Result | undefined;
  readonly dataDir: string | undefined;
  readonly cacheDir: string;
  /** Go on without tasks whose data is missing. */
  readonly leaveOut: boolean;
  /** Compile later runs while earlier ones run, which then say less about speed. */
  readonly compileAhead: boolean;
}

/** Callbacks of {@link runTrainingSuite}. */
export interface SuiteEvents {
  readonly message: (line: string) => void;
  readonly report: (
    run: RunIdentity,
    report: RunReport & { readonly total: number; readonly spec: ScoreSpec },
  ) => void;
  readonly signal: AbortSignal;
}

/** Which run is in progress. */
export interface RunIdentity {
  readonly task: string;
  readonly model: string;
  readonly seed: number;
}
