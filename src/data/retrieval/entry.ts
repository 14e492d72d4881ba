import { join } from "node:path";
import { verifyTokens } from "../cached_tokens.ts";
import { type ClassificationEntry, DEFAULT_DATA_SEED } from "../data_entry.ts";
import { SPLIT_NAMES } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { loadPackedSplits } from "../packed_cache.ts";
import { profileOf } from "../profile_of.ts";
import { RETRIEVAL_PROFILES } from "./profiles.ts";
import {
  aanCache,
  findAan,
  loadRetrieval,
  retrievalCachePath,
  syntheticCache,
  syntheticPairs,
} from "./task.ts";
import { AAN_FILES, readPairs, writePairs } from "./tsv.ts";

/** What generated files are called: never like the official ones, which they do not replace. */
const SYNTHETIC_FILES = {
  train: "synthetic_pairs.train.tsv",
  valid: "synthetic_pairs.eval.tsv",
  test: "synthetic_pairs.test.tsv",
} as const;

/** Retrieval of Long Range Arena, for the registry. */
export const RETRIEVAL_ENTRY: ClassificationEntry = {
  kind: "classification",
  id: "retrieval" satisfies LraTask,
  title: "Long Range Arena Retrieval",
  description: "pairs of AAN papers byte by byte, linked or not, 147,086 + 18,090 + 17,437 pairs " +
    "of up to 4,002 bytes each; the official TSV files, or a synthetic stand-in made here",
  profiles: Object.keys(RETRIEVAL_PROFILES),
  official: [{
    url: "https://storage.googleapis.com/long-range-arena/lra_release.gz",
    sha256: undefined,
    folder: "tsv_data",
    select: (path) =>
      /(?:^|\/)tsv_data\/(new_aan_pairs\.(?:train|eval|test)\.tsv)$/.exec(path)?.[1],
    required: Object.values(AAN_FILES),
  }],
  findOfficial: findAan,

  async load({ profile, seed = DEFAULT_DATA_SEED, ...rest }) {
    const row = profileOf("retrieval", RETRIEVAL_PROFILES, profile);
    return await loadRetrieval({ profile: row, seed, ...rest });
  },

  async verifyOfficial(folder, print) {
    for (const name of SPLIT_NAMES) {
      const path = join(folder, AAN_FILES[name]);
      let count = 0;
      let linked = 0;
      for await (const { label } of readPairs(path)) {
        count++;
        linked += label;
      }
      print(`retrieval: ${path}: ${count} pairs, ${linked} linked`);
    }
  },

  async verifyCache({ profile, cacheDir, dataDir, seed = DEFAULT_DATA_SEED }) {
    const options = { profile: profileOf("retrieval", RETRIEVAL_PROFILES, profile), cacheDir };
    const generated = syntheticCache({ ...options, seed });
    const fromFiles = retrievalCachePath({ ...options, seed: "official" });
    const both = [
      await loadPackedSplits(generated.path, generated.key),
      await verifyTokens(fromFiles, async () => {
        const folder = dataDir === undefined ? undefined : await findAan(dataDir);
        if (dataDir === undefined || folder === undefined) return undefined;
        return await aanCache(folder, { ...options, dataDir, fresh: true });
      }),
    ];
    return both.some((found) => found);
  },

  async generate({ profile, seed = DEFAULT_DATA_SEED, print }, folder) {
    const row = profileOf("retrieval", RETRIEVAL_PROFILES, profile);
    for (const name of SPLIT_NAMES) {
      const path = join(folder, SYNTHETIC_FILES[name]);
      await writePairs(path, syntheticPairs({ profile: row, seed }, name));
      print?.(`retrieval: wrote ${path}`);
    }
  },
};
