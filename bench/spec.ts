/** What a suite measures: typed specifications without training logic. */
import type { TaskData } from "../src/data/dataset.ts";
import type { Preset } from "../src/models/lra_presets.ts";
import type { ProfileName } from "../src/models/profiles.ts";

/** One cell of a table: a model on a task. */
export interface TrainingSpec {
  readonly task: string;
  readonly model: string;
  /** Model and training settings for data that has been loaded. */
  readonly preset: (profile: ProfileName, data: TaskData) => Preset;
}

/** A named list of specifications. */
export interface TrainingSuite {
  readonly name: string;
  readonly description: string;
  readonly specs: readonly TrainingSpec[];
  /** Models that run when none is named. */
  readonly models: readonly string[];
}
