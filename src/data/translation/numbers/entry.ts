import { join } from "node:path";
import { writeLinesAtomic } from "../../../util/atomic_lines.ts";
import { DEFAULT_DATA_SEED, type TranslationEntry } from "../../data_entry.ts";
import { SPLIT_NAMES } from "../../dataset.ts";
import { profileOf } from "../../profile_of.ts";
import { loadParallelCorpus, verifyParallelCaches } from "../parallel_cache.ts";
import { EN_DE, LANGUAGES } from "../parallel_corpus.ts";
import { NUMBERS_PROFILES } from "./profiles.ts";
import { checkNumbersParams, numbersPairs, numbersRecipe } from "./task.ts";

/** Sentences about numbers, for the registry. */
export const NUMBERS_ENTRY: TranslationEntry = {
  kind: "translation",
  id: "numbers",
  title: "Numbers in English and German",
  description: "amounts, dates, clock times, years and ordinals in words, 30,000 + 500 + 1,000 " +
    "sentence pairs in `quick`, no test value in training; generated here",
  profiles: Object.keys(NUMBERS_PROFILES),
  official: [],
  findOfficial: () => Promise.resolve(undefined),
  verifyOfficial: () => Promise.resolve(),

  async load({ profile, seed = DEFAULT_DATA_SEED, direction = EN_DE, cacheDir, print }) {
    const params = profileOf("numbers", NUMBERS_PROFILES, profile);
    return await loadParallelCorpus(numbersRecipe(params, seed), { cacheDir, direction, print });
  },

  verifyCache: ({ cacheDir }) => verifyParallelCaches("numbers", cacheDir),

  async generate({ profile, seed = DEFAULT_DATA_SEED, print }, folder) {
    const params = profileOf("numbers", NUMBERS_PROFILES, profile);
    checkNumbersParams(params);
    for (const name of SPLIT_NAMES) {
      const pairs = [...numbersPairs(params, name, seed)];
      for (const language of LANGUAGES) {
        const path = join(folder, `${name}.${language}`);
        await writeLinesAtomic(path, pairs.values().map((pair) => `${pair[language]}\n`));
        print?.(`numbers: wrote ${path}`);
      }
    }
  },
};
