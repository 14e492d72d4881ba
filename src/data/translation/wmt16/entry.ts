import type { TranslationEntry } from "../../data_entry.ts";
import { missingData } from "../../official_folder.ts";
import { OFFICIAL_PREFIXES, readPrefixes } from "../moses/read_prefixes.ts";
import {
  loadPrepared,
  type LoadPreparedOptions,
  verifyPrepared,
} from "../preparation/load_prepared.ts";
import { mosesWords } from "../preparation/moses_words.ts";
import { WMT16_ARCHIVES } from "./archives.ts";
import { findWmt16, verifyWmt16, Wmt16Files, wmt16Fingerprint } from "./files.ts";

const ID = "wmt16-en-de";

/** Of `examples/mega/prepare-wmt16en2de.sh` and its `README.mt.md`. */
const MERGES = 32_000;
const CLEAN = { min: 3, max: 150, ratio: 1.5 };
const LIMITS = { maxSymbols: 33_000 };

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
  verifyCache: ({ cacheDir }) => verifyPrepared(ID, cacheDir),
};

/** Loads the data set, preparing it first where needed. @throws {UserError} */
export async function loadWmt16(
  { dataDir, ...options }: LoadPreparedOptions & { readonly dataDir?: string | undefined },
) {
  const folder = dataDir === undefined ? undefined : await findWmt16(dataDir);
  if (folder === undefined) throw missingData(ID, "wmt16-en-de/europarl-v7", dataDir);
  const { prefixes, name } = await readPrefixes(dataDir);
  return await loadPrepared({
    id: ID,
    version: `1 (Moses tokeniser, abbreviations ${name}; ${MERGES} joint merges; cleaned)`,
    source: "official archives of the WMT16 news task",
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
  }, options);
}
