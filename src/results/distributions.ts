import jstat from "jstat";

/** The part of the untyped jstat module that this file uses, stated once. */
interface SpecialFunctions {
  /** Regularised incomplete beta function I_x(a, b). */
  ibeta(x: number, a: number, b: number): number | false;
  studentt: { inv(probability: number, degreesOfFreedom: number): number };
  normal: {
    inv(probability: number, mean: number, standardDeviation: number): number;
    cdf(x: number, mean: number, standardDeviation: number): number;
  };
}

const special: SpecialFunctions = jstat;

/**
 * Two-sided p-value of a Student t statistic. Goes through the incomplete beta function at
 * dof / (dof + t^2), which keeps its precision far into the tails where 1 - cdf would lose it.
 *
 * @param t The statistic. @param degreesOfFreedom Positive, need not be whole.
 */
export function studentTTwoSided(t: number, degreesOfFreedom: number): number {
  const tail = special.ibeta(
    degreesOfFreedom / (degreesOfFreedom + t * t),
    degreesOfFreedom / 2,
    0.5,
  );
  return tail === false ? Number.NaN : tail;
}

/** Cumulative distribution function of Student's t. @param degreesOfFreedom Positive. */
export function studentTCdf(t: number, degreesOfFreedom: number): number {
  const half = studentTTwoSided(t, degreesOfFreedom) / 2;
  return t > 0 ? 1 - half : half;
}

/** Quantile of Student's t. @param probability Between 0 and 1, both excluded. */
export function studentTQuantile(probability: number, degreesOfFreedom: number): number {
  return special.studentt.inv(probability, degreesOfFreedom);
}

/** Quantile of the standard normal distribution. @param probability Between 0 and 1, excluded. */
export function normalQuantile(probability: number): number {
  return special.normal.inv(probability, 0, 1);
}

/** Cumulative distribution function of the standard normal distribution. */
export function normalCdf(z: number): number {
  return special.normal.cdf(z, 0, 1);
}
