import type { ProfileName } from "../profile_names.ts";
import type { ListOpsParams } from "./generate.ts";

/**
 * Parameters of the official files (`lra_benchmarks/data/listops.py` of
 * google-research/long-range-arena).
 */
const OFFICIAL: ListOpsParams = {
  train: 96_000,
  valid: 2_000,
  test: 2_000,
  maxDepth: 10,
  maxArgs: 10,
  minLength: 500,
  maxLength: 2_000,
};

/**
 * ListOps at each scale. All use the same generator; `smoke` and `quick` only shorten the length
 * window and the training split, `small` only the length window and half of the training split.
 */
export const LISTOPS_PROFILES = {
  smoke: { ...OFFICIAL, train: 2_000, valid: 200, test: 200, minLength: 10, maxLength: 40 },
  quick: { ...OFFICIAL, train: 20_000, minLength: 20, maxLength: 100 },
  small: { ...OFFICIAL, train: 48_000, minLength: 100, maxLength: 500 },
  paper: OFFICIAL,
} as const satisfies Record<ProfileName, ListOpsParams>;

/** `smoke`, `quick`, `small` or `paper`. */
export type ListOpsProfile = keyof typeof LISTOPS_PROFILES;
