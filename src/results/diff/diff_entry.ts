import type { SplitName } from "../../data/dataset.ts";
import type { MetricSetting } from "../schema_row.ts";

/** What a comparison came to. */
export const verdicts = ["improved", "regressed", "within noise", "incomparable"] as const;

/** See {@link verdicts}. */
export type Verdict = (typeof verdicts)[number];

/** How a difference was judged; `exact` for figures that have no noise. */
export type DiffMethod =
  | "paired t by seed"
  | "Welch t"
  | "two proportions"
  | "single runs"
  | "paired bootstrap"
  | "stored intervals"
  | "spread of steps"
  | "Mann-Whitney U"
  | "exact"
  | "runs";

/** One side of a comparison. */
export interface DiffSide {
  /** Mean over the values (median for timings), in the unit of the entry; null without values. */
  value: number | null;
  /** Values by seed; empty for kernels, whose samples have none. */
  values: { seed: number; value: number }[];
}

/** One comparison: a metric of a task and model, or the time of a kernel. */
export interface DiffEntry {
  kind: "metric" | "runs" | "speed" | "memory" | "kernel";
  /** Task identifier, with the length where there are several; the shape for kernels. */
  task: string;
  /** Model identifier; the kernel's name for kernels. */
  model: string;
  /** Metric identifier. */
  metric: string;
  /** Split of a metric; null for what is no metric of a split. */
  split: SplitName | null;
  /** Conditions of an evaluation beside the usual one; null for the usual one. */
  setting: MetricSetting | null;
  unit: string;
  higherIsBetter: boolean;
  verdict: Verdict;
  /** Why nothing can be said, or what the reader should know; null when there is nothing to say. */
  reason: string | null;
  old: DiffSide | null;
  new: DiffSide | null;
  /** New minus old in `unit`; for `relative` entries the ratio minus 1. Null when incomparable. */
  difference: number | null;
  /** Interval of the difference at the level 1 - alpha; null where the method gives none. */
  interval: { low: number; high: number } | null;
  relative: boolean;
  pValue: number | null;
  method: DiffMethod | null;
  /** Smallest difference that counts, in the unit of `difference`; null when incomparable. */
  minimumEffect: number | null;
}

/** Thresholds of a comparison. */
export interface DiffOptions {
  /** Two-sided significance level of each comparison, not corrected for their number. */
  alpha: number;
  /** Smallest difference of an accuracy that counts, fraction. */
  minimumEffect: number;
}

/** Five per cent, and one percentage point. */
export const defaultDiffOptions: DiffOptions = { alpha: 0.05, minimumEffect: 0.01 };

/** Smallest ratio minus 1 that counts for times of training steps and kernels. */
export const minimumSpeedEffect = 0.1;

/** Smallest ratio minus 1 that counts for planned bytes, which are exact. */
export const minimumMemoryEffect = 0.01;

/** Smallest ratio minus 1 that counts for perplexities, losses and other scores that are no share. */
export const minimumRelativeEffect = 0.02;

/** Smallest difference of BLEU that counts, points of 100. */
export const minimumBleuEffect = 0.5;

/**
 * Ratio minus 1 of such a score from which a change of every seed counts without a test: runs too
 * few to tell noise from change must not hide a loss that grew tenfold.
 */
export const plainRelativeEffect = 0.1;

/** The parts of an entry that name what is compared. */
export type DiffSubject = Pick<
  DiffEntry,
  | "kind"
  | "task"
  | "model"
  | "metric"
  | "split"
  | "setting"
  | "unit"
  | "higherIsBetter"
  | "relative"
>;

/** An entry about which nothing can be said, with the reason. */
export function incomparable(
  subject: DiffSubject,
  reason: string,
  sides: Partial<Pick<DiffEntry, "old" | "new">> = {},
): DiffEntry {
  return {
    ...subject,
    verdict: "incomparable",
    reason,
    old: sides.old ?? null,
    new: sides.new ?? null,
    difference: null,
    interval: null,
    pValue: null,
    method: null,
    minimumEffect: null,
  };
}
