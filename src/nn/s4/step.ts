/**
 * S4 as a recurrence: one time step at a time with a carried state (`step` in
 * `src/models/sequence/kernels/ssm.py` of state-spaces/s4).
 */
import { ShapeError, type Tensor } from "../../graph/contract.ts";
import { add, div, mul, sub } from "../../../kernels/elementwise/mod.ts";
import { sum } from "../../../kernels/reduce/mod.ts";
import { expandDims } from "../../../kernels/view/mod.ts";
import {
  type ComplexTensor,
  conjugate,
  minus,
  pairSum,
  plus,
  reciprocal,
  scaled,
  times,
  viewed,
} from "./complex.ts";
import { diagonalStep } from "./kernel.ts";
import type { S4KernelOptions } from "./options.ts";
import type { S4Parameters } from "./parameters.ts";

/** Advances the state [B, H, M] by the inputs [B, H] of one step. */
export type S4Transition = (state: ComplexTensor, u: Tensor) => ComplexTensor;

/** s ← Ā s + B̄ u */
function diagonalTransition(
  parameters: S4Parameters,
  options: Pick<S4KernelOptions, "discretization">,
): S4Transition {
  const { transition, input } = diagonalStep(parameters, options.discretization);
  return (state, u) => plus(times(transition, state), scaled(input, expandDims(u, 2)));
}

/**
 * The bilinear step of diag(A) − P Pᴴ in O(N), with Q = conj(P), E = 2/Δ + A, D = 1/(2/Δ − A),
 * R = Q D/(1 + ⟨Q, D P⟩): t = E s − P⟨Q, s⟩ + 2 B u; s ← D (t − P⟨R, t⟩).
 */
function lowRankTransition({ dt, a, b, p }: S4Parameters): S4Transition {
  if (p === undefined) throw new ShapeError("s4", "the low-rank mode needs P");
  const rate = div(2, dt);
  const q = conjugate(p);
  const forward = { re: add(a.re, rate), im: a.im };
  const backward = reciprocal({ re: sub(rate, a.re), im: mul(a.im, -1) });
  const scale = div(1, add(pairSum(times(q, backward), p), 1));
  const r = scaled(times(q, backward), scale);
  return (state, u) => {
    const driven = plus(times(forward, state), scaled(b, mul(expandDims(u, 2), 2)));
    const t = minus(driven, scaled(p, pairSum(q, state)));
    return times(backward, minus(t, scaled(p, pairSum(r, t))));
  };
}

/** The recurrence of a kernel; only one that does not look ahead has one. */
export function s4Transition(
  parameters: S4Parameters,
  options: Pick<S4KernelOptions, "mode" | "discretization">,
): S4Transition {
  return options.mode === "dplr"
    ? lowRankTransition(parameters)
    : diagonalTransition(parameters, options);
}

/**
 * Outputs y [B, C, H] = 2 Re Σ_n C s of a state [B, H, M]. In the low-rank mode `c` [C, H, M] must be
 * the weights of the recurrence (`recoveredOutput`), not those attuned to a kernel length.
 */
export function s4Readout(c: ComplexTensor, state: ComplexTensor): Tensor {
  const spread = viewed(state, (part) => expandDims(part, 1));
  const products = sub(mul(c.re, spread.re), mul(c.im, spread.im));
  return mul(sum(products, [3]), 2);
}
