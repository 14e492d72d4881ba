import type { Print, TranslationEntry } from "../../data_entry.ts";
import { DataRoot } from "../../data_root.ts";
import { missingData } from "../../official_folder.ts";
import { readPrefixes } from "../moses/read_prefixes.ts";
import {
  loadPrepared,
  type LoadPreparedOptions,
  type PreparedCorpus,
  verifyPrepared,
} from "../preparation/load_prepared.ts";
import { mosesWords } from "../preparation/moses_words.ts";
import { originOfLines } from "../preparation/origin_of_lines.ts";
import {
  findMulti30k,
  MULTI30K_FILES,
  multi30kFingerprint,
  multi30kTexts,
  verifyMulti30k,
} from "./files.ts";

const ID = "multi30k";
const MERGES = 3_000;

/** Lines of the published texts (github.com/multi30k/dataset). */
const PUBLISHED: Readonly<Record<string, number>> = {
  train: 29_000,
  val: 1_014,
  test_2016_flickr: 1_000,
};

/**
 * Task 1 of Multi30k (Elliott et al. 2016): captions of pictures in lower case, `val` for
 * validation, `test_2016_flickr` for test.
 */
export const MULTI30K_ENTRY: TranslationEntry = {
  kind: "translation",
  id: ID,
  title: "Multi30k, captions in English and German",
  description:
    "29,000 + 1,014 + 1,000 captions of pictures, lower-cased; official files of 1.4 MB " +
    "(CC BY-NC-SA 4.0)",
  profiles: [],
  official: MULTI30K_FILES,
  findOfficial: findMulti30k,
  verifyOfficial: verifyMulti30k,
  load: loadMulti30k,
  verifyCache: ({ cacheDir, dataDir }) => verifyPrepared(ID, cacheDir, () => findCorpus(dataDir)),
};

/** Loads the data set, preparing it first where needed. @throws {UserError} */
export async function loadMulti30k(
  { dataDir, ...options }: LoadPreparedOptions & { readonly dataDir?: string | undefined },
) {
  const corpus = await findCorpus(dataDir, options.print);
  if (corpus === undefined) throw missingData(ID, "multi30k/train.en.gz", dataDir);
  return await loadPrepared(corpus, options);
}

/** The data set of a folder, or undefined where it is not there. */
async function findCorpus(
  dataDir: string | undefined,
  print?: Print,
): Promise<PreparedCorpus | undefined> {
  const folder = dataDir === undefined ? undefined : await findMulti30k(dataDir);
  if (dataDir === undefined || folder === undefined) return undefined;
  const root = new DataRoot(dataDir);
  root.checkFolder(folder);
  const { prefixes, name } = await readPrefixes(dataDir);
  return {
    id: ID,
    version: `1 (lower-cased; Moses tokeniser, abbreviations ${name}; ${MERGES} joint merges)`,
    root,
    origin: originOfLines({
      id: ID,
      folder,
      published: PUBLISHED,
      official: "official files of Multi30k task 1",
      other: "files in the form of Multi30k",
      print,
    }),
    quotable: false,
    fingerprint: (inputs) => multi30kFingerprint(folder, inputs),
    limits: {},
    async plan(store, inputs) {
      const texts = await multi30kTexts(folder, store, inputs);
      const words = mosesWords(prefixes, { lowercase: true });
      return {
        train: [texts.train],
        valid: texts.valid,
        test: texts.test,
        further: [],
        words,
        merges: MERGES,
        clean: undefined,
      };
    },
  };
}
