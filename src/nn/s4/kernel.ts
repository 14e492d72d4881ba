/**
 * Convolution kernels of S4D (Vandermonde; S4D, arXiv 2206.11893) and S4 (Cauchy and
 * Woodbury; S4, arXiv 2111.00396, appendix C.3), as in `src/models/sequence/kernels/ssm.py` of
 * state-spaces/s4.
 */
import { ShapeError, type Tensor } from "../../graph/contract.ts";
import { add, mul, neg, sub } from "../../../kernels/elementwise/mod.ts";
import { irfft } from "../../../kernels/fft/rfft.ts";
import { matmul } from "../../../kernels/matmul/mod.ts";
import { cauchy, frequencyTable } from "../../../kernels/s4/cauchy.ts";
import { holomorphic } from "../../../kernels/s4/holomorphic.ts";
import { powers } from "../../../kernels/s4/powers.ts";
import { concat, expandDims, reshape, slice, split, transpose } from "../../../kernels/view/mod.ts";
import {
  type ComplexTensor,
  conjugate,
  minus,
  reciprocal,
  reshaped,
  scaled,
  times,
  viewed,
} from "./complex.ts";
import type { S4Discretization } from "./options.ts";
import { type S4Parameters, stepTimesPoles } from "./parameters.ts";

/** A discretised diagonal system. */
export interface DiscreteDiagonal {
  /** log Ā [H, M] */
  readonly rate: ComplexTensor;
  /** B̄/B [H, M] */
  readonly gain: ComplexTensor;
}

/**
 * Zero-order hold: Ā = e^{ΔA}, B̄ = B (Ā − 1)/A. Bilinear: Ā = (1 + ΔA/2)/(1 − ΔA/2),
 * B̄ = B Δ/(1 − ΔA/2).
 */
export function discretize(
  dt: Tensor,
  stepPoles: ComplexTensor,
  method: S4Discretization,
): DiscreteDiagonal {
  if (method === "zoh") {
    return { rate: stepPoles, gain: scaled(holomorphic("expm1Ratio", stepPoles), dt) };
  }
  const denominator = { re: sub(1, mul(stepPoles.re, 0.5)), im: mul(stepPoles.im, -0.5) };
  return {
    rate: holomorphic("bilinearLog", stepPoles),
    gain: scaled(reciprocal(denominator), dt),
  };
}

/** Exponents per block: the two tables of powers are smallest near √(rows · length). */
function blockLength(rows: number, length: number): number {
  return Math.min(length, 8 * Math.ceil(Math.sqrt(rows * length) / 8));
}

/**
 * K[c, h, l] = 2 Re Σ_n weight[c, h, n] exp(rate[h, n] l), l < length; [C', H, length].
 *
 * With l = p J + j the power is a product of two table entries, so that the sum over n is a matrix
 * product per feature: (2 Re, −2 Im of weight · e^{rate J p}) times (Re, Im of e^{rate j}).
 */
export function vandermonde(weight: ComplexTensor, rate: ComplexTensor, length: number): Tensor {
  const [rows, features, pairs] = weight.re.shape;
  const block = blockLength(rows, length);
  const blocks = Math.ceil(length / block);
  const flat = reshaped(rate, [features * pairs]);
  const low = reshaped(powers(flat, block), [features, pairs, block]);
  const high = reshaped(powers(flat, blocks, block), [features, pairs, 1, blocks]);
  const turned = viewed(weight, (part) => expandDims(transpose(part, [1, 2, 0]), 3));
  const started = scaled(times(turned, high), 2);
  const left = reshape(concat([started.re, neg(started.im)], 1), [
    features,
    2 * pairs,
    rows * blocks,
  ]);
  const taps = matmul(left, concat([low.re, low.im], 1), { transposeA: true });
  const padded = reshape(taps, [features, rows, blocks * block]);
  return transpose(slice(padded, 2, 0, length), [1, 0, 2]);
}

/** Kernel of the diagonal mode, [C', H, length]. */
export function diagonalKernel(
  parameters: S4Parameters,
  length: number,
  method: S4Discretization,
): Tensor {
  const { rate, gain } = discretize(parameters.dt, stepTimesPoles(parameters), method);
  return vandermonde(times(parameters.c, times(parameters.b, gain)), rate, length);
}

/** Rows of numerators for the Cauchy sums: −2 Re(v ā) and 2 Re v. */
function numerators(v: ComplexTensor, poles: ComplexTensor) {
  return {
    rho: mul(add(mul(v.re, poles.re), mul(v.im, poles.im)), -2),
    weight: mul(v.re, 2),
  };
}

/**
 * Kernel of the low-rank mode, the first `length` of the taps that C̃ is attuned to; [C', H, length].
 *
 * k̂ = 2/(1 + ω) (r_BC − r_BQ r_PC/(1 + r_PQ)), each r being c = cos(πf/l) times the sum of `cauchy`;
 * with 2/(1 + ω) = e^{iπf/l}/c this is e^{iπf/l} (BC − c BQ PC/(1 + c PQ)), finite everywhere.
 *
 * @throws {ShapeError} when more taps are asked for, or the parameters have no low-rank part.
 */
export function lowRankKernel(parameters: S4Parameters, length: number): Tensor {
  const { dt, b, c, p, attunedLength } = parameters;
  if (p === undefined) throw new ShapeError("s4", "the low-rank mode needs P");
  if (length > attunedLength) {
    throw new ShapeError("s4", `${length} taps of a kernel that is attuned to ${attunedLength}`);
  }
  const [rows, features, pairs] = c.re.shape;
  const bins = Math.floor(attunedLength / 2) + 1;
  const poles = stepTimesPoles(parameters);
  const inputs = [scaled(b, dt), scaled(p, dt)];
  const outputs = [c, reshaped(conjugate(p), [1, features, pairs])];
  const stacked = inputs.flatMap((from) => outputs.map((to) => numerators(times(to, from), poles)));
  const sums = cauchy({
    rho: concat(stacked.map(({ rho }) => rho), 0),
    weight: concat(stacked.map(({ weight }) => weight), 0),
    poles,
  }, attunedLength);
  const sizes = [rows, 1, rows, 1];
  const [re, im] = [split(sums.re, 0, sizes), split(sums.im, 0, sizes)];
  const [bc, bq, pc, pq] = re.map((part, k): ComplexTensor => ({ re: part, im: im[k] }));
  const [sigma, cosine] = split(frequencyTable(attunedLength), 1, [1, 1])
    .map((part) => reshape(part, [1, 1, bins]));
  const below = { re: add(mul(pq.re, cosine), 1), im: mul(pq.im, cosine) };
  const correction = scaled(times(times(bq, reciprocal(below)), pc), cosine);
  const spectrum = times(minus(bc, correction), { re: cosine, im: mul(sigma, 0.5) });
  const flat = reshaped(spectrum, [rows * features, bins]);
  const kernel = reshape(irfft(flat, attunedLength), [rows, features, attunedLength]);
  return slice(kernel, 2, 0, length);
}

/** One step s ← Ā s + B̄ u of the diagonal mode: Ā and B̄ [H, M]. */
export function diagonalStep(parameters: S4Parameters, method: S4Discretization) {
  const [features, pairs] = parameters.a.re.shape;
  const { rate, gain } = discretize(parameters.dt, stepTimesPoles(parameters), method);
  const flat = powers(reshaped(rate, [features * pairs]), 2);
  const transition = viewed(
    flat,
    (part) => reshape(slice(part, 1, 1, 1), [features, pairs]),
  );
  return { transition, input: times(parameters.b, gain) };
}
