import { verifyTokens } from "../cached_tokens.ts";
import type { ClassificationEntry } from "../data_entry.ts";
import { profileOf } from "../profile_of.ts";
import type { LraTask } from "../lra_tasks.ts";
import { findImdb, listReviews, readReview } from "./imdb.ts";
import { TEXT_PROFILES } from "./profiles.ts";
import { loadText, textCache, textCachePath } from "./task.ts";

/** Text of Long Range Arena, for the registry. */
export const TEXT_ENTRY: ClassificationEntry = {
  kind: "classification",
  id: "text" satisfies LraTask,
  title: "Long Range Arena Text",
  description:
    "IMDb reviews byte by byte, 2 classes, 25,000 for training and 25,000 for testing, " +
    "up to 4,002 bytes; the official text files",
  profiles: Object.keys(TEXT_PROFILES),
  official: [{
    url: "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    sha256: "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    folder: "aclImdb",
    select: (path) => /(?:^|\/)aclImdb\/((?:train|test)\/(?:pos|neg)\/[^/]+\.txt)$/.exec(path)?.[1],
  }],
  findOfficial: findImdb,

  async load({ profile, cacheDir, dataDir, print }) {
    return await loadText({
      profile: profileOf("text", TEXT_PROFILES, profile),
      cacheDir,
      dataDir,
      print,
    });
  },

  async verifyOfficial(folder, print) {
    for (const part of ["train", "test"] as const) {
      const reviews = await listReviews(folder, part);
      let bytes = 0;
      for (const review of reviews) bytes += readReview(folder, review).length;
      print(`text: ${folder}/${part}: ${reviews.length} reviews, ${bytes} bytes`);
    }
  },

  async verifyCache({ profile, cacheDir, dataDir }) {
    const row = profileOf("text", TEXT_PROFILES, profile);
    return await verifyTokens(textCachePath(row, cacheDir), async () => {
      const folder = dataDir === undefined ? undefined : await findImdb(dataDir);
      if (dataDir === undefined || folder === undefined) return undefined;
      return await textCache(folder, { profile: row, cacheDir, dataDir, fresh: true });
    });
  },
};
