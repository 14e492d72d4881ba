import type { ProfileName } from "../../profile_names.ts";

/** What the generator makes. */
export interface NumbersParams {
  /** Sentence pairs to train on. */
  readonly train: number;
  /** Sentence pairs to validate on. */
  readonly valid: number;
  /** Sentence pairs to test on. */
  readonly test: number;
  /** Most digits of a number, 3 to 6. */
  readonly digits: number;
  /** Merges of the byte pair encoding, learned from both languages of the training split. */
  readonly merges: number;
}

/** Sentences about numbers at each scale. */
export const NUMBERS_PROFILES = {
  smoke: { train: 3_000, valid: 100, test: 100, digits: 3, merges: 400 },
  quick: { train: 30_000, valid: 500, test: 1_000, digits: 4, merges: 500 },
  small: { train: 100_000, valid: 1_000, test: 2_000, digits: 6, merges: 600 },
  paper: { train: 400_000, valid: 2_000, test: 3_000, digits: 6, merges: 600 },
} as const satisfies Record<ProfileName, NumbersParams>;
