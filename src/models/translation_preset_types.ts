/** What presets of translation models are made of. */
import type { ProfileName } from "../data/profile_names.ts";
import type { TrainingSettings } from "./training_settings.ts";
import type { TranslationConfig } from "./translation_config.ts";

/** Parallel texts: the generated one first. */
export const translationTasks = ["numbers", "multi30k", "wmt16-en-de"] as const;
/** See {@link translationTasks}. */
export type TranslationTask = typeof translationTasks[number];

/** Models of the paper's Table 7; `mega` attends with softmax. */
export const translationNames = ["mega", "mega-laplace", "transformer"] as const;
/** See {@link translationNames}. */
export type TranslationName = typeof translationNames[number];

/** What to build a preset for. */
export interface TranslationRequest {
  readonly task: TranslationTask;
  readonly model: TranslationName;
  readonly profile: ProfileName;
  /** Number of pieces of both languages, specials and filler included. */
  readonly vocabulary: number;
}

/** A search for the best translation (`fairseq/sequence_generator.py`). */
export interface SearchSettings {
  /** Hypotheses that are kept; 1 is greedy. */
  readonly beam: number;
  /** Exponent of the length that divides a score. */
  readonly lengthPenalty: number;
  /** Most tokens: a times those of the source, plus b. */
  readonly maxLengthA: number;
  readonly maxLengthB: number;
}

/** How sentence pairs are cut into batches, and how translations are found; plain data. */
export interface TranslationBatching {
  /** Side of the source on which batches are padded; training and decoding must agree. */
  readonly sourcePadding: "left" | "right";
  /** Most positions of a batch: rows times the longer side. */
  readonly maxTokens: number;
  /** Most batch shapes, each of which is compiled. */
  readonly shapes: number;
  /** Longer sentences (tokens, `</s>` included) are left out of training. */
  readonly maxLength: number;
  /** While training: chooses the best checkpoint. */
  readonly validation: SearchSettings;
  /** At the end. */
  readonly final: SearchSettings;
  /** Most sentences of the validation and of the test split; absent for all. */
  readonly limits: { readonly valid?: number; readonly test?: number };
}

/** A model, how it is trained, and on which batches. */
export interface TranslationPreset {
  readonly config: TranslationConfig;
  readonly training: TrainingSettings;
  /** ε of the smoothed training loss (`fairseq/criterions/label_smoothed_cross_entropy.py`). */
  readonly labelSmoothing: number;
  readonly batching: TranslationBatching;
}
