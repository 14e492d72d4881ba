/** What the programs of a run depend on, as plain data that can be posted to a worker. */
import type { ClassifierConfig } from "../models/config.ts";
import type { LanguageModelConfig } from "../models/language_model_config.ts";
import type { LanguageModelBatching } from "../models/lm_preset_types.ts";
import { parameterScaleOf } from "../models/parameter_scale.ts";
import type { PairShape } from "../data/translation/buckets.ts";
import type { TranslationConfig } from "../models/translation_config.ts";
import type { TranslationBatching } from "../models/translation_preset_types.ts";
import type { TrainingSettings } from "../models/training_settings.ts";
import type { SessionOptions } from "../train/session.ts";
import type { BatchExtents } from "../train/workload.ts";
import { stepExtents } from "./generate_tokens.ts";
import { type ClassifierBatches, classifierExtents, classifierModel } from "./classifier.ts";
import { languageModel, languageModelExtents } from "./language_model.ts";
import { translationExtents, translationModel } from "./translation/model.ts";

/** A classifier run. */
export interface ClassifierRecipe extends ClassifierBatches {
  readonly kind: "classifier";
  readonly config: ClassifierConfig;
  readonly training: TrainingSettings;
}

/** A run of a language model. */
export interface LanguageModelRecipe {
  readonly kind: "language-model";
  readonly config: LanguageModelConfig;
  readonly training: TrainingSettings;
  readonly batching: LanguageModelBatching;
}

/** A run of a translation model. */
export interface TranslationRecipe {
  readonly kind: "translation";
  readonly config: TranslationConfig;
  readonly training: TrainingSettings;
  readonly labelSmoothing: number;
  readonly batching: TranslationBatching;
  /** Shapes of all batches. */
  readonly shapes: readonly PairShape[];
}

/** A run of any workload, without its data. */
export type RunRecipe = ClassifierRecipe | LanguageModelRecipe | TranslationRecipe;

function programs(recipe: RunRecipe): Pick<SessionOptions, "model" | "extents"> {
  switch (recipe.kind) {
    case "classifier":
      return { model: classifierModel(recipe.config), extents: classifierExtents(recipe) };
    case "language-model":
      return {
        model: languageModel(recipe.config),
        extents: languageModelExtents(recipe.batching),
      };
    case "translation":
      return {
        model: translationModel(recipe.config, recipe),
        extents: translationExtents(recipe.shapes),
      };
  }
}

/** What a session for a recipe is made from. */
export function sessionOptions(recipe: RunRecipe, seed: number): SessionOptions {
  const { training } = recipe;
  const scale = parameterScaleOf(training);
  return {
    ...programs(recipe),
    optimizer: training.optimizer,
    accumulation: training.accumulation,
    seed,
    ...(scale === undefined ? {} : { parameterScale: scale }),
  };
}

/** Extents of the steps that a sample of the trained model takes; `undefined` for none. */
export function sampleExtents(recipe: RunRecipe): BatchExtents | undefined {
  return recipe.kind === "language-model" ? stepExtents : undefined;
}
