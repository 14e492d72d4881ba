import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { makeFolderAtomic } from "../../util/atomic_folder.ts";
import { nowAndThen } from "../../util/now_and_then.ts";
import { sha256Hex } from "../../util/sha256.ts";
import type { Print } from "../data_entry.ts";
import { departure, originOfFolder } from "../data_origin.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { loadOrMake } from "../load_or_make.ts";
import { OTHER_SOURCE, perSplit } from "../packed_cache.ts";
import type { SourceFiles } from "../source_files.ts";
import { EOS_ID } from "../vocabulary.ts";
import type { CorpusSplit, LanguageModelData, TokenUnit } from "./corpus.ts";
import { Dictionary, type DictionaryLimits, SymbolCounter } from "./dictionary.ts";
import { scanText, type SymbolSink } from "./scan.ts";
import { readSeal, readSealedDictionary, sealedCount, sealedHash } from "./sealed_files.ts";
import { type TextSource } from "./text_source.ts";
import { NumberFile, NumberWriter, type Width } from "./token_file.ts";

/** A corpus as files of text, and how it becomes tokens. */
export interface CorpusRecipe {
  readonly id: string;
  readonly version: string;
  /** Where the text comes from, in words. */
  readonly source: string;
  readonly unit: TokenUnit;
  readonly limits: DictionaryLimits;
  /** Tells one text from another. */
  readonly fingerprint: string;
  /** The folder that the text is read from; absent for text that comes with the program. */
  readonly files?: CorpusFiles;
  readonly splits: Readonly<Record<SplitName, TextSource>>;
}

/** Files of the user, or fetched ones. */
export interface CorpusFiles {
  readonly folder: string;
  readonly measured: SourceFiles;
  /** Tokens of the published text, every `</s>` included; undefined where only its size is known. */
  readonly published: Readonly<Record<SplitName, number>> | undefined;
}

/** Where tokens are kept. */
export interface CorpusCacheOptions {
  readonly cacheDir: string;
  readonly print?: Print | undefined;
  /** Larger files of tokens stay on disk (default 64 MiB). */
  readonly memoryLimit?: number | undefined;
}

const FORMAT = 1;
const splitSchema = z.strictObject({
  tokens: sealedCount,
  lines: sealedCount,
  hash: sealedHash,
  linesHash: sealedHash,
});
const sealSchema = z.strictObject({
  format: z.literal(FORMAT),
  key: z.string(),
  width: z.union([z.literal(2), z.literal(4)]),
  dictionary: sealedHash,
  splits: z.strictObject(perSplit(() => splitSchema)),
});
type Seal = z.infer<typeof sealSchema>;

/** The folder that holds the tokens of a corpus. */
export function corpusFolder(id: string, cacheDir: string): string {
  return join(cacheDir, "lm", id);
}

/** Everything that the tokens depend on. */
function keyOf({ id, version, unit, limits, fingerprint }: CorpusRecipe): string {
  return JSON.stringify({ format: FORMAT, id, version, unit, limits, fingerprint });
}

/**
 * The tokens of a corpus, from the cache or made in two passes over the text: one over the
 * training split for the dictionary, one over everything for the ids, which go to disk as they
 * come. Memory is bounded by the dictionary and the longest line.
 *
 * @throws {UserError} for a split without text and everything that `scanText` refuses; nothing is
 * left behind then.
 */
export async function loadCorpus(
  recipe: CorpusRecipe,
  options: CorpusCacheOptions,
): Promise<LanguageModelData> {
  const { cacheDir, print, memoryLimit } = options;
  const folder = corpusFolder(recipe.id, cacheDir);
  const key = keyOf(recipe);
  const stored = await loadOrMake({
    path: folder,
    print,
    load: () => readStored(folder, key, memoryLimit),
    async make() {
      await makeTokens(recipe, folder, key, print);
      const made = await readStored(folder, key, memoryLimit);
      if (made === undefined) throw new UserError(`${folder}: was removed while it was made`);
      return made;
    },
  });
  const { id, version, unit } = recipe;
  return {
    kind: "language-modelling",
    id,
    version,
    unit,
    ...originOf(recipe, stored, print),
    ...stored,
  };
}

/** Where a text comes from, and the words for it. */
function originOf(
  { id, source, files }: CorpusRecipe,
  { splits }: Stored,
  print: Print | undefined,
): Pick<LanguageModelData, "origin" | "source"> {
  if (files === undefined) return { origin: "embedded", source };
  const { folder, published } = files;
  const different = published && departure(
    SPLIT_NAMES.map((name) => ({
      what: `${name} tokens`,
      published: published[name],
      found: splits[name].tokens.length,
    })),
  );
  const { origin, why } = originOfFolder({ id, folder, print }, different);
  return { origin, source: why === undefined ? source : `another text than ${source} (${why})` };
}

/**
 * Reads all cached tokens of a corpus.
 *
 * @param recipe What they should be made of; undefined where that is not there.
 * @returns False when there are none.
 * @throws {UserError} when they do not match their checksums, or were made of something else.
 */
export async function verifyCorpusCache(
  id: string,
  cacheDir: string,
  recipe: () => Promise<CorpusRecipe | undefined> = () => Promise.resolve(undefined),
): Promise<boolean> {
  const folder = corpusFolder(id, cacheDir);
  const seal = await readSeal(folder, sealSchema);
  if (seal === undefined) return false;
  const expected = await recipe();
  if (expected !== undefined && seal.key !== keyOf(expected)) {
    throw new UserError(`${folder}: ${OTHER_SOURCE}`);
  }
  await readSealedDictionary(folder, seal.dictionary);
  for (const name of SPLIT_NAMES) {
    using tokens = openTokens(folder, seal, name);
    checkSplit(folder, seal, name, tokens);
  }
  return true;
}

function openTokens(
  folder: string,
  { width, splits }: Seal,
  name: SplitName,
  memoryLimit?: number,
): NumberFile {
  return new NumberFile(join(folder, `${name}.ids`), width, splits[name].tokens, memoryLimit);
}

/** @throws {UserError} when ids or sizes of lines are not those that were written. */
function checkSplit(folder: string, { splits }: Seal, name: SplitName, tokens: NumberFile): void {
  const split = splits[name];
  using lines = new NumberFile(join(folder, `${name}.lines`), 4, split.lines);
  if (tokens.hash() !== split.hash || lines.hash() !== split.linesHash) {
    throw new UserError(`${folder}: the tokens of ${name} do not match their checksum`);
  }
}

type Stored = Pick<LanguageModelData, "dictionary" | "splits" | "hash" | typeof Symbol.dispose>;

async function readStored(
  folder: string,
  key: string,
  memoryLimit: number | undefined,
): Promise<Stored | undefined> {
  const seal = await readSeal(folder, sealSchema);
  if (seal === undefined) return undefined;
  if (seal.key !== key) throw new UserError(`${folder}: ${OTHER_SOURCE}`);
  const dictionary = await readSealedDictionary(folder, seal.dictionary);
  const files = perSplit((name) => openTokens(folder, seal, name, memoryLimit));
  // What is in memory anyway is checked; large files by `verifyCorpusCache` only.
  for (const name of SPLIT_NAMES) {
    if (files[name].isSmall) checkSplit(folder, seal, name, files[name]);
  }
  const splits = perSplit((name): CorpusSplit => {
    const { lines } = seal.splits[name];
    const path = join(folder, `${name}.lines`);
    return {
      tokens: files[name],
      lines,
      lineSizes() {
        using sizes = new NumberFile(path, 4, lines, Infinity);
        return sizes.slice(0, lines);
      },
    };
  });
  return {
    dictionary,
    splits,
    hash: perSplit((name) => seal.splits[name].hash),
    [Symbol.dispose]() {
      for (const name of SPLIT_NAMES) files[name][Symbol.dispose]();
    },
  };
}

async function makeTokens(
  recipe: CorpusRecipe,
  folder: string,
  key: string,
  print: Print = () => {},
): Promise<void> {
  const { id, unit, limits, splits } = recipe;
  const started = performance.now();
  const { tokens, size } = await makeFolderAtomic(folder, async (partial) => {
    const counter = new SymbolCounter();
    await scanText(
      splits.train,
      unit,
      { symbol: (symbol) => counter.add(symbol), endLine() {} },
      { onProgress: teller(id, "counting train", splits.train, print) },
    );
    const dictionary = Dictionary.fromCounts(counter.counts, limits);
    const width: Width = dictionary.size <= 1 << 16 ? 2 : 4;
    const text = dictionary.toText();
    await Deno.writeTextFile(join(partial, "dict.txt"), text);
    const made: Partial<Record<SplitName, z.infer<typeof splitSchema>>> = {};
    for (const name of SPLIT_NAMES) {
      made[name] = await writeSplit(recipe, name, dictionary, partial, width, print);
    }
    const seal: Seal = {
      format: FORMAT,
      key,
      width,
      dictionary: sha256Hex(text),
      splits: splitsOf(made),
    };
    recipe.files?.measured.checkUnchanged();
    await Deno.writeTextFile(join(partial, "corpus.json"), `${JSON.stringify(seal)}\n`);
    const tokens = SPLIT_NAMES.reduce((sum, name) => sum + seal.splits[name].tokens, 0);
    return { tokens, size: dictionary.size };
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  print(`${id}: ${tokens} tokens, dictionary of ${size}, in ${seconds} s`);
}

function splitsOf<T>(made: Partial<Record<SplitName, T>>): Record<SplitName, T> {
  return perSplit((name) => {
    const split = made[name];
    if (split === undefined) throw new Error(`split ${name} was not made`);
    return split;
  });
}

async function writeSplit(
  { id, unit, splits }: CorpusRecipe,
  name: SplitName,
  dictionary: Dictionary,
  folder: string,
  width: Width,
  print: Print,
): Promise<z.infer<typeof splitSchema>> {
  using ids = new NumberWriter(join(folder, `${name}.ids`), width);
  using lines = new NumberWriter(join(folder, `${name}.lines`), 4);
  const source = splits[name];
  const onProgress = teller(id, `writing ${name}`, source, print);
  await scanText(source, unit, new LineWriter(dictionary, ids, lines), { onProgress });
  if (ids.count === 0) throw new UserError(`${source.name}: the ${name} text is empty`);
  return {
    tokens: ids.count,
    lines: lines.count,
    hash: ids.finish(),
    linesHash: lines.finish(),
  };
}

/** Turns symbols into ids, and ends each line with `</s>`. */
class LineWriter implements SymbolSink {
  #size = 0;

  constructor(
    readonly dictionary: Dictionary,
    readonly ids: NumberWriter,
    readonly lines: NumberWriter,
  ) {}

  symbol(symbol: string): void {
    this.ids.add(this.dictionary.id(symbol));
    this.#size++;
  }

  endLine(): void {
    this.ids.add(EOS_ID);
    this.lines.add(this.#size + 1);
    this.#size = 0;
  }
}

/** Prints now and then how far a pass over a large text is. */
function teller(id: string, what: string, { size }: TextSource, print: Print) {
  const due = nowAndThen();
  return (bytes: number) => {
    if (!due()) return;
    const share = size === undefined ? "" : ` (${Math.floor(100 * bytes / size)} %)`;
    print(`${id}: ${what}: ${Math.round(bytes / 1e6)} MB${share}`);
  };
}
