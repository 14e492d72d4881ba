import type { Print, TranslationEntry } from "../../data_entry.ts";
import { DataRoot } from "../../data_root.ts";
import { missingData } from "../../official_folder.ts";
import { OFFICIAL_PREFIXES, readPrefixes } from "../moses/read_prefixes.ts";
import {
  loadPrepared,
  type LoadPreparedOptions,
  type PreparedCorpus,
  verifyPrepared,
} from "../preparation/load_prepared.ts";
import { mosesWords } from "../preparation/moses_words.ts";
import { originOfLines } from "../preparation/origin_of_lines.ts";
import { WMT16_ARCHIVES } from "./archives.ts";
import { findWmt16, verifyWmt16, Wmt16Files, wmt16Fingerprint } from "./files.ts";

const ID = "wmt16-en-de";

/** Of `examples/mega/prepare-wmt16en2de.sh` and its `README.mt.md`. */
const MERGES = 32_000;
const CLEAN = { min: 3, max: 150, ratio: 1.5 };
const LIMITS = { maxSymbols: 33_000 };

/** Lines of the published texts (http://www.statmt.org/wmt16/translation-task.html). */
const PUBLISHED: Readonly<Record<string, number>> = {
  "europarl-v7": 1_920_209,
  commoncrawl: 2_399_123,
  "news-commentary-v11": 242_770,
  newstest2013: 3_000,
  newstest2014: 3_003,
};

/**
 * WMT16 English-German as the translation experiments of the paper use it: newstest2013 for
 * validation, newstest2014 for test. Training pairs have at most 150 word pieces a side, so that
 * the limit of 1,024 tokens of the recipe leaves none out.
 */
export const WMT16_ENTRY: TranslationEntry = {
  kind: "translation",
  id: ID,
  title: "WMT16 English-German",
  description: "4.5 million sentence pairs of Europarl, Common Crawl and News Commentary, tests " +
    "newstest2013 and 2014; five official archives, and " +
    "the abbreviation lists of Moses",
  profiles: [],
  official: [...WMT16_ARCHIVES, ...OFFICIAL_PREFIXES],
  findOfficial: findWmt16,
  verifyOfficial: verifyWmt16,
  load: loadWmt16,
  verifyCache: ({ cacheDir, dataDir }) => verifyPrepared(ID, cacheDir, () => findCorpus(dataDir)),
};

/** Loads the data set, preparing it first where needed. @throws {UserError} */
export async function loadWmt16(
  { dataDir, ...options }: LoadPreparedOptions & { readonly dataDir?: string | undefined },
) {
  const corpus = await findCorpus(dataDir, options.print);
  if (corpus === undefined) throw missingData(ID, "wmt16-en-de/europarl-v7", dataDir);
  return await loadPrepared(corpus, options);
}

/** The data set of a folder, or undefined where it is not there. */
async function findCorpus(
  dataDir: string | undefined,
  print?: Print,
): Promise<PreparedCorpus | undefined> {
  const folder = dataDir === undefined ? undefined : await findWmt16(dataDir);
  if (dataDir === undefined || folder === undefined) return undefined;
  const root = new DataRoot(dataDir);
  root.checkFolder(folder);
  const { prefixes, name } = await readPrefixes(dataDir);
  return {
    id: ID,
    version: `1 (Moses tokeniser, abbreviations ${name}; ${MERGES} joint merges; cleaned)`,
    root,
    origin: originOfLines({
      id: ID,
      folder,
      published: PUBLISHED,
      official: "official archives of the WMT16 news task",
      other: "files in the form of the WMT16 news task",
      print,
    }),
    quotable: false,
    fingerprint: (inputs) => wmt16Fingerprint(folder, inputs),
    limits: LIMITS,
    async plan(store, inputs, tell) {
      const texts = await new Wmt16Files(folder, store, inputs, tell).texts();
      return {
        ...texts,
        words: mosesWords(prefixes, { lowercase: false }),
        trainingWords: mosesWords(prefixes, { lowercase: false, normalize: true }),
        merges: MERGES,
        clean: CLEAN,
      };
    },
  };
}
