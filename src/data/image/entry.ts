import type { ClassificationEntry } from "../data_entry.ts";
import { profileOf } from "../profile_of.ts";
import { verifyValues } from "../value_task.ts";
import type { LraTask } from "../lra_tasks.ts";
import { CIFAR_BATCHES, findCifar, openCifar } from "./cifar.ts";
import { IMAGE_PROFILES } from "./profiles.ts";
import { IMAGE_NORMALIZATION, imageCache, imageCachePath, loadImage } from "./task.ts";

/** Image of Long Range Arena, for the registry. */
export const IMAGE_ENTRY: ClassificationEntry = {
  kind: "classification",
  id: "image" satisfies LraTask,
  title: "Long Range Arena Image",
  description: "grey CIFAR-10 pixel by pixel, 10 classes, 45,000 + 5,000 + 10,000 pictures of " +
    "32 x 32; the official binary batches, or a folder of pictures per class",
  profiles: Object.keys(IMAGE_PROFILES),
  official: [{
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    folder: "cifar-10-batches-bin",
    select: (path) =>
      /(?:^|\/)cifar-10-batches-bin\/((?:data_batch_[1-5]|test_batch)\.bin)$/.exec(path)?.[1],
    required: CIFAR_BATCHES,
  }],
  findOfficial: findCifar,

  async load({ profile, cacheDir, dataDir, print }) {
    const row = profileOf("image", IMAGE_PROFILES, profile);
    return await loadImage({ profile: row, cacheDir, dataDir, print });
  },

  verifyOfficial(folder, print) {
    return Promise.try(() => {
      const cifar = openCifar(folder);
      for (const part of ["train", "test"] as const) {
        const count = cifar.length[part];
        for (let i = 0; i < count; i++) cifar.picture(part, i);
        print(`image: ${folder}: ${count} ${part} pictures (${cifar.form}), all readable`);
      }
    });
  },

  async verifyCache({ profile, cacheDir, dataDir }) {
    const row = profileOf("image", IMAGE_PROFILES, profile);
    return await verifyValues(imageCachePath(row, cacheDir), IMAGE_NORMALIZATION, async () => {
      const folder = dataDir === undefined ? undefined : await findCifar(dataDir);
      if (dataDir === undefined || folder === undefined) return undefined;
      return await imageCache(folder, { profile: row, cacheDir, dataDir, fresh: true });
    });
  },
};
