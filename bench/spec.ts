/** What a suite measures: typed specifications without training logic. */
import type { BenchData } from "../src/data/registry.ts";
import type { ProfileName } from "../src/data/profile_names.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import type { ModelHead } from "../src/train/model_file.ts";
import type { Workload } from "../src/train/workload.ts";
import type { RunRecipe } from "../src/workloads/recipe.ts";

/** What a run is prepared from. */
export interface PrepareRequest {
  readonly profile: ProfileName;
  readonly data: BenchData;
  /** Sentences per batch instead of the profile's. */
  readonly batchSize: number | undefined;
  /** Language models train on contiguous text and hand recurrent state from batch to batch. */
  readonly carryState: boolean;
}

/** A model on a task, ready to train but for its seed. */
export interface PreparedRun {
  readonly recipe: RunRecipe;
  readonly workload: Workload;
  /** The task as a row of a result describes it. */
  readonly task: ResultRow["task"];
  /** Sequences of an update, accumulation included. */
  readonly batchSize: number;
  /** Length to which sequences are padded, tokens. */
  readonly sequenceLength: number;
  /** Updates after which the model has seen the training split about once. */
  readonly updatesPerEpoch: number;
  /** Number of trained scalars. */
  readonly parameterCount: number;
  /** How batches are cut, in words, where that is not plain from the numbers above. */
  readonly batches?: () => string;
  /** What a file of the trained model says of it, for models that are kept after their run. */
  readonly modelHead?: (seed: number) => ModelHead;
}

/** One cell of a table: a model on a task. */
export interface TrainingSpec {
  readonly task: string;
  readonly model: string;
  /** Model, training settings and workload for data that has been loaded. */
  readonly prepare: (request: PrepareRequest) => PreparedRun;
}

/** A named list of specifications. */
export interface TrainingSuite {
  readonly name: string;
  readonly description: string;
  readonly specs: readonly TrainingSpec[];
  /** Models that run when none is named. */
  readonly models: readonly string[];
  /** Tasks that run when none is named. */
  readonly tasks: readonly string[];
}
