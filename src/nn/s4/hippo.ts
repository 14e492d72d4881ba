/**
 * HiPPO-LegS and its normal-plus-low-rank form in float64 (`src/models/hippo/hippo.py` of
 * state-spaces/s4): A + P Pᵀ = −½ I + K with K skew, so that A = V (Λ − P* P*ᴴ) Vᴴ with
 * Λ = −½ + i w.
 */
import { hermitianEigen, zeroMatrix } from "./hermitian.ts";

/** Complex vector as two parts. */
export interface ComplexVector {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The real system x' = A x + B u, with the vector P of its rank correction. */
export interface DenseHippo {
  /** [N, N], row-major. */
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly p: Float64Array;
}

/** The system in the basis of eigenvectors; one member of each conjugate pair, Im λ < 0 ascending. */
export interface NplrHippo {
  /** Imaginary parts of λ; all real parts are −1/2. */
  readonly frequencies: Float64Array;
  readonly p: ComplexVector;
  /** Not clipped. */
  readonly b: ComplexVector;
}

/** HiPPO-LegS with N states. */
export function legsDense(size: number): DenseHippo {
  const root = Float64Array.from({ length: size }, (_, n) => Math.sqrt(2 * n + 1));
  const a = new Float64Array(size * size);
  for (let n = 0; n < size; n++) {
    for (let k = 0; k < n; k++) a[n * size + k] = -root[n] * root[k];
    a[n * size + n] = -(n + 1);
  }
  return { a, b: root, p: Float64Array.from(root, (_, n) => Math.sqrt(n + 0.5)) };
}

const decompositions = new Map<number, NplrHippo>();

/** Vᴴ x for the first columns of V. */
function project(vectors: ReturnType<typeof zeroMatrix>, x: Float64Array, count: number) {
  const { size } = vectors;
  const re = new Float64Array(count);
  const im = new Float64Array(count);
  for (let column = 0; column < count; column++) {
    for (let row = 0; row < size; row++) {
      re[column] += vectors.re[row * size + column] * x[row];
      im[column] -= vectors.im[row * size + column] * x[row];
    }
  }
  return { re, im };
}

/**
 * The normal-plus-low-rank form of HiPPO-LegS. The phase of each eigenvector is arbitrary; here its
 * first component is real and positive, as LAPACK leaves it up to a sign.
 *
 * @throws {RangeError} when N is not a positive even number.
 */
export function legsNplr(size: number): NplrHippo {
  if (!Number.isInteger(size) || size < 2 || size % 2 !== 0) {
    throw new RangeError(`HiPPO needs an even number of states, not ${size}`);
  }
  const known = decompositions.get(size);
  if (known) return known;
  const { a, b, p } = legsDense(size);
  // −i K with K the skew part of A + P Pᵀ.
  const matrix = zeroMatrix(size);
  for (let n = 0; n < size; n++) {
    for (let k = 0; k < n; k++) {
      const skew = a[n * size + k] + p[n] * p[k];
      matrix.im[n * size + k] = -skew;
      matrix.im[k * size + n] = skew;
    }
  }
  const { values, vectors } = hermitianEigen(matrix);
  const count = size / 2;
  const result = {
    frequencies: values.slice(0, count),
    p: project(vectors, p, count),
    b: project(vectors, b, count),
  };
  decompositions.set(size, result);
  return result;
}
