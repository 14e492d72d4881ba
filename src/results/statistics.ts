import { normalQuantile, studentTQuantile } from "./distributions.ts";
import type { Interval } from "./schema_common.ts";

/** Two-sided level of every interval that this project prints. */
export const defaultConfidence = 0.95;

/** Arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Sample variance with divisor n - 1; NaN below two values. */
export function sampleVariance(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return sum / (values.length - 1);
}

/** Sample standard deviation with divisor n - 1; NaN below two values. */
export function standardDeviation(values: readonly number[]): number {
  return Math.sqrt(sampleVariance(values));
}

/** Median; the mean of the middle two for an even count; NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median absolute deviation from the median, not rescaled; NaN for no values. */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const centre = median(values);
  return median(values.map((value) => Math.abs(value - centre)));
}

/** Student t interval of a mean over independent runs; null below two values. */
export function studentTInterval(
  values: readonly number[],
  confidence = defaultConfidence,
): Interval | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  const quantile = studentTQuantile((1 + confidence) / 2, values.length - 1);
  const margin = quantile * standardDeviation(values) / Math.sqrt(values.length);
  return { low: centre - margin, high: centre + margin, confidence, method: "student-t" };
}

/**
 * Wilson score interval of a proportion (Wilson 1927), which stays inside 0 to 1 and keeps its
 * coverage near the ends.
 *
 * @param successes Number of successes. @param n Number of trials; null is returned for 0.
 */
export function wilsonInterval(
  successes: number,
  n: number,
  confidence = defaultConfidence,
): Interval | null {
  if (n === 0) return null;
  const z = normalQuantile((1 + confidence) / 2);
  const share = successes / n;
  const scale = 1 + z * z / n;
  const centre = (share + z * z / (2 * n)) / scale;
  const margin = z / scale * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return {
    low: Math.max(0, centre - margin),
    high: Math.min(1, centre + margin),
    confidence,
    method: "wilson",
  };
}
