import { join } from "node:path";
import { sha256Hex } from "../../util/sha256.ts";
import type { Print } from "../data_entry.ts";
import { departure, type FolderOrigin, originOfFolder } from "../data_origin.ts";
import { DataRoot } from "../data_root.ts";
import type { SplitName, ValueTaskData } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { missingData } from "../official_folder.ts";
import { perSplit } from "../packed_cache.ts";
import { SourceFiles } from "../source_files.ts";
import { randomSplit } from "../split_permutation.ts";
import type { PixelExample } from "../value_cache.ts";
import { type CachedValues, cachedValues, valueTask } from "../value_task.ts";
import {
  CIFAR_CLASSES,
  CIFAR_LENGTH,
  type CifarSource,
  findCifar,
  LARGEST_FILE,
  openCifar,
  SIDE,
} from "./cifar.ts";
import { downsample } from "./grayscale.ts";
import type { ImageProfile } from "./profiles.ts";

/**
 * Values are (x / 255 - 0.48) / 0.24 (`--pixel-normalization` in `examples/mega/README.lra.md` of
 * facebookresearch/mega).
 */
export const IMAGE_NORMALIZATION = { mean: 0.48, std: 0.24 } as const;

/** How to load the image task. */
export interface ImageOptions {
  readonly profile: ImageProfile;
  readonly cacheDir: string;
  /** Folder of the official files; the task has no generator. */
  readonly dataDir?: string | undefined;
  readonly print?: Print | undefined;
}

/** Where the grey pictures of a profile are kept. */
export function imageCachePath(profile: ImageProfile, cacheDir: string): string {
  return join(cacheDir, "image", `${sha256Hex(JSON.stringify(profile)).slice(0, 16)}.safetensors`);
}

/** What a form of CIFAR-10 is called: re-encoded pictures are another task than the official ones. */
const NAMES: Readonly<Record<CifarSource["form"], { version: number | string; source: string }>> = {
  binary: { version: 1, source: "CIFAR-10 binary batches, grey" },
  png: { version: "cifar10-png-2", source: "cifar10-png: CIFAR-10 in PNG class folders, grey" },
  jpeg: {
    version: "cifar10-jpeg-2",
    source: "cifar10-jpeg: CIFAR-10 re-encoded as JPEG (lossy) in class folders, grey",
  },
};

/** How a set of pictures differs from the published one. */
function departureOf({ form, length }: CifarSource): string | undefined {
  if (form !== "binary") return "pictures in class folders, published are binary batches";
  return departure([
    { what: "training pictures", published: CIFAR_LENGTH.train, found: length.train },
    { what: "test pictures", published: CIFAR_LENGTH.test, found: length.test },
  ]);
}

/**
 * The grey pictures of a profile as the cache has them, and where they come from.
 *
 * @param options.fresh Read all files instead of believing what is known of them.
 * @throws UserError for missing and malformed files.
 */
export async function imageCache(
  folder: string,
  options: ImageOptions & { readonly dataDir: string; readonly fresh?: boolean },
): Promise<CachedValues & FolderOrigin & Pick<CifarSource, "form">> {
  const { profile, cacheDir, dataDir, print, fresh } = options;
  const cifar = openCifar(folder);
  const { form, files } = cifar;
  const source = await SourceFiles.measure(
    { root: new DataRoot(dataDir), folder, names: files, atMost: LARGEST_FILE },
    { cacheDir, print, fresh },
  );
  const training = Math.floor(cifar.length.train * 0.9);
  const [train, valid] = randomSplit(
    cifar.length.train,
    [training, cifar.length.train - training],
  );
  const test = Uint32Array.from({ length: cifar.length.test }, (_, i) => i);
  const chosen = { train, valid, test };
  const indices = perSplit((name) => chosen[name].subarray(0, profile.counts[name]));
  const counts = perSplit((name) => indices[name].length);
  const { downsampling } = profile;
  function* pictures(name: SplitName): Generator<PixelExample> {
    for (const index of indices[name]) {
      const { pixels, label } = cifar.picture(name === "test" ? "test" : "train", index);
      yield { pixels: downsample(pixels, SIDE, downsampling), label };
    }
  }
  const side = SIDE / downsampling;
  return {
    ...originOfFolder({ id: "image", folder, print }, departureOf(cifar)),
    form,
    id: "image" satisfies LraTask,
    path: imageCachePath(profile, cacheDir),
    shape: {
      key: `image 2 ${JSON.stringify({ form, files: source.sha256, counts, downsampling })}`,
      counts,
      classes: CIFAR_CLASSES.length,
      pixels: side * side,
      normalization: IMAGE_NORMALIZATION,
    },
    examples: () => perSplit(pictures),
    made: form === "binary" ? "converted" : "decoded",
    source,
    print,
  };
}

/**
 * Long Range Arena Image: grey CIFAR-10 as a sequence of pixels. Validation is a tenth of the
 * training pictures by torch's random_split with seed 42 (`examples/mega/lra/data_process.py` of
 * facebookresearch/mega); a smaller profile has the first pictures of each split.
 *
 * @throws UserError when there are no files, or malformed ones.
 */
export async function loadImage(options: ImageOptions): Promise<ValueTaskData> {
  const { profile, dataDir } = options;
  const folder = dataDir === undefined ? undefined : await findCifar(dataDir);
  if (dataDir === undefined || folder === undefined) {
    throw missingData("image", "cifar-10-batches-bin", dataDir);
  }
  const cached = await imageCache(folder, { ...options, dataDir });
  const { origin, why, form, shape } = cached;
  const { version, source } = NAMES[form];
  const official = origin === "official" ? "official " : "";
  const side = SIDE / profile.downsampling;
  const size = profile.downsampling === 1 ? "" : `, averaged to ${side} x ${side} pixels`;
  return valueTask({
    id: "image" satisfies LraTask,
    version,
    classes: CIFAR_CLASSES.length,
    maxLength: shape.pixels,
    origin,
    source: `${official}${source}${form === "binary" && why ? ` (${why})` : ""}${size}`,
  }, await cachedValues(cached));
}
