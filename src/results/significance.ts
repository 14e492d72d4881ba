import { normalCdf, studentTTwoSided } from "./distributions.ts";
import { mean, sampleVariance } from "./statistics.ts";

/** Outcome of a t test: the statistic, its degrees of freedom and the two-sided p-value. */
export interface TTest {
  statistic: number;
  degreesOfFreedom: number;
  pValue: number;
}

/**
 * Welch's t test of equal means without equal variances (Welch 1947). Null when a side has fewer
 * than two values. Two constant samples give p = 1 when equal and p = 0 when not.
 */
export function welchTest(left: readonly number[], right: readonly number[]): TTest | null {
  if (left.length < 2 || right.length < 2) return null;
  const leftError = sampleVariance(left) / left.length;
  const rightError = sampleVariance(right) / right.length;
  const error = leftError + rightError;
  const difference = mean(left) - mean(right);
  const degreesOfFreedom = error === 0 ? left.length + right.length - 2 : error ** 2 /
    (leftError ** 2 / (left.length - 1) + rightError ** 2 / (right.length - 1));
  return tTest(difference, Math.sqrt(error), degreesOfFreedom);
}

/**
 * Paired t test of a zero mean difference, for two samples matched by seed. Null below two pairs.
 *
 * @throws RangeError when the samples differ in length.
 */
export function pairedTTest(left: readonly number[], right: readonly number[]): TTest | null {
  if (left.length !== right.length) throw new RangeError("paired samples must have equal length");
  if (left.length < 2) return null;
  const differences = left.map((value, index) => value - right[index]);
  const error = Math.sqrt(sampleVariance(differences) / differences.length);
  return tTest(mean(differences), error, differences.length - 1);
}

function tTest(difference: number, error: number, degreesOfFreedom: number): TTest {
  if (error === 0) {
    const equal = difference === 0;
    const statistic = equal ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY;
    return { statistic, degreesOfFreedom, pValue: equal ? 1 : 0 };
  }
  const statistic = difference / error;
  return { statistic, degreesOfFreedom, pValue: studentTTwoSided(statistic, degreesOfFreedom) };
}

/** Outcome of a Mann-Whitney test: U of the left sample and the two-sided p-value. */
export interface RankTest {
  u: number;
  pValue: number;
  method: "exact" | "normal";
}

/** Largest sample for which the exact distribution is used. */
const exactLimit = 30;

/**
 * Mann-Whitney U test of two independent samples (Mann and Whitney 1947). Exact when neither
 * sample exceeds 30 values and none are tied; otherwise the normal approximation with tie and
 * continuity corrections. Null when a sample is empty.
 */
export function mannWhitneyU(left: readonly number[], right: readonly number[]): RankTest | null {
  const [m, n] = [left.length, right.length];
  if (m === 0 || n === 0) return null;
  const { rankSum, tieTerm } = rankSumOf(left, right);
  const u = rankSum - m * (m + 1) / 2;
  if (tieTerm === 0 && m <= exactLimit && n <= exactLimit) {
    return { u, pValue: exactTwoSided(Math.min(u, m * n - u), m, n), method: "exact" };
  }
  const total = m + n;
  const variance = m * n / 12 * (total + 1 - tieTerm / (total * (total - 1)));
  if (variance === 0) return { u, pValue: 1, method: "normal" };
  const z = Math.max(0, Math.abs(u - m * n / 2) - 0.5) / Math.sqrt(variance);
  return { u, pValue: Math.min(1, 2 * normalCdf(-z)), method: "normal" };
}

/** Sum of the left sample's mid-ranks in the pooled order, and sum of t^3 - t over ties. */
function rankSumOf(left: readonly number[], right: readonly number[]) {
  const pooled = [
    ...left.map((value) => ({ value, isLeft: true })),
    ...right.map((value) => ({ value, isLeft: false })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let tieTerm = 0;
  for (let start = 0; start < pooled.length;) {
    let end = start + 1;
    while (end < pooled.length && pooled[end].value === pooled[start].value) end++;
    const midRank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) if (pooled[i].isLeft) rankSum += midRank;
    tieTerm += (end - start) ** 3 - (end - start);
    start = end;
  }
  return { rankSum, tieTerm };
}

/** P(U <= u) doubled, by counting the partitions of U into at most m parts of size at most n. */
function exactTwoSided(u: number, m: number, n: number): number {
  // Coefficients of the Gaussian binomial prod_{i=1..m} (1 - q^(n+i)) / (1 - q^i).
  const counts = new Float64Array(m * n + 1);
  counts[0] = 1;
  for (let i = 1; i <= m; i++) {
    for (let k = counts.length - 1; k >= n + i; k--) counts[k] -= counts[k - n - i];
    for (let k = i; k < counts.length; k++) counts[k] += counts[k - i];
  }
  let all = 0;
  let tail = 0;
  counts.forEach((count, value) => {
    all += count;
    if (value <= u) tail += count;
  });
  return Math.min(1, 2 * tail / all);
}
