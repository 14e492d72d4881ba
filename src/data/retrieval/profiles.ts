import type { SplitName } from "../dataset.ts";
import type { ProfileName } from "../profile_names.ts";
import type { SyntheticShape } from "./synthetic.ts";

/** How many pairs of which length a profile has, and what the stand-in looks like. */
export interface RetrievalProfile {
  /** Longest sequence, `</s>` included: longer documents keep their head. */
  readonly maxPositions: number;
  readonly counts: Readonly<Record<SplitName, number>>;
  readonly synthetic: SyntheticShape;
}

/** The sizes of the official files, `new_aan_pairs.*.tsv`. */
const OFFICIAL = { train: 147_086, valid: 18_090, test: 17_437 } as const;

/**
 * Retrieval at each scale. Smaller profiles have the first pairs of each official file and the
 * first bytes of each document; stand-in documents are as long as the profile lets them be, with
 * fewer topics where there is less data.
 */
export const RETRIEVAL_PROFILES: Readonly<Record<ProfileName, RetrievalProfile>> = {
  smoke: {
    maxPositions: 64,
    counts: { train: 1_000, valid: 100, test: 100 },
    synthetic: {
      topics: 2,
      wordsPerTopic: 8,
      commonWords: 50,
      topicShare: 0.5,
      minBytes: 40,
      maxBytes: 63,
    },
  },
  quick: {
    maxPositions: 128,
    counts: { train: 20_000, valid: 500, test: 1_000 },
    synthetic: {
      topics: 4,
      wordsPerTopic: 8,
      commonWords: 100,
      topicShare: 0.5,
      minBytes: 90,
      maxBytes: 127,
    },
  },
  small: {
    maxPositions: 1024,
    counts: { train: 40_000, valid: 2_000, test: 4_000 },
    synthetic: {
      topics: 8,
      wordsPerTopic: 25,
      commonWords: 500,
      topicShare: 0.25,
      minBytes: 600,
      maxBytes: 1023,
    },
  },
  paper: {
    maxPositions: 4002,
    counts: OFFICIAL,
    synthetic: {
      topics: 16,
      wordsPerTopic: 50,
      commonWords: 1_000,
      topicShare: 0.2,
      minBytes: 2_000,
      maxBytes: 4_001,
    },
  },
};
