/** What the programs of a run depend on, as plain data that can be posted to a worker. */
import type { ClassifierConfig } from "../models/config.ts";
import { parameterScaleOf } from "../models/parameter_scale.ts";
import type { TrainingSettings } from "../models/training_settings.ts";
import type { SessionOptions } from "../train/session.ts";
import { type ClassifierBatches, classifierExtents, classifierModel } from "./classifier.ts";

/** A classifier run. */
export interface ClassifierRecipe extends ClassifierBatches {
  readonly kind: "classifier";
  readonly config: ClassifierConfig;
  readonly training: TrainingSettings;
}

/** A run of any workload, without its data. */
export type RunRecipe = ClassifierRecipe;

/** What a session for a recipe is made from. */
export function sessionOptions(recipe: RunRecipe, seed: number): SessionOptions {
  const { training } = recipe;
  const scale = parameterScaleOf(training);
  return {
    model: classifierModel(recipe.config),
    extents: classifierExtents(recipe),
    optimizer: training.optimizer,
    accumulation: training.accumulation,
    seed,
    ...(scale === undefined ? {} : { parameterScale: scale }),
  };
}
