/** Eigendecomposition of complex Hermitian matrices in float64, by Jacobi rotations. */

/** Square complex matrix, row-major. */
export interface ComplexMatrix {
  readonly size: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Eigenvalues in ascending order; column k of `vectors` belongs to value k. */
export interface HermitianEigen {
  readonly values: Float64Array;
  /** Unitary; component 0 of every column is real and not negative. */
  readonly vectors: ComplexMatrix;
}

/** A zero matrix. */
export function zeroMatrix(size: number): ComplexMatrix {
  return { size, re: new Float64Array(size * size), im: new Float64Array(size * size) };
}

/** Sum of squares above the diagonal, where a sweep still has work to do. */
function offDiagonal({ size, re, im }: ComplexMatrix): number {
  let sum = 0;
  for (let p = 0; p < size; p++) {
    for (let q = p + 1; q < size; q++) sum += re[p * size + q] ** 2 + im[p * size + q] ** 2;
  }
  return sum;
}

/**
 * Columns p and q of a matrix become (c·p − s·ē·q, s·e·p + c·q), with e = cos + i sin of `phase`
 * given as (er, ei).
 */
function rotateColumns(
  { size, re, im }: ComplexMatrix,
  p: number,
  q: number,
  c: number,
  s: number,
  er: number,
  ei: number,
): void {
  for (let k = 0; k < size; k++) {
    const [i, j] = [k * size + p, k * size + q];
    const [pr, pi, qr, qi] = [re[i], im[i], re[j], im[j]];
    re[i] = c * pr - s * (er * qr + ei * qi);
    im[i] = c * pi - s * (er * qi - ei * qr);
    re[j] = s * (er * pr - ei * pi) + c * qr;
    im[j] = s * (er * pi + ei * pr) + c * qi;
  }
}

function rotateRows(
  { size, re, im }: ComplexMatrix,
  p: number,
  q: number,
  c: number,
  s: number,
  er: number,
  ei: number,
): void {
  for (let k = 0; k < size; k++) {
    const [i, j] = [p * size + k, q * size + k];
    const [pr, pi, qr, qi] = [re[i], im[i], re[j], im[j]];
    re[i] = c * pr - s * (er * qr - ei * qi);
    im[i] = c * pi - s * (er * qi + ei * qr);
    re[j] = s * (er * pr + ei * pi) + c * qr;
    im[j] = s * (er * pi - ei * pr) + c * qi;
  }
}

/** Makes element (p, q) zero. */
function annihilate(a: ComplexMatrix, v: ComplexMatrix, p: number, q: number): void {
  const { size, re, im } = a;
  const [x, y] = [re[p * size + q], im[p * size + q]];
  const modulus = Math.hypot(x, y);
  if (modulus === 0) return;
  const tau = (re[q * size + q] - re[p * size + p]) / (2 * modulus);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  const [er, ei] = [x / modulus, y / modulus];
  rotateColumns(a, p, q, c, s, er, ei);
  rotateRows(a, p, q, c, s, er, ei);
  rotateColumns(v, p, q, c, s, er, ei);
}

/**
 * Eigenvalues and eigenvectors of a Hermitian matrix.
 *
 * @throws {RangeError} when the iteration does not converge (a matrix that is not Hermitian or finite).
 */
export function hermitianEigen(matrix: ComplexMatrix): HermitianEigen {
  const { size } = matrix;
  const a = { size, re: matrix.re.slice(), im: matrix.im.slice() };
  const v = zeroMatrix(size);
  for (let k = 0; k < size; k++) v.re[k * size + k] = 1;
  const scale = matrix.re.reduce((sum, x, i) => sum + x * x + matrix.im[i] ** 2, 0);
  let sweeps = 0;
  while (!(offDiagonal(a) <= 1e-31 * scale)) {
    if (++sweeps > 60) throw new RangeError("hermitianEigen: the iteration does not converge");
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) annihilate(a, v, p, q);
    }
  }
  const order = Array.from({ length: size }, (_, k) => k)
    .sort((j, k) => a.re[j * size + j] - a.re[k * size + k]);
  const vectors = zeroMatrix(size);
  order.forEach((from, to) => {
    const [x, y] = [v.re[from], v.im[from]];
    const modulus = Math.hypot(x, y);
    const [cos, sin] = modulus === 0 ? [1, 0] : [x / modulus, -y / modulus];
    for (let k = 0; k < size; k++) {
      const [re, im] = [v.re[k * size + from], v.im[k * size + from]];
      vectors.re[k * size + to] = re * cos - im * sin;
      vectors.im[k * size + to] = re * sin + im * cos;
    }
  });
  return { values: Float64Array.from(order, (k) => a.re[k * size + k]), vectors };
}
