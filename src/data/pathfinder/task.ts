import { dirname, join } from "node:path";
import { sha256Hex } from "../../util/sha256.ts";
import type { Print } from "../data_entry.ts";
import { type DataOrigin, departure, originOfFolder } from "../data_origin.ts";
import { DataRoot } from "../data_root.ts";
import { SPLIT_NAMES, type SplitName, type ValueTaskData } from "../dataset.ts";
import { readGrayImage } from "../image/decode.ts";
import { perSplit } from "../packed_cache.ts";
import { SourceFiles } from "../source_files.ts";
import { randomSplit } from "../split_permutation.ts";
import type { PixelExample } from "../value_cache.ts";
import { type CachedValues, cachedValues, valueTask } from "../value_task.ts";
import { generatePathfinder, GENERATOR_VERSION, type PathfinderImage } from "./generate.ts";
import { DIFFICULTY, findPathfinder, isGenerated, readPathfinderRecords } from "./official.ts";
import { PATHFINDER_SHAPES } from "./parameters.ts";
import type { PathfinderProfile } from "./profiles.ts";

/** Pictures of the hard subset, of every resolution. */
const PUBLISHED = 200_000;

/** Of a picture or a metadata file, bytes; the published ones have kilobytes. */
const LARGEST = 2 ** 28;

/** The discs lie on two contours, or on one. */
const CLASSES = 2;

/**
 * Values are (x / 255 - 0.5) / 0.5 (`--pixel-normalization` in `examples/mega/README.lra.md` of
 * facebookresearch/mega).
 */
export const PATHFINDER_NORMALIZATION = { mean: 0.5, std: 0.5 } as const;

/** How to load Pathfinder or Path-X. */
export interface PathfinderOptions {
  /** `pathfinder` or `pathx`. */
  readonly id: string;
  readonly profile: PathfinderProfile;
  /** Seed of the generator. */
  readonly seed: number | bigint;
  readonly cacheDir: string;
  /** Folder that may hold the official files. */
  readonly dataDir?: string | undefined;
  readonly print?: Print | undefined;
}

/** Where the images of each split begin in the generator's endless sequence. */
const FIRST_IMAGE: Readonly<Record<SplitName, number>> = {
  test: 0,
  valid: 10_000_000,
  train: 20_000_000,
};

/** The generated images of a split: those of a smaller profile are the first of a larger one. */
export function* generatedImages(
  { profile, seed }: Pick<PathfinderOptions, "profile" | "seed">,
  name: SplitName,
): Generator<PathfinderImage> {
  const shape = PATHFINDER_SHAPES[profile.resolution];
  for (let i = 0; i < profile.counts[name]; i++) {
    yield generatePathfinder(shape, seed, FIRST_IMAGE[name] + i);
  }
}

/** The cache of the generated images of a profile. */
export function generatedPathfinderCache(
  options: Omit<PathfinderOptions, "dataDir">,
): CachedValues {
  const { id, profile, seed, cacheDir, print } = options;
  const { resolution, counts } = profile;
  const shape = PATHFINDER_SHAPES[resolution];
  const key = `pathfinder generated ${GENERATOR_VERSION} ` +
    JSON.stringify({ ...shape, counts, seed: String(seed) });
  return {
    id,
    path: join(cacheDir, "pathfinder", `${sha256Hex(key).slice(0, 16)}.safetensors`),
    shape: {
      key,
      counts,
      classes: CLASSES,
      pixels: resolution * resolution,
      normalization: PATHFINDER_NORMALIZATION,
    },
    examples: () => perSplit((name) => generatedImages({ profile, seed }, name)),
    made: "generated",
    source: undefined,
    print,
  };
}

/** Where the decoded official pictures of a profile are kept. */
export function officialPathfinderPath(profile: PathfinderProfile, cacheDir: string): string {
  const name = sha256Hex(JSON.stringify(profile)).slice(0, 16);
  return join(cacheDir, "pathfinder", `official-${name}.safetensors`);
}

/**
 * The pictures below a resolution's root, split as the reference does: validation and test have
 * int(n / 10) each, training the rest, by torch's random_split with seed 42 over the order of the
 * metadata (`src/dataloaders/lra.py` of state-spaces/s4); of each the first `profile.counts`.
 *
 * @param options.fresh Read all files instead of believing what is known of them.
 * @throws UserError for missing and malformed files.
 */
export async function officialPathfinderCache(
  root: string,
  options: Omit<PathfinderOptions, "seed"> & {
    readonly dataDir: string;
    readonly fresh?: boolean;
  },
): Promise<CachedValues & { readonly origin: DataOrigin; readonly why: string | undefined }> {
  const { id, profile, cacheDir, dataDir, print, fresh } = options;
  const { resolution } = profile;
  const dataRoot = new DataRoot(dataDir);
  dataRoot.checkTree(join(root, DIFFICULTY, "metadata"));
  const { records, metadata } = await readPathfinderRecords(root);
  const tenth = Math.floor(records.length / 10);
  const [train, valid, test] = randomSplit(
    records.length,
    [records.length - 2 * tenth, tenth, tenth],
  );
  const chosen = { train, valid, test };
  const indices = perSplit((name) => chosen[name].subarray(0, profile.counts[name]));
  const counts = perSplit((name) => indices[name].length);
  const paths = SPLIT_NAMES.flatMap((name) =>
    Array.from(indices[name], (index) => records[index].path)
  );
  const source = await SourceFiles.measure(
    { root: dataRoot, folder: root, names: [...metadata, ...paths], atMost: LARGEST },
    { cacheDir, print, fresh },
  );
  const origin = await isGenerated(root)
    ? { origin: "generated", why: undefined } as const
    : originOfFolder(
      { id, folder: root, print },
      departure([{ what: "pictures", published: PUBLISHED, found: records.length }]),
    );
  function* pictures(name: SplitName): Generator<PixelExample> {
    for (const index of indices[name]) {
      const { path, label } = records[index];
      yield { pixels: readGrayImage(join(root, path), resolution), label };
    }
  }
  return {
    ...origin,
    id,
    path: officialPathfinderPath(profile, cacheDir),
    shape: {
      key: `pathfinder files 2 ${JSON.stringify({ resolution, counts, files: source.sha256 })}`,
      counts,
      classes: CLASSES,
      pixels: resolution * resolution,
      normalization: PATHFINDER_NORMALIZATION,
    },
    examples: () => perSplit(pictures),
    made: `read from ${dirname(root)}`,
    source,
    print,
  };
}

/**
 * Pathfinder or Path-X of Long Range Arena, hard subset: do the two discs lie on the ends of one
 * contour (1) or of two (0)? From the official files of the profile's resolution where `dataDir`
 * has them, else from the generator. Kept in `cacheDir` as bytes; checked on load where the file
 * fits in memory, made again when damaged.
 *
 * @throws UserError for missing folders and malformed files.
 */
export async function loadPathfinder(options: PathfinderOptions): Promise<ValueTaskData> {
  const { id, profile, seed, dataDir, print } = options;
  const { resolution } = profile;
  const root = dataDir === undefined ? undefined : await findPathfinder(dataDir, resolution);
  if (dataDir !== undefined && root === undefined) {
    print?.(`${id}: no pathfinder${resolution} below ${dataDir}; generating images`);
  }
  const size = `${resolution} x ${resolution} pixels`;
  const task = { id, classes: CLASSES, maxLength: resolution * resolution };
  if (dataDir === undefined || root === undefined) {
    const values = await cachedValues(generatedPathfinderCache(options));
    const version = `synthetic-${GENERATOR_VERSION}`;
    const source = `generated, version ${GENERATOR_VERSION}, seed ${seed}, ${size}`;
    return valueTask({ ...task, version, origin: "generated", source }, values);
  }
  const cached = await officialPathfinderCache(root, { ...options, dataDir });
  const { origin, why } = cached;
  const files = `pathfinder${resolution} curv_contour_length_14`;
  const source = why === undefined ? `official lra_release ${files}` : `other ${files} (${why})`;
  return valueTask({
    ...task,
    version: origin === "generated" ? `synthetic-${GENERATOR_VERSION}` : 1,
    origin,
    source: origin === "generated" ? `files that this project generated, ${size}` : source,
  }, await cachedValues(cached));
}

/** All images of a profile in one sequence: test, valid, train, as `data generate` writes them. */
export function* allGeneratedImages(
  options: Pick<PathfinderOptions, "profile" | "seed">,
): Generator<PathfinderImage> {
  for (const name of SPLIT_NAMES.toReversed()) yield* generatedImages(options, name);
}
