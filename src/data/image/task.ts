import { join } from "node:path";
import { sha256Hex } from "../../util/sha256.ts";
import type { Print } from "../data_entry.ts";
import type { SplitName, ValueTaskData } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { missingData } from "../official_folder.ts";
import { perSplit } from "../packed_cache.ts";
import { randomSplit } from "../split_permutation.ts";
import type { PixelExample } from "../value_cache.ts";
import { cachedValues, valueTask } from "../value_task.ts";
import { CIFAR_CLASSES, type CifarSource, findCifar, openCifar, SIDE } from "./cifar.ts";
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
  binary: { version: 1, source: "official CIFAR-10 binary batches, grey" },
  png: { version: "cifar10-png-2", source: "cifar10-png: CIFAR-10 in PNG class folders, grey" },
  jpeg: {
    version: "cifar10-jpeg-2",
    source: "cifar10-jpeg: CIFAR-10 re-encoded as JPEG (lossy) in class folders, grey",
  },
};

/**
 * Long Range Arena Image: grey CIFAR-10 as a sequence of pixels. Validation is a tenth of the
 * training pictures by torch's random_split with seed 42 (`examples/mega/lra/data_process.py` of
 * facebookresearch/mega); a smaller profile has the first pictures of each split.
 *
 * @throws UserError when there are no files, or malformed ones.
 */
export async function loadImage(options: ImageOptions): Promise<ValueTaskData> {
  const { profile, cacheDir, dataDir, print } = options;
  const folder = dataDir === undefined ? undefined : await findCifar(dataDir);
  if (folder === undefined) throw missingData("image", "cifar-10-batches-bin", dataDir);
  const cifar = openCifar(folder);
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
  const facts = { form: cifar.form, fingerprint: cifar.fingerprint, counts, downsampling };
  const values = await cachedValues({
    id: "image" satisfies LraTask,
    path: imageCachePath(profile, cacheDir),
    shape: {
      key: `image 1 ${JSON.stringify(facts)}`,
      counts,
      classes: CIFAR_CLASSES.length,
      pixels: side * side,
      normalization: IMAGE_NORMALIZATION,
    },
    examples: () => perSplit(pictures),
    made: cifar.form === "binary" ? "converted" : "decoded",
    print,
  });
  const { version, source } = NAMES[cifar.form];
  const size = downsampling === 1 ? "" : `, averaged to ${side} x ${side} pixels`;
  return valueTask({
    id: "image" satisfies LraTask,
    version,
    classes: CIFAR_CLASSES.length,
    maxLength: side * side,
    source: source + size,
  }, values);
}
