import { sha256Hex } from "../../util/sha256.ts";
import type { SplitName } from "../dataset.ts";
import type { DictionaryLimits } from "../lm/dictionary.ts";
import type { Language, TranslationData } from "./parallel_corpus.ts";
import type { TextPipelineSpec } from "./text_pipeline_spec.ts";

/** A split that is translated and compared with text. */
export type TextSplit = Exclude<SplitName, "train">;

/** A parallel text that is ready to become ids. Lines are read once or twice, one after another. */
export interface PreparedText {
  readonly pipeline: TextPipelineSpec;
  /** Lines of every raw text by its name, before any were left out; none of generated text. */
  readonly lines: Readonly<Record<string, number>>;
  /** Of the dictionary, which is made from the training pieces of both languages. */
  readonly limits?: DictionaryLimits;
  /** Lines of pieces (`Hin@@ ter haus .`); both languages have the same number of lines. */
  pieces(split: SplitName, language: Language): Iterable<string> | AsyncIterable<string>;
  /** Lines before any tokenisation. */
  text(split: TextSplit, language: Language): Iterable<string> | AsyncIterable<string>;
}

/** A parallel corpus, and how it becomes tokens. */
export interface ParallelRecipe {
  /** Corpus id, such as `wmt16-en-de`. */
  readonly id: string;
  readonly version: string;
  /** See `TranslationData.quotable`. */
  readonly quotable: boolean;
  /** Tells one preparation of the corpus from another without doing it: options, content. */
  readonly fingerprint: string;
  /** Where the text comes from, told by the lines of its raw texts, see `PreparedText`. */
  origin(lines: Readonly<Record<string, number>>): Pick<TranslationData, "origin" | "source">;
  /** Reads or makes the text; called only when there are no tokens yet. */
  prepare(): Promise<PreparedText>;
}

/** What tells one preparation from another. */
export type RecipeIdentity = Pick<ParallelRecipe, "id" | "version" | "fingerprint">;

/** Everything that the tokens depend on. */
export function recipeKey({ id, version, fingerprint }: RecipeIdentity): string {
  return JSON.stringify({ id, version, fingerprint });
}

/** Name of the folder of a recipe's tokens: preparations of one corpus lie side by side. */
export function recipeFolder(recipe: RecipeIdentity): string {
  return `${recipe.id}-${sha256Hex(recipeKey(recipe)).slice(0, 12)}`;
}

/** Whether a name is that of a folder of a corpus, see {@link recipeFolder}. */
export function isRecipeFolder(name: string, id: string): boolean {
  return name.startsWith(`${id}-`) && /^[0-9a-f]{12}$/.test(name.slice(id.length + 1));
}
