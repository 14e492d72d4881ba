/** Dense complex linear algebra in float64, for small systems on the host. */
import { type ComplexMatrix, zeroMatrix } from "./hermitian.ts";

export { type ComplexMatrix, zeroMatrix };

/** The identity. */
export function identity(size: number): ComplexMatrix {
  const result = zeroMatrix(size);
  for (let k = 0; k < size; k++) result.re[k * size + k] = 1;
  return result;
}

/** a + scale · b */
export function combine(a: ComplexMatrix, b: ComplexMatrix, scale: number): ComplexMatrix {
  return {
    size: a.size,
    re: a.re.map((x, i) => x + scale * b.re[i]),
    im: a.im.map((x, i) => x + scale * b.im[i]),
  };
}

/** a b */
export function product(a: ComplexMatrix, b: ComplexMatrix): ComplexMatrix {
  const { size } = a;
  const result = zeroMatrix(size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const [x, y] = [a.re[i * size + k], a.im[i * size + k]];
      for (let j = 0; j < size; j++) {
        const [u, v] = [b.re[k * size + j], b.im[k * size + j]];
        result.re[i * size + j] += x * u - y * v;
        result.im[i * size + j] += x * v + y * u;
      }
    }
  }
  return result;
}

/** Transpose without conjugation. */
export function transposed(a: ComplexMatrix): ComplexMatrix {
  const { size } = a;
  const at = (i: number) => (i % size) * size + Math.floor(i / size);
  return { size, re: a.re.map((_, i) => a.re[at(i)]), im: a.im.map((_, i) => a.im[at(i)]) };
}

/** a to a whole power, by squaring. */
export function matrixPower(a: ComplexMatrix, exponent: number): ComplexMatrix {
  let result = identity(a.size);
  let square = a;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = product(result, square);
    if (left > 1) square = product(square, square);
  }
  return result;
}

/**
 * Solves a x = b for all columns of b, by elimination with row pivots.
 *
 * @throws {RangeError} when the matrix is singular.
 */
export function solve(a: ComplexMatrix, b: ComplexMatrix): ComplexMatrix {
  const { size } = a;
  const left = { size, re: a.re.slice(), im: a.im.slice() };
  const right = { size, re: b.re.slice(), im: b.im.slice() };
  const swap = (values: Float64Array, i: number, k: number) => {
    for (let j = 0; j < size; j++) {
      [values[i * size + j], values[k * size + j]] = [values[k * size + j], values[i * size + j]];
    }
  };
  const subtract = (m: ComplexMatrix, from: number, row: number, re: number, im: number) => {
    for (let j = 0; j < size; j++) {
      const [x, y] = [m.re[row * size + j], m.im[row * size + j]];
      m.re[from * size + j] -= re * x - im * y;
      m.im[from * size + j] -= re * y + im * x;
    }
  };
  const scale = (m: ComplexMatrix, row: number, re: number, im: number) => {
    for (let j = 0; j < size; j++) {
      const [x, y] = [m.re[row * size + j], m.im[row * size + j]];
      m.re[row * size + j] = re * x - im * y;
      m.im[row * size + j] = re * y + im * x;
    }
  };
  for (let k = 0; k < size; k++) {
    let pivot = k;
    const modulus = (i: number) => Math.hypot(left.re[i * size + k], left.im[i * size + k]);
    for (let i = k + 1; i < size; i++) if (modulus(i) > modulus(pivot)) pivot = i;
    if (!(modulus(pivot) > 0)) throw new RangeError("solve: the matrix is singular");
    for (const values of [left.re, left.im, right.re, right.im]) swap(values, k, pivot);
    const [x, y] = [left.re[k * size + k], left.im[k * size + k]];
    const square = x * x + y * y;
    for (const m of [left, right]) scale(m, k, x / square, -y / square);
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const [re, im] = [left.re[i * size + k], left.im[i * size + k]];
      for (const m of [left, right]) subtract(m, i, k, re, im);
    }
  }
  return right;
}
