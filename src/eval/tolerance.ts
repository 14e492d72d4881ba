/** How far float32 results may lie from reference numbers. */

/** Bound |a − b| ≤ relative · max|b| + absolute, over a whole tensor. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** Forward results. */
export const outputTolerance: Tolerance = { relative: 1e-4, absolute: 1e-6 };
/** Gradients. Those that vanish exactly are noise in float32, which the absolute part admits. */
export const gradientTolerance: Tolerance = { relative: 5e-4, absolute: 1e-5 };
/** Each loss of a training trajectory, relative to itself. */
export const trajectoryLossTolerance: Tolerance = { relative: 5e-4, absolute: 0 };

/** The comparison of one tensor. */
export interface Comparison {
  readonly passed: boolean;
  /** Largest error as a multiple of what is allowed; above 1 fails. Infinity for NaN. */
  readonly severity: number;
  /** |a − b| at the worst element. */
  readonly error: number;
  /** Position of the worst element in row-major order. */
  readonly at: number;
}

/** What {@link compareValues} may be told. */
export interface CompareOptions {
  readonly tolerance: Tolerance;
  /** Measure each element against itself instead of the largest one. */
  readonly elementwise?: boolean;
  /** Absolute bound for elements that the tolerance does not apply to. */
  readonly exception?: (index: number) => number | undefined;
}

/** Compares `actual` with `expected` element by element. */
export function compareValues(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance, elementwise = false, exception }: CompareOptions,
): Comparison {
  if (actual.length !== expected.length) {
    return { passed: false, severity: Infinity, error: NaN, at: -1 };
  }
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  let worst: Comparison = { passed: true, severity: 0, error: 0, at: 0 };
  for (let i = 0; i < expected.length; i++) {
    const scale = elementwise ? Math.abs(expected[i]) : largest;
    const allowed = exception?.(i) ?? tolerance.relative * scale + tolerance.absolute;
    const error = Math.abs(actual[i] - expected[i]);
    // A zero error fits any bound; NaN fits none.
    const severity = error === 0 ? 0 : Number.isNaN(error) ? Infinity : error / allowed;
    if (severity > worst.severity) worst = { passed: severity <= 1, severity, error, at: i };
    if (severity === Infinity) break;
  }
  return worst;
}
