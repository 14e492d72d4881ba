/** A language model as a file that text can be generated from. */
import type { LanguageModelData, TokenUnit } from "../data/lm/corpus.ts";
import { Dictionary } from "../data/lm/dictionary.ts";
import { splitWords } from "../data/lm/words.ts";
import { EOS_ID, UNK_ID } from "../data/vocabulary.ts";
import { UserError } from "../errors.ts";
import {
  type LanguageModelConfig,
  parseLanguageModelConfig,
} from "../models/language_model_config.ts";
import type { LanguageModelHead, ModelHead } from "../train/model_file.ts";
import type { ModelFunction } from "../train/workload.ts";
import { decodeText, fillerIds } from "./decode_text.ts";
import { languageModel } from "./language_model.ts";

/** What the file of a trained model says of it. */
export function languageModelHead(
  config: LanguageModelConfig,
  { id, unit, dictionary }: LanguageModelData,
  model: string,
  seed: number,
): LanguageModelHead {
  return {
    format: "mega-webgpu/model-1",
    kind: "language-model",
    task: id,
    model,
    seed,
    config,
    dictionary: dictionary.toText(),
    unit,
  };
}

/** A language model and its alphabet. */
export interface LoadedLanguageModel {
  readonly model: ModelFunction;
  /** Ids of a text. @throws {UserError} for characters that the model has never seen. */
  readonly encode: (text: string) => number[];
  /** A new decoder of the tokens that continue a text, see {@link decodeText}. */
  readonly decoder: (before?: Iterable<number>) => (token: number) => string;
  /** Ids that no text holds. */
  readonly excluded: readonly number[];
}

/**
 * The model of a file's head.
 *
 * @param where The file, for messages. @throws {UserError} for another kind of model.
 */
export function languageModelOf(head: ModelHead, where: string): LoadedLanguageModel {
  if (head.kind !== "language-model") {
    throw new UserError(`${where}: a model for ${head.kind}: use deno task translate`);
  }
  const config = parseLanguageModelConfig(head.config, where);
  const { unit } = head;
  const dictionary = Dictionary.parse(head.dictionary.split("\n").slice(0, -1), where);
  return {
    model: languageModel(config),
    encode: (text) => encode(text, dictionary, unit),
    decoder: (before) => decodeText(dictionary, unit, before),
    excluded: fillerIds(dictionary),
  };
}

function encode(text: string, dictionary: Dictionary, unit: TokenUnit): number[] {
  return text.split("\n").flatMap((line, i) => [
    ...(i === 0 ? [] : [EOS_ID]),
    ...symbolsOf(line, unit).map((symbol) => {
      const id = dictionary.id(symbol);
      if (id === UNK_ID && unit === "character") {
        throw new UserError(`the model has never seen the character ${JSON.stringify(symbol)}`);
      }
      return id;
    }),
  ]);
}

function symbolsOf(line: string, unit: TokenUnit): string[] {
  if (unit === "byte") return [...new TextEncoder().encode(line)].map(String);
  return unit === "character" ? [...line] : splitWords(line);
}
