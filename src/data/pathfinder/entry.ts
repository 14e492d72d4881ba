import { join } from "node:path";
import { type ClassificationEntry, DEFAULT_DATA_SEED } from "../data_entry.ts";
import { readGrayImage } from "../image/decode.ts";
import { profileOf } from "../profile_of.ts";
import { loadValueCache } from "../value_cache.ts";
import { verifyValues } from "../value_task.ts";
import type { LraTask } from "../lra_tasks.ts";
import { DIFFICULTY, findPathfinder, readPathfinderRecords } from "./official.ts";
import { PATHFINDER_SHAPES } from "./parameters.ts";
import { PATHFINDER_PROFILES, type PathfinderProfile, PATHX_PROFILES } from "./profiles.ts";
import {
  allGeneratedImages,
  generatedPathfinderCache,
  loadPathfinder,
  officialPathfinderCache,
  officialPathfinderPath,
  PATHFINDER_NORMALIZATION,
} from "./task.ts";
import { writePathfinder } from "./write_official.ts";

interface Wording {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

function pathfinderEntry(
  { id, title, description }: Wording,
  profiles: Readonly<Record<string, PathfinderProfile>>,
): ClassificationEntry {
  const { resolution: official } = profiles.paper;
  const archived = new RegExp(`(?:^|/)pathfinder${official}/(${DIFFICULTY}/.+\\.(?:png|npy))$`);
  return {
    kind: "classification",
    id,
    title,
    description,
    profiles: Object.keys(profiles),
    official: [{
      url: "https://storage.googleapis.com/long-range-arena/lra_release.gz",
      sha256: undefined,
      folder: `pathfinder${official}`,
      select: (path) => archived.exec(path)?.[1],
    }],
    findOfficial: (dataDir) => findPathfinder(dataDir, official),

    async load({ profile, seed = DEFAULT_DATA_SEED, ...rest }) {
      return await loadPathfinder({ id, profile: profileOf(id, profiles, profile), seed, ...rest });
    },

    async verifyOfficial(folder, print) {
      const { records } = await readPathfinderRecords(folder);
      let positive = 0;
      for (const { path, label } of records) {
        readGrayImage(join(folder, path), official);
        positive += label;
      }
      print(
        `${id}: ${folder}: ${records.length} pictures, ${positive} of one contour, all readable`,
      );
    },

    async verifyCache({ profile, cacheDir, dataDir, seed = DEFAULT_DATA_SEED }) {
      const options = { id, profile: profileOf(id, profiles, profile), cacheDir };
      const { path, shape } = generatedPathfinderCache({ ...options, seed });
      const fromFiles = officialPathfinderPath(options.profile, cacheDir);
      const generated = await loadValueCache(path, { ...shape, full: true });
      const read = await verifyValues(fromFiles, PATHFINDER_NORMALIZATION, async () => {
        const { resolution } = options.profile;
        const root = dataDir === undefined ? undefined : await findPathfinder(dataDir, resolution);
        if (dataDir === undefined || root === undefined) return undefined;
        return await officialPathfinderCache(root, { ...options, dataDir, fresh: true });
      });
      return generated !== undefined || read;
    },

    async generate({ profile, seed = DEFAULT_DATA_SEED, print }, folder) {
      const row = profileOf(id, profiles, profile);
      const shape = PATHFINDER_SHAPES[row.resolution];
      const root = join(folder, `pathfinder${row.resolution}`);
      await writePathfinder(root, shape, allGeneratedImages({ profile: row, seed }));
      print?.(`${id}: wrote ${root}`);
    },
  };
}

/** Pathfinder of Long Range Arena, for the registry. */
export const PATHFINDER_ENTRY = pathfinderEntry({
  id: "pathfinder" satisfies LraTask,
  title: "Long Range Arena Pathfinder",
  description: "do two discs lie on one contour, 2 classes, 160,000 + 20,000 + 20,000 pictures " +
    "of 32 x 32 pixels; generated here, or the official PNG files",
}, PATHFINDER_PROFILES);

/** Path-X of Long Range Arena, for the registry. */
export const PATHX_ENTRY = pathfinderEntry({
  id: "pathx" satisfies LraTask,
  title: "Long Range Arena Path-X",
  description: "Pathfinder with 128 x 128 pixels, 2 classes, 160,000 + 20,000 + 20,000 pictures; " +
    "generated here, or the official PNG files",
}, PATHX_PROFILES);
