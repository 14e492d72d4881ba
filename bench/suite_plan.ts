/** What a training suite runs, and whom it tells. */
import type { DirectionName } from "../src/data/translation/directions.ts";
import type { ProfileName } from "../src/data/profile_names.ts";
import type { Cell } from "../src/cells/cell.ts";
import type { CellRow } from "../src/cells/cell_files.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import type { RunReport } from "../src/train/run.ts";
import type { ScoreSpec } from "../src/train/workload.ts";
import type { TrainingSpec } from "./spec.ts";

/** Whose learning-rate schedule all models train with: to tell schedules and models apart. */
export interface ScheduleSource {
  readonly model: string;
  /** Its specification for a task. */
  readonly specOf: (task: string) => TrainingSpec;
}

/** What to run, in full. */
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
  /** Peak learning rate of all runs, without trials; `undefined` for the profile's. */
  readonly learningRate: number | undefined;
  /** Train language models with state that is carried from batch to batch. */
  readonly carryState: boolean;
  /** Of translation tasks; `undefined` for the usual one, English to German. */
  readonly direction: DirectionName | undefined;
  /** Evaluate the mean of the last so many models instead of the preset's choice. */
  readonly averagedModels: number | undefined;
  /** Folder of all cells. */
  readonly cells: string;
  /** Hash of the sources that the runs began with; others may continue them when asked to. */
  readonly code: string;
  /** Commit of the checkout, where there is one. */
  readonly commit: string | null;
  /** What to do about a run that another process is at work on. */
  readonly whenLocked: "wait" | "fail";
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
  /** Is told which cell comes next. */
  readonly onCell?: (cell: Cell) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A run that is done, and the cell that keeps it. */
export interface DoneRun {
  readonly cell: Cell;
  readonly done: CellRow;
  readonly role: ResultRow["role"];
  /** What a reader should know of its part in the suite. */
  readonly notes: readonly string[];
}

/** What a suite has done when it ends. */
export interface SuiteOutcome {
  /** In the order of the plan. */
  readonly runs: readonly DoneRun[];
  /** How many runs the plan has, without those whose data is missing. */
  readonly planned: number;
  readonly interrupted: boolean;
  /** What a reader of the result should know of the suite. */
  readonly warnings: readonly string[];
}

/** Which run is in progress. */
export interface RunIdentity {
  readonly task: string;
  readonly model: string;
  readonly seed: number;
}
