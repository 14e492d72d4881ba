import type { SplitName } from "../dataset.ts";
import type { ProfileName } from "../profile_names.ts";
import type { PathfinderResolution } from "./parameters.ts";

/** How much data of which size a profile has. */
export interface PathfinderProfile {
  readonly resolution: PathfinderResolution;
  readonly counts: Readonly<Record<SplitName, number>>;
}

/** The sizes of the official hard subset: 80, 10 and 10 percent of 200,000. */
const OFFICIAL = { train: 160_000, valid: 20_000, test: 20_000 } as const;

/** Pathfinder at each scale: always 32 x 32 pixels, a contour would vanish in less. */
export const PATHFINDER_PROFILES: Readonly<Record<ProfileName, PathfinderProfile>> = {
  smoke: { resolution: 32, counts: { train: 200, valid: 20, test: 20 } },
  quick: { resolution: 32, counts: { train: 10_000, valid: 200, test: 400 } },
  small: { resolution: 32, counts: { train: 40_000, valid: 2_000, test: 2_000 } },
  paper: { resolution: 32, counts: OFFICIAL },
};

/**
 * Path-X at each scale. `quick` has 64 x 64 pixels (sequences of 4,096) and `smoke` 32 x 32, which
 * only shows that everything runs; `small` has fewer pictures of the full 128 x 128.
 */
export const PATHX_PROFILES: Readonly<Record<ProfileName, PathfinderProfile>> = {
  smoke: { resolution: 32, counts: { train: 200, valid: 20, test: 20 } },
  quick: { resolution: 64, counts: { train: 2_000, valid: 40, test: 100 } },
  small: { resolution: 128, counts: { train: 20_000, valid: 1_000, test: 1_000 } },
  paper: { resolution: 128, counts: OFFICIAL },
};
