import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { readRegular } from "../../../util/read_regular.ts";
import { Sha256 } from "../../../util/sha256.ts";
import type { OfficialArchive } from "../../data_entry.ts";
import { DataRoot } from "../../data_root.ts";
import { exists } from "../../official_folder.ts";
import { type Language, LANGUAGES } from "../parallel_corpus.ts";
import { decodeLines } from "../preparation/line_files.ts";
import { builtinPrefixes } from "./builtin_prefixes.ts";
import { type NonbreakingPrefixes, parsePrefixes } from "./prefixes.ts";

/** The published lists have 3 kB. */
const LARGEST_LIST = 2 ** 20;

/** The folder, below a data folder, that holds the lists of Moses. */
export const PREFIX_FOLDER = "moses";

/** The file of a language in {@link PREFIX_FOLDER}. */
export function prefixFile(language: Language): string {
  return `nonbreaking_prefix.${language}`;
}

/**
 * Where the lists of Moses are published (LGPL). Nobody publishes checksums of them: whoever fetches
 * them gives one or records it at first use.
 */
export const OFFICIAL_PREFIXES: readonly OfficialArchive[] = LANGUAGES.map((language) => ({
  url: "https://raw.githubusercontent.com/moses-smt/mosesdecoder/master/scripts/share/" +
    `nonbreaking_prefixes/${prefixFile(language)}`,
  sha256: undefined,
  folder: PREFIX_FOLDER,
  file: prefixFile(language),
  select: () => undefined,
}));

/** Lists for every language, and what they are called in the version of prepared data. */
export interface NamedPrefixes {
  readonly prefixes: Readonly<Record<Language, NonbreakingPrefixes>>;
  /** `builtin-1`, or `moses sha256:` and the first 12 digits of the hash of all files in order. */
  readonly name: string;
}

/**
 * The lists of Moses from `moses/` below a data folder, or the built-in ones when it holds none of
 * them.
 *
 * @throws {UserError} when only some are there, or one cannot be read.
 */
export async function readPrefixes(dataDir: string | undefined): Promise<NamedPrefixes> {
  const builtin: NamedPrefixes = {
    prefixes: { en: builtinPrefixes("en"), de: builtinPrefixes("de") },
    name: "builtin-1",
  };
  if (dataDir === undefined || !await exists(dataDir)) return builtin;
  const root = new DataRoot(dataDir);
  const paths = LANGUAGES.map((language) => join(dataDir, PREFIX_FOLDER, prefixFile(language)));
  const files = await Promise.all(paths.map(async (path) => {
    if (!await exists(path)) return undefined;
    root.checkFile(path, LARGEST_LIST);
    return await readRegular(path, LARGEST_LIST);
  }));
  if (files.every((bytes) => bytes === undefined)) return builtin;
  const hash = new Sha256();
  const parsed = files.map((bytes, i) => {
    if (bytes === undefined) {
      throw new UserError(
        `${paths[i]}: no such file, but other lists are beside it: add or remove`,
      );
    }
    hash.update(bytes);
    return parsePrefixes(decodeLines(bytes, paths[i]).join("\n"), paths[i]);
  });
  const [en, de] = parsed;
  return { prefixes: { en, de }, name: `moses sha256:${hash.digest().slice(0, 12)}` };
}
