import { join } from "node:path";
import { UserError } from "../../errors.ts";
import type { Print } from "../data_entry.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { readSeal, readSealedDictionary, readSealedText } from "../lm/sealed_files.ts";
import { NumberFile } from "../lm/token_file.ts";
import { loadOrMake } from "../load_or_make.ts";
import { exists } from "../official_folder.ts";
import { OTHER_SOURCE, perSplit } from "../packed_cache.ts";
import {
  type Direction,
  type Language,
  LANGUAGES,
  type ParallelSplit,
  type TranslationData,
} from "./parallel_corpus.ts";
import {
  isRecipeFolder,
  type ParallelRecipe,
  recipeFolder,
  type RecipeIdentity,
  recipeKey,
} from "./parallel_recipe.ts";
import { type ParallelSeal, parallelSealSchema, readLengths, sideFiles } from "./parallel_seal.ts";
import { textPipeline } from "./text_pipeline.ts";
import { FileSentences } from "./token_sentences.ts";
import { writeParallelCorpus } from "./write_parallel.ts";

/** Where tokens are kept, and what they are used for. */
export interface ParallelCacheOptions {
  readonly cacheDir: string;
  readonly direction: Direction;
  readonly print?: Print | undefined;
  /** Larger files of tokens stay on disk (default 64 MiB each). */
  readonly memoryLimit?: number | undefined;
}

/** The folder that holds the tokens of a recipe. */
export function parallelFolder(recipe: ParallelRecipe, cacheDir: string): string {
  return join(cacheDir, "translation", recipeFolder(recipe));
}

/**
 * The tokens of a parallel corpus, from the cache or made by `writeParallelCorpus`; damaged ones
 * are made again.
 */
export async function loadParallelCorpus(
  recipe: ParallelRecipe,
  options: ParallelCacheOptions,
): Promise<TranslationData> {
  const { cacheDir, print } = options;
  const folder = parallelFolder(recipe, cacheDir);
  return await loadOrMake({
    path: folder,
    print,
    load: () => openParallelCorpus(folder, recipe, options),
    async make() {
      await writeParallelCorpus(folder, recipe, print);
      const made = await openParallelCorpus(folder, recipe, options);
      if (made === undefined) throw new UserError(`${folder}: was removed while it was made`);
      return made;
    },
  });
}

/**
 * The tokens that `writeParallelCorpus` wrote; undefined when the folder has none. Files that are
 * read as a whole are checked; large ones by `verifyParallelCorpus` only.
 *
 * @throws {UserError} when they are damaged or belong to another recipe.
 */
async function openParallelCorpus(
  folder: string,
  recipe: ParallelRecipe,
  { direction, memoryLimit }: Pick<ParallelCacheOptions, "direction" | "memoryLimit">,
): Promise<TranslationData | undefined> {
  const seal = await readSeal(folder, parallelSealSchema);
  if (seal === undefined) return undefined;
  if (seal.key !== recipeKey(recipe)) throw new UserError(`${folder}: ${OTHER_SOURCE}`);
  const dictionary = await readSealedDictionary(folder, seal.dictionary);
  const pipeline = textPipeline(seal.pipeline);
  const open: NumberFile[] = [];
  const split = async (name: SplitName): Promise<ParallelSplit> => {
    const side = (language: Language) => {
      const ids = openIds(folder, seal, name, language, memoryLimit);
      open.push(ids);
      if (ids.isSmall) checkIds(folder, seal, name, language, ids);
      return new FileSentences(ids, lengthsOf(folder, seal, name, language));
    };
    const sentences = { source: side(direction.source), target: side(direction.target) };
    if (name === "train") return sentences;
    const text = {
      source: await readText(folder, seal, name, direction.source),
      target: await readText(folder, seal, name, direction.target),
    };
    return { ...sentences, text };
  };
  const { id, version, quotable } = recipe;
  return {
    kind: "translation",
    id,
    version,
    ...recipe.origin(seal.lines),
    direction,
    quotable,
    dictionary,
    pipeline,
    pipelineSpec: seal.pipeline,
    splits: { train: await split("train"), valid: await split("valid"), test: await split("test") },
    hash: perSplit((name) => seal.splits[name].from[direction.source]),
    [Symbol.dispose]() {
      for (const file of open) file[Symbol.dispose]();
    },
  };
}

/**
 * Reads everything that a folder of tokens holds.
 *
 * @returns False when there is nothing.
 * @throws {UserError} when something does not match its checksum.
 */
export async function verifyParallelCorpus(folder: string): Promise<boolean> {
  const seal = await readSeal(folder, parallelSealSchema);
  if (seal === undefined) return false;
  await readSealedDictionary(folder, seal.dictionary);
  for (const name of SPLIT_NAMES) {
    for (const language of LANGUAGES) {
      using ids = openIds(folder, seal, name, language);
      checkIds(folder, seal, name, language, ids);
      lengthsOf(folder, seal, name, language);
      await readText(folder, seal, name, language);
    }
  }
  return true;
}

/**
 * Verifies every preparation of a corpus in the cache.
 *
 * @param current The recipe of one that should be among them; undefined when it is not known.
 * @returns False when there is none.
 * @throws {UserError} also when there are others only: the text has changed.
 */
export async function verifyParallelCaches(
  id: string,
  cacheDir: string,
  current: () => Promise<RecipeIdentity | undefined> = () => Promise.resolve(undefined),
): Promise<boolean> {
  const parent = join(cacheDir, "translation");
  if (!await exists(parent)) return false;
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    if (!isDirectory || !isRecipeFolder(name, id)) continue;
    if (await verifyParallelCorpus(join(parent, name))) found.push(name);
  }
  if (found.length === 0) return false;
  const expected = await current();
  if (expected !== undefined && !found.includes(recipeFolder(expected))) {
    throw new UserError(`${join(parent, found[0])}: ${OTHER_SOURCE}`);
  }
  return true;
}

function openIds(
  folder: string,
  { width, splits }: ParallelSeal,
  name: SplitName,
  language: Language,
  memoryLimit?: number,
): NumberFile {
  const { ids } = sideFiles(folder, name, language);
  return new NumberFile(ids, width, splits[name][language].tokens, memoryLimit);
}

function checkIds(
  folder: string,
  { splits }: ParallelSeal,
  name: SplitName,
  language: Language,
  ids: NumberFile,
): void {
  if (ids.hash() === splits[name][language].hash) return;
  throw new UserError(`${folder}: the tokens of ${name}.${language} do not match their checksum`);
}

function lengthsOf(
  folder: string,
  { splits }: ParallelSeal,
  name: SplitName,
  language: Language,
): Int32Array {
  const { lengths } = sideFiles(folder, name, language);
  return readLengths(lengths, splits[name].pairs, splits[name][language].lengths);
}

/** The lines of a split; none for the training split, whose text is not kept. */
async function readText(
  folder: string,
  { splits }: ParallelSeal,
  name: SplitName,
  language: Language,
): Promise<readonly string[]> {
  const expected = splits[name][language].text;
  if (expected === null) return [];
  const text = await readSealedText(sideFiles(folder, name, language).text, expected);
  return text.split("\n").slice(0, -1);
}
