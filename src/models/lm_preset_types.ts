/** What presets of language models are made of. */
import type { ProfileName } from "../data/profile_names.ts";
import type { TrainingBatching } from "../data/lm/batches.ts";
import type { LanguageModelConfig } from "./language_model_config.ts";
import type { TrainingSettings } from "./training_settings.ts";

/** What a text is cut into: characters (or bytes) are few, words are many. */
export const languageModelTasks = ["characters", "words"] as const;
/** See {@link languageModelTasks}. */
export type LanguageModelTask = typeof languageModelTasks[number];

/** Language models; `mega` attends to its whole block, `mega-chunk` to chunks of it. */
export const languageModelNames = ["mega", "mega-chunk", "transformer", "s4"] as const;
/** See {@link languageModelNames}. */
export type LanguageModelName = typeof languageModelNames[number];

/** What to build a preset for. */
export interface LanguageModelRequest {
  readonly task: LanguageModelTask;
  readonly model: LanguageModelName;
  readonly profile: ProfileName;
  /** Number of words, those that stand for padding, line ends and the unknown included. */
  readonly vocabulary: number;
}

/** How a text is cut into batches; plain data. */
export interface LanguageModelBatching {
  readonly training: TrainingBatching;
  readonly evaluation: {
    /** Documents side by side. */
    readonly rows: number;
    /** Tokens of a piece. */
    readonly length: number;
    /** Recurrent state goes from piece to piece. */
    readonly carried: boolean;
  };
  /** Further evaluations of the test split. */
  readonly settings: readonly { readonly contextLength: number; readonly carried: boolean }[];
}

/** A model, how it is trained, and on which batches. */
export interface LanguageModelPreset {
  readonly config: LanguageModelConfig;
  readonly training: TrainingSettings;
  readonly batching: LanguageModelBatching;
}
