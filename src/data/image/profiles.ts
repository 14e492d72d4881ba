import type { SplitName } from "../dataset.ts";
import type { ProfileName } from "../profile_names.ts";

/** How much of CIFAR-10 a profile has, and at which size. */
export interface ImageProfile {
  readonly counts: Readonly<Record<SplitName, number>>;
  /** Pixels averaged into one per side: 1 keeps 32 x 32, 2 makes 16 x 16. */
  readonly downsampling: 1 | 2;
}

/** 90 and 10 percent of the training pictures, and all test pictures. */
const OFFICIAL = { train: 45_000, valid: 5_000, test: 10_000 } as const;

/**
 * Image at each scale. `smoke` and `quick` have 16 x 16 pixels (sequences of 256) and the first
 * pictures of each official split; `small` and `paper` are the whole task.
 */
export const IMAGE_PROFILES: Readonly<Record<ProfileName, ImageProfile>> = {
  smoke: { counts: { train: 1_000, valid: 100, test: 100 }, downsampling: 2 },
  quick: { counts: { train: 20_000, valid: 500, test: 1_000 }, downsampling: 2 },
  small: { counts: OFFICIAL, downsampling: 1 },
  paper: { counts: OFFICIAL, downsampling: 1 },
};
