import type { SplitName } from "../dataset.ts";
import type { ProfileName } from "../profile_names.ts";

/** How much of IMDb a profile has, at which length, split how. */
export interface TextProfile {
  /** Longest sequence, `</s>` included: longer reviews keep their head. */
  readonly maxPositions: number;
  readonly counts: Readonly<Record<SplitName, number>>;
  /**
   * `lra`: all training reviews train and validation is the test split, as the benchmark does.
   * `held-out`: validation is taken from the training reviews, so the test split chooses nothing.
   */
  readonly validation: "lra" | "held-out";
}

/**
 * Text at each scale. `smoke` and `quick` read the first 64 and 256 bytes of some reviews, `small`
 * the first 1,024 of all; `paper` is the published task (`examples/mega/README.lra.md` of
 * facebookresearch/mega).
 */
export const TEXT_PROFILES: Readonly<Record<ProfileName, TextProfile>> = {
  smoke: {
    maxPositions: 64,
    counts: { train: 1_000, valid: 100, test: 100 },
    validation: "held-out",
  },
  quick: {
    maxPositions: 256,
    counts: { train: 20_000, valid: 500, test: 1_000 },
    validation: "held-out",
  },
  small: {
    maxPositions: 1024,
    counts: { train: 22_500, valid: 2_500, test: 25_000 },
    validation: "held-out",
  },
  paper: {
    maxPositions: 4002,
    counts: { train: 25_000, valid: 25_000, test: 25_000 },
    validation: "lra",
  },
};
