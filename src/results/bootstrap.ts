import { PhiloxStream } from "../util/philox.ts";
import type { Interval } from "./schema_common.ts";
import { defaultConfidence } from "./statistics.ts";

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions {
  /** Two-sided level, 0.95 unless told. */
  confidence?: number;
  /** Number of resamples, 10,000 unless told. */
  resamples?: number;
  /** Seed of the resampling, 0 unless told; the same seed gives the same bounds. */
  seed?: number;
}

/** Philox stream number kept for resampling, so that it never meets the streams of a training. */
const bootstrapStream = 0xb007;

/**
 * Percentile bootstrap interval of a statistic over independent values (Efron 1979). Null below
 * two values.
 *
 * @param values The sample. @param statistic Computed on each resample of equal size.
 */
export function bootstrapInterval(
  values: readonly number[],
  statistic: (sample: readonly number[]) => number,
  options: BootstrapOptions = {},
): Interval | null {
  const { confidence = defaultConfidence, resamples = 10_000, seed = 0 } = options;
  if (values.length < 2) return null;
  const random = new PhiloxStream(seed, bootstrapStream);
  const sample = new Array<number>(values.length);
  const estimates = new Float64Array(resamples);
  for (let round = 0; round < resamples; round++) {
    for (let i = 0; i < sample.length; i++) sample[i] = values[random.uniformInt(values.length)];
    estimates[round] = statistic(sample);
  }
  estimates.sort();
  return {
    low: quantile(estimates, (1 - confidence) / 2),
    high: quantile(estimates, (1 + confidence) / 2),
    confidence,
    method: "bootstrap",
  };
}

/** Quantile of sorted values by linear interpolation between order statistics. */
function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
