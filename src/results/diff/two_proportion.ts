import { normalCdf } from "../distributions.ts";
import { wilsonInterval } from "../statistics.ts";

/** Successes out of trials, for example right answers out of test examples. */
export interface Proportion {
  successes: number;
  n: number;
}

/** Outcome of {@link twoProportionTest}: the difference of the shares and what is known of it. */
export interface ProportionTest {
  /** Share of `right` minus share of `left`. */
  difference: number;
  /** Two-sided p-value of equal shares. */
  pValue: number;
  low: number;
  high: number;
}

/**
 * Compares two independent proportions: z test with the pooled share, and the interval of the
 * difference from the two Wilson intervals (Newcombe 1998, method 10). On the same test examples
 * it errs on the side of no difference, for it ignores that their answers are paired.
 *
 * @returns Null when a side has no trials.
 */
export function twoProportionTest(
  left: Proportion,
  right: Proportion,
  confidence: number,
): ProportionTest | null {
  const leftBounds = wilsonInterval(left.successes, left.n, confidence);
  const rightBounds = wilsonInterval(right.successes, right.n, confidence);
  if (leftBounds === null || rightBounds === null) return null;
  const [p, q] = [left.successes / left.n, right.successes / right.n];
  const pooled = (left.successes + right.successes) / (left.n + right.n);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / left.n + 1 / right.n));
  const difference = q - p;
  return {
    difference,
    pValue: error === 0 ? 1 : 2 * normalCdf(-Math.abs(difference) / error),
    low: difference - Math.hypot(q - rightBounds.low, leftBounds.high - p),
    high: difference + Math.hypot(rightBounds.high - q, p - leftBounds.low),
  };
}
