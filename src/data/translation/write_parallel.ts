import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { makeFolderAtomic } from "../../util/atomic_folder.ts";
import { nowAndThen } from "../../util/now_and_then.ts";
import { Sha256, sha256Hex } from "../../util/sha256.ts";
import type { Print } from "../data_entry.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { Dictionary, SymbolCounter } from "../lm/dictionary.ts";
import { NumberFile, NumberWriter, type Width } from "../lm/token_file.ts";
import { type Language, LANGUAGES } from "./parallel_corpus.ts";
import { type ParallelRecipe, type PreparedText, recipeKey } from "./parallel_recipe.ts";
import {
  PARALLEL_FORMAT,
  type ParallelSeal,
  sideFiles,
  type SideSeal,
  type SplitSeal,
} from "./parallel_seal.ts";

/**
 * Writes the tokens of a parallel corpus to a folder: the dictionary from the training pieces of
 * both languages, the ids and lengths of every split and language, the lines of the splits that are
 * translated. Memory is bounded by the dictionary; nothing is left behind on failure.
 *
 * @throws {UserError} for an empty split, and when both languages of a split differ in their
 * number of lines.
 */
export async function writeParallelCorpus(
  folder: string,
  recipe: ParallelRecipe,
  print: Print = () => {},
): Promise<void> {
  const started = performance.now();
  const { id } = recipe;
  const seal = await makeFolderAtomic(folder, async (partial) => {
    const prepared = await recipe.prepare();
    const counter = new SymbolCounter();
    for (const language of LANGUAGES) {
      const tell = teller(`${id}: counting train.${language}`, print);
      for await (const line of prepared.pieces("train", language)) {
        counter.addLine(line);
        tell();
      }
    }
    const dictionary = Dictionary.fromCounts(counter.counts, prepared.limits);
    const text = dictionary.toText();
    await Deno.writeTextFile(join(partial, "dict.txt"), text);
    const write = (name: SplitName) =>
      writeSplit({ id, prepared, dictionary, partial, print }, name);
    const seal: ParallelSeal = {
      format: PARALLEL_FORMAT,
      key: recipeKey(recipe),
      width: widthOf(dictionary),
      dictionary: sha256Hex(text),
      pipeline: prepared.pipeline,
      lines: prepared.lines,
      splits: {
        train: await write("train"),
        valid: await write("valid"),
        test: await write("test"),
      },
    };
    await Deno.writeTextFile(join(partial, "corpus.json"), `${JSON.stringify(seal)}\n`);
    return { ...seal, size: dictionary.size };
  });
  const pairs = SPLIT_NAMES.reduce((sum, name) => sum + seal.splits[name].pairs, 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  print(`${id}: ${pairs} sentence pairs, dictionary of ${seal.size}, in ${seconds} s`);
}

/** What all files of a corpus have in common. */
interface Writing {
  readonly id: string;
  readonly prepared: PreparedText;
  readonly dictionary: Dictionary;
  readonly partial: string;
  readonly print: Print;
}

function widthOf(dictionary: Dictionary): Width {
  return dictionary.size <= 1 << 16 ? 2 : 4;
}

async function writeSplit(writing: Writing, name: SplitName): Promise<SplitSeal> {
  const en = await writeSide(writing, name, "en");
  const de = await writeSide(writing, name, "de");
  const { id, partial, dictionary } = writing;
  if (en.pairs !== de.pairs) {
    throw new UserError(
      `${id}: ${name} has ${en.pairs} lines of en and ${de.pairs} of de, expected as many`,
    );
  }
  if (en.pairs === 0) throw new UserError(`${id}: ${name} has no sentence pairs`);
  const hashFrom = (...languages: readonly Language[]): string => {
    const hash = new Sha256();
    for (const language of languages) {
      const { tokens } = (language === "en" ? en : de).seal;
      const { ids } = sideFiles(partial, name, language);
      using file = new NumberFile(ids, widthOf(dictionary), tokens);
      file.addTo(hash);
    }
    return hash.digest();
  };
  return {
    pairs: en.pairs,
    en: en.seal,
    de: de.seal,
    from: { en: hashFrom("en", "de"), de: hashFrom("de", "en") },
  };
}

async function writeSide(
  { id, prepared, dictionary, partial, print }: Writing,
  name: SplitName,
  language: Language,
): Promise<{ pairs: number; seal: SideSeal }> {
  const files = sideFiles(partial, name, language);
  using ids = new NumberWriter(files.ids, widthOf(dictionary));
  using lengths = new NumberWriter(files.lengths, 4);
  const tell = teller(`${id}: writing ${name}.${language}`, print);
  for await (const line of prepared.pieces(name, language)) {
    const sentence = dictionary.encodeLine(line);
    for (const token of sentence) ids.add(token);
    lengths.add(sentence.length);
    tell();
  }
  const pairs = lengths.count;
  let text: string | null = null;
  if (name !== "train") {
    const lines = await Array.fromAsync(prepared.text(name, language));
    if (lines.length !== pairs) {
      throw new UserError(
        `${id}: ${name} has ${lines.length} lines of ${language} text, expected ${pairs}`,
      );
    }
    text = lines.map((line) => `${line}\n`).join("");
    await Deno.writeTextFile(files.text, text);
  }
  const seal: SideSeal = {
    tokens: ids.count,
    hash: ids.finish(),
    lengths: lengths.finish(),
    text: text === null ? null : sha256Hex(text),
  };
  return { pairs, seal };
}

/** Prints now and then how many lines were read; called once for each. */
function teller(what: string, print: Print): () => void {
  const due = nowAndThen();
  let lines = 0;
  return () => {
    lines++;
    // A clock is too slow to ask for every line.
    if (lines % 1024 === 0 && due()) print(`${what}: ${lines} lines`);
  };
}
