/**
 * EMA scan with an initial and a final state (`state_operation.ts` has the formula).
 *
 * The kernels are those of `emaScan`: the state is held in units of its input weight, u = h / w, so
 * that a step still takes one multiply-add for the state and one for the sum.
 */
import { apply } from "../../src/graph/build.ts";
import type { Tensor } from "../../src/graph/contract.ts";
import { chunkLength, lowerScan } from "./scan_lowering.ts";
import { unit } from "./state_units.ts";
import { stateOperation } from "./state_operation.ts";
import { each } from "./sweeps.ts";

const scanOperation = stateOperation("emaScanWithState", (geometry, ctx) => {
  const last = Math.ceil(geometry.length / chunkLength(geometry, ctx)) - 1;
  return lowerScan(geometry, ctx, {
    decay: 3,
    inputs: [0, 2, 3, 4],
    outputs: [0, 1],
    declarations: unit,
    weight: (n) => `let w${n} = unit(in2(row, ${n}u)); let c${n} = w${n} * in4(row, ${n}u);`,
    start: { inputs: [1, 2], value: (n) => `in1(b, d, ${n}) / unit(in2(d, ${n}))` },
    finish: `if (chunk == ${last}u) {\n` +
      each(geometry.states, (n) => `out1(b, d, ${n}u, w${n} * u${n});`) + "\n}\n",
  });
});

/** Result of an EMA that carries its state. */
export interface EmaWithState {
  /** Weighted sum of the states, [B, L, D]. */
  readonly y: Tensor;
  /** State after the last time, [B, D, N]. */
  readonly state: Tensor;
}

/**
 * Causal EMA of `x` [B, L, D] from `state` [B, D, N], never truncated:
 * h_t = q h_{t−1} + input x_t, y_t = Σ_n output_n h_{t,n} (Mega, equation 2).
 *
 * From a zero state it equals `emaScan(x, input · output, q)`, and consecutive pieces equal one pass.
 * Both results have gradients of all operands. Weights below 2⁻⁶⁴ in size count as 2⁻⁶⁴.
 *
 * @param input p β, the weight of an input, [D, N].
 * @param q Decays between 0 and 1, [D, N].
 * @param output γ / √N, the weight of a state, [D, N].
 * @throws {ShapeError} when shapes do not fit.
 */
export function emaScanWithState(
  x: Tensor,
  input: Tensor,
  q: Tensor,
  output: Tensor,
  state: Tensor,
): EmaWithState {
  const [y, next] = apply(scanOperation, [x, state, input, q, output]).outputs;
  return { y, state: next };
}
