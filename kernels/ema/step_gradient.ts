/**
 * Gradient of `emaStep`, composed from the scan and from sums over time against powers of q.
 *
 * With y_t = Σ_n g (Σ_{j≤t} q^{t−j} w x_j + q^{t+1} h0) and h_L = q^L h0 + Σ_t q^{L−1−t} w x_t, the
 * part of y that comes from x is the scan with weights c = w g; the rest is linear in the carried state.
 */
import type { DerivativeOperations, Node, Tensor } from "../../src/graph/contract.ts";
import { add, div, exp, log, mul, sub } from "../elementwise/mod.ts";
import { matmul } from "../matmul/mod.ts";
import { sum } from "../reduce/mod.ts";
import { full, iota } from "../source/generate.ts";
import { reshape, transpose } from "../view/mod.ts";
import { emaScan } from "./ema_scan.ts";

/** Sums of many tensors of one shape. */
const total = (terms: readonly Tensor[]) => terms.reduce((a, b) => add(a, b));

/** Gradients of x, state, w, q and g. */
export function stepGradient(
  node: Node,
  [gradY, gradState]: readonly (Tensor | undefined)[],
  operations: DerivativeOperations,
): (Tensor | undefined)[] {
  const [x, state, w, q, g] = node.inputs;
  const [, length, features] = x.shape;
  const states = q.shape[1];
  const gy = gradY ?? full(x.shape, 0);
  const gs = gradState ?? full(state.shape, 0);
  const scan = emaScan(x, mul(w, g), q).node;
  const [dx, dc, dq] = scan.op.vjp(scan, [gy], operations);
  if (!dx || !dc || !dq) throw new Error("emaStep: the scan has no gradient");

  const time = iota([1, length, 1], 1);
  const perStep = (weights: Tensor) => reshape(weights, [features, 1, states]);
  const power = (exponent: Tensor) => exp(mul(exponent, perStep(log(q))));
  const [since, until] = [add(time, 1), sub(length - 1, time)];
  const [ahead, left] = [power(since), power(until)];
  const slope = (powers: Tensor, exponent: Tensor) => div(mul(powers, exponent), perStep(q));
  // [B, L, D] against [D, L, N], summed over time: [B, D, N].
  const overTime = (series: Tensor, powers: Tensor) =>
    transpose(matmul(transpose(series, [2, 0, 1]), powers), [1, 0, 2]);

  const heard = overTime(gy, ahead);
  const whole = exp(mul(log(q), length));
  const fromState = transpose(
    matmul(transpose(mul(gs, w), [1, 0, 2]), left, { transposeB: true }),
    [1, 2, 0],
  );
  const dState = add(mul(g, heard), mul(gs, whole));
  const dG = add(mul(w, dc), sum(mul(heard, state), [0]));
  const dW = add(mul(g, dc), sum(mul(gs, overTime(x, left)), [0]));
  const dQ = total([
    dq,
    sum(mul(mul(g, state), overTime(gy, slope(ahead, since))), [0]),
    sum(mul(mul(gs, state), mul(div(whole, q), length)), [0]),
    sum(mul(mul(gs, w), overTime(x, slope(left, until))), [0]),
  ]);
  return [add(dx, fromState), dState, dW, dQ, dG];
}
