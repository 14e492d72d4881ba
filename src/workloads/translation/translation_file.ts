/** A translation model as a file that lines can be translated with. */
import { Dictionary } from "../../data/lm/dictionary.ts";
import { directionName, directionOf } from "../../data/translation/directions.ts";
import type {
  Direction,
  TextPipeline,
  TranslationData,
} from "../../data/translation/parallel_corpus.ts";
import { parseTextPipeline, textPipeline } from "../../data/translation/text_pipeline.ts";
import { UserError } from "../../errors.ts";
import { parseTranslationConfig, type TranslationConfig } from "../../models/translation_config.ts";
import type { TranslationBatching } from "../../models/translation_preset_types.ts";
import type { ModelHead, TranslationHead } from "../../train/model_file.ts";
import type { ModelFunction } from "../../train/workload.ts";
import { translationModel } from "./model.ts";

/** What the file of a trained model says of it. */
export function translationHead(
  config: TranslationConfig,
  { id, direction, dictionary, pipelineSpec }: TranslationData,
  { sourcePadding }: TranslationBatching,
  model: string,
  seed: number,
): TranslationHead {
  return {
    format: "mega-webgpu/model-1",
    kind: "translation",
    task: id,
    model,
    seed,
    config,
    dictionary: dictionary.toText(),
    direction: directionName(direction),
    pipeline: pipelineSpec,
    sourcePadding,
  };
}

/** A translation model, its alphabet, and how it reads and writes lines. */
export interface LoadedTranslationModel {
  readonly config: TranslationConfig;
  readonly model: ModelFunction;
  readonly dictionary: Dictionary;
  readonly pipeline: TextPipeline;
  readonly direction: Direction;
  readonly sourcePadding: TranslationBatching["sourcePadding"];
}

/**
 * The model of a file's head.
 *
 * @param where The file, for messages. @throws {UserError} for another kind of model, and for parts
 * that cannot be read or do not belong together.
 */
export function translationModelOf(head: ModelHead, where: string): LoadedTranslationModel {
  if (head.kind !== "translation") {
    throw new UserError(`${where}: a language model: use deno task generate`);
  }
  const config = parseTranslationConfig(head.config, where);
  const dictionary = Dictionary.parse(head.dictionary.split("\n").slice(0, -1), where);
  if (dictionary.size !== config.vocabulary) {
    throw new UserError(
      `${where}: a dictionary of ${dictionary.size} symbols, its model has ${config.vocabulary}: ` +
        "train the model anew",
    );
  }
  return {
    config,
    model: translationModel(config, { labelSmoothing: 0 }),
    dictionary,
    pipeline: textPipeline(parseTextPipeline(head.pipeline, where)),
    direction: directionOf(head.direction),
    sourcePadding: head.sourcePadding,
  };
}
