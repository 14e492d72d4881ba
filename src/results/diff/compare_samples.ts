import { studentTQuantile } from "../distributions.ts";
import { pairedTTest, welchTest } from "../significance.ts";
import { mean, studentTInterval } from "../statistics.ts";
import {
  type DiffEntry,
  type DiffMethod,
  plainRelativeEffect,
  type Verdict,
} from "./diff_entry.ts";
import { twoProportionTest } from "./two_proportion.ts";

/** The final value of one run. */
export interface Sample {
  seed: number;
  value: number;
  /** Number of examples, when the value is a share of them. */
  examples?: number;
}

/** A judged difference, new minus old. */
export interface Comparison {
  method: DiffMethod;
  difference: number;
  interval: DiffEntry["interval"];
  pValue: number | null;
  significant: boolean;
  note: string | null;
}

/**
 * Compares runs over seeds: paired t test on the seeds that both sides have when there are two or
 * more, else Welch's t test when both sides have two or more, else the two runs of one seed (or
 * the only runs) as proportions of their test examples.
 *
 * @returns Null when there are too few values for any of these.
 */
export function compareSamples(
  old: readonly Sample[],
  now: readonly Sample[],
  alpha: number,
): Comparison | null {
  const pairs = old.flatMap((sample) => {
    const other = now.find(({ seed }) => seed === sample.seed);
    return other === undefined ? [] : [{ old: sample, new: other }];
  });
  if (pairs.length >= 2) return paired(pairs, Math.max(old.length, now.length), alpha);
  if (old.length >= 2 && now.length >= 2) return welch(old, now, alpha);
  const single = pairs[0] ??
    (old.length === 1 && now.length === 1 ? { old: old[0], new: now[0] } : undefined);
  return single === undefined ? null : proportions(single.old, single.new, alpha);
}

/**
 * Compares runs over seeds by the ratio of their values, which must be above zero: as
 * {@link compareSamples} on logarithms, differences and bounds as ratios minus 1. A change of a
 * tenth or more in every seed counts whatever the test says, also of a single run on each side,
 * for which there is no test.
 *
 * @returns Null when the sides have several values, but no seed or no two values each in common.
 */
export function compareRatios(
  old: readonly Sample[],
  now: readonly Sample[],
  alpha: number,
): Comparison | null {
  const logs = (samples: readonly Sample[]): Sample[] =>
    samples.map(({ seed, value }) => ({ seed, value: Math.log(value) }));
  const comparison = compareSamples(logs(old), logs(now), alpha);
  const pairs = old.flatMap((sample) => {
    const other = now.find(({ seed }) => seed === sample.seed);
    return other === undefined ? [] : [other.value / sample.value];
  });
  if (comparison === null) {
    const single = pairs[0] ??
      (old.length === 1 && now.length === 1 ? now[0].value / old[0].value : undefined);
    if (single === undefined) return null;
    return {
      method: "single runs",
      difference: single - 1,
      interval: null,
      pValue: null,
      significant: isPlain([single]),
      note: pairs.length > 0 ? "one run each" : "one run each, other seeds",
    };
  }
  const { interval } = comparison;
  return {
    ...comparison,
    difference: Math.expm1(comparison.difference),
    interval: interval && { low: Math.expm1(interval.low), high: Math.expm1(interval.high) },
    significant: comparison.significant || (pairs.length > 0 && isPlain(pairs)),
  };
}

/** Whether all ratios lie on the same side of 1, a tenth or more from it. */
function isPlain(ratios: readonly number[]): boolean {
  const least = Math.log1p(plainRelativeEffect);
  const logs = ratios.map(Math.log);
  return logs.every((log) => log >= least) || logs.every((log) => log <= -least);
}

function paired(
  pairs: readonly { old: Sample; new: Sample }[],
  seeds: number,
  alpha: number,
): Comparison {
  const differences = pairs.map((pair) => pair.new.value - pair.old.value);
  const test = pairedTTest(pairs.map((pair) => pair.new.value), pairs.map((p) => p.old.value));
  const interval = studentTInterval(differences, 1 - alpha);
  return {
    method: "paired t by seed",
    difference: mean(differences),
    interval: interval === null ? null : { low: interval.low, high: interval.high },
    pValue: test?.pValue ?? null,
    significant: test !== null && test.pValue < alpha,
    note: pairs.length < seeds ? `only the ${pairs.length} seeds of both sides` : null,
  };
}

function welch(old: readonly Sample[], now: readonly Sample[], alpha: number): Comparison | null {
  const test = welchTest(now.map(({ value }) => value), old.map(({ value }) => value));
  if (test === null) return null;
  const difference = mean(now.map(({ value }) => value)) - mean(old.map(({ value }) => value));
  const error = difference === 0 || !Number.isFinite(test.statistic)
    ? 0
    : difference / test.statistic;
  const margin = studentTQuantile(1 - alpha / 2, test.degreesOfFreedom) * error;
  return {
    method: "Welch t",
    difference,
    interval: error === 0 ? null : { low: difference - margin, high: difference + margin },
    pValue: test.pValue,
    significant: test.pValue < alpha,
    note: "other seeds",
  };
}

function proportions(old: Sample, now: Sample, alpha: number): Comparison | null {
  if (old.examples === undefined || now.examples === undefined) return null;
  const count = ({ value, examples = 0 }: Sample) => ({
    successes: Math.round(value * examples),
    n: examples,
  });
  const test = twoProportionTest(count(old), count(now), 1 - alpha);
  if (test === null) return null;
  return {
    method: "two proportions",
    difference: test.difference,
    interval: { low: test.low, high: test.high },
    pValue: test.pValue,
    significant: test.pValue < alpha,
    note: old.seed === now.seed ? "one run each" : "one run each, other seeds",
  };
}

/**
 * Verdict on a difference: it counts when it is significant and no smaller than the minimum.
 *
 * @param difference New minus old. @param minimum In the same unit.
 */
export function judge(
  difference: number,
  significant: boolean,
  higherIsBetter: boolean,
  minimum: number,
): Verdict {
  // A difference of exactly the minimum must not fail for the last bit of a subtraction.
  const large = Math.abs(difference) >= minimum * (1 - 1e-9);
  if (!significant || !large) return "within noise";
  return difference > 0 === higherIsBetter ? "improved" : "regressed";
}
