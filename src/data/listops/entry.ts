import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { type ClassificationEntry, DEFAULT_DATA_SEED, type LoadOptions } from "../data_entry.ts";
import { SPLIT_NAMES } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { loadPackedSplits } from "../packed_cache.ts";
import type { ListOpsParams } from "./generate.ts";
import { LISTOPS_PROFILES, type ListOpsProfile } from "./profiles.ts";
import { findOfficialListOps, generateListOps, listOpsCacheFile, loadListOps } from "./task.ts";
import { LISTOPS_FILES, readListOpsTsv, writeListOpsTsv } from "./tsv.ts";

function paramsOf(profile: string): ListOpsParams {
  const isProfile = (name: string): name is ListOpsProfile => Object.hasOwn(LISTOPS_PROFILES, name);
  if (isProfile(profile)) return LISTOPS_PROFILES[profile];
  throw new UserError(
    `listops: unknown profile ${profile}, expected ${Object.keys(LISTOPS_PROFILES).join(", ")}`,
  );
}

/** ListOps of Long Range Arena, for the registry. */
export const LISTOPS_ENTRY: ClassificationEntry = {
  kind: "classification",
  id: "listops" satisfies LraTask,
  title: "Long Range Arena ListOps",
  description: "nested list operations, 10 classes, 96,000 + 2,000 + 2,000 expressions of 501 to " +
    "1,999 tokens; generated here, or the official TSV files",
  profiles: Object.keys(LISTOPS_PROFILES),
  official: [{
    url: "https://storage.googleapis.com/long-range-arena/lra_release.gz",
    sha256: undefined,
    folder: "listops-1000",
    select: (path) => /(?:^|\/)listops-1000\/(basic_(?:train|val|test)\.tsv)$/.exec(path)?.[1],
    required: Object.values(LISTOPS_FILES),
  }],
  findOfficial: findOfficialListOps,

  load({ profile, cacheDir, dataDir, seed = DEFAULT_DATA_SEED, print }: LoadOptions) {
    return loadListOps({ params: paramsOf(profile), seed, cacheDir, dataDir, print });
  },

  async verifyOfficial(folder, print) {
    for (const name of SPLIT_NAMES) {
      const path = join(folder, LISTOPS_FILES[name]);
      let count = 0;
      for await (const _ of readListOpsTsv(path, { checkValues: true })) count++;
      print(`listops: ${path}: ${count} expressions, all values right`);
    }
  },

  async verifyCache({ profile, cacheDir, seed = DEFAULT_DATA_SEED }) {
    const { path, key } = listOpsCacheFile({ params: paramsOf(profile), seed, cacheDir });
    return await loadPackedSplits(path, key) !== undefined;
  },

  async generate({ profile, seed = DEFAULT_DATA_SEED, print }, folder) {
    const splits = generateListOps(paramsOf(profile), seed);
    for (const name of SPLIT_NAMES) {
      const path = join(folder, LISTOPS_FILES[name]);
      await writeListOpsTsv(path, splits[name]);
      print?.(`listops: wrote ${path}`);
    }
  },
};
