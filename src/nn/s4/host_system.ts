/**
 * One feature's DPLR system on the host in float64: dense discretisation, and the change of the
 * output weights C that the truncated generating function needs (`SSMKernelDPLR` in
 * `src/models/sequence/kernels/ssm.py` of state-spaces/s4).
 */
import {
  combine,
  type ComplexMatrix,
  identity,
  matrixPower,
  solve,
  transposed,
  zeroMatrix,
} from "./complex_matrix.ts";
import type { ComplexVector } from "./hippo.ts";

/** A system diag(A) − P Pᴴ; one member of each conjugate pair. */
export interface HostSystem {
  readonly a: ComplexVector;
  readonly p: ComplexVector;
  readonly b: ComplexVector;
  readonly dt: number;
}

/** x followed by its conjugate. */
export function withConjugate({ re, im }: ComplexVector): ComplexVector {
  return {
    re: Float64Array.from([...re, ...re]),
    im: Float64Array.from([...im, ...im.map((y) => -y)]),
  };
}

/** Ā = (I − Δ/2 A)⁻¹(I + Δ/2 A) over pairs and conjugates, [N, N]. */
export function denseTransition({ a, p, dt }: HostSystem): ComplexMatrix {
  const [full, low] = [withConjugate(a), withConjugate(p)];
  const size = full.re.length;
  const matrix = zeroMatrix(size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      // P_i conj(P_j)
      matrix.re[i * size + j] = -(low.re[i] * low.re[j] + low.im[i] * low.im[j]);
      matrix.im[i * size + j] = -(low.im[i] * low.re[j] - low.re[i] * low.im[j]);
    }
    matrix.re[i * size + i] += full.re[i];
    matrix.im[i * size + i] += full.im[i];
  }
  const one = identity(size);
  return solve(combine(one, matrix, -dt / 2), combine(one, matrix, dt / 2));
}

/** B̄ = Δ (I − Δ/2 A)⁻¹ B = Δ/2 (Ā + I) B, over pairs and conjugates, [N]. */
export function denseInput(system: HostSystem, transition: ComplexMatrix): ComplexVector {
  const b = withConjugate(system.b);
  const applied = matrixVector(transition, b);
  const half = system.dt / 2;
  return {
    re: applied.re.map((x, i) => half * (x + b.re[i])),
    im: applied.im.map((y, i) => half * (y + b.im[i])),
  };
}

function matrixVector(a: ComplexMatrix, x: ComplexVector): ComplexVector {
  const { size } = a;
  const result = { re: new Float64Array(size), im: new Float64Array(size) };
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const [u, v] = [a.re[i * size + j], a.im[i * size + j]];
      result.re[i] += u * x.re[j] - v * x.im[j];
      result.im[i] += u * x.im[j] + v * x.re[j];
    }
  }
  return result;
}

/** C̃ (I − Ā^length)⁻¹ over pairs and conjugates: the weights of the recurrence, [N]. */
export function recoveredOutput(
  transition: ComplexMatrix,
  attuned: ComplexVector,
  length: number,
): ComplexVector {
  const { size } = transition;
  const matrix = combine(identity(size), matrixPower(transition, length), -1);
  const right = zeroMatrix(size);
  const full = withConjugate(attuned);
  for (let i = 0; i < size; i++) {
    right.re[i * size] = full.re[i];
    right.im[i * size] = full.im[i];
  }
  const { re, im } = solve(transposed(matrix), right);
  const column = (values: Float64Array) => Float64Array.from(full.re, (_, i) => values[i * size]);
  return { re: column(re), im: column(im) };
}

/** Where further steps would not change a float32. */
const negligible = 1e-12;

/**
 * C̃ = C (I − Ā^length), pairs only, in O(N · length): row vectors times the factors
 * Ā = D (I − P Rᵀ)(E − P Qᵀ) with E = 2/Δ + A, D = 1/(2/Δ − A), Q = conj(P), R = Q D / (1 + Q·D P).
 */
export function attunedOutput(
  { a, p, dt }: HostSystem,
  output: ComplexVector,
  length: number,
): ComplexVector {
  const pairs = a.re.length;
  const d = { re: new Float64Array(pairs), im: new Float64Array(pairs) };
  let denominator = 1;
  for (let n = 0; n < pairs; n++) {
    const [x, y] = [2 / dt - a.re[n], -a.im[n]];
    d.re[n] = x / (x * x + y * y);
    d.im[n] = -y / (x * x + y * y);
    denominator += 2 * (p.re[n] ** 2 + p.im[n] ** 2) * d.re[n];
  }
  const r = { re: new Float64Array(pairs), im: new Float64Array(pairs) };
  for (let n = 0; n < pairs; n++) {
    r.re[n] = (p.re[n] * d.re[n] + p.im[n] * d.im[n]) / denominator;
    r.im[n] = (p.re[n] * d.im[n] - p.im[n] * d.re[n]) / denominator;
  }
  const row = { re: output.re.slice(), im: output.im.slice() };
  const start = Math.hypot(...output.re, ...output.im);
  for (let step = 0; step < length; step++) {
    let first = 0;
    for (let n = 0; n < pairs; n++) {
      const re = row.re[n] * d.re[n] - row.im[n] * d.im[n];
      const im = row.re[n] * d.im[n] + row.im[n] * d.re[n];
      row.re[n] = re;
      row.im[n] = im;
      first += 2 * (re * p.re[n] - im * p.im[n]);
    }
    let second = 0;
    for (let n = 0; n < pairs; n++) {
      row.re[n] -= first * r.re[n];
      row.im[n] -= first * r.im[n];
      second += 2 * (row.re[n] * p.re[n] - row.im[n] * p.im[n]);
    }
    let size = 0;
    for (let n = 0; n < pairs; n++) {
      const [x, y] = [2 / dt + a.re[n], a.im[n]];
      const re = row.re[n] * x - row.im[n] * y - second * p.re[n];
      const im = row.re[n] * y + row.im[n] * x + second * p.im[n];
      row.re[n] = re;
      row.im[n] = im;
      size += Math.abs(re) + Math.abs(im);
    }
    if (size < negligible * start) return output;
  }
  return {
    re: output.re.map((x, n) => x - row.re[n]),
    im: output.im.map((y, n) => y - row.im[n]),
  };
}
