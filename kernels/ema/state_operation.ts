/**
 * What the operations that carry the state of an EMA have in common (Mega, equation 2):
 *
 *   h_t = q h_{t−1} + w x_t,   y_t = Σ_n g_n h_{t,n}        (w = p β, q = 1 − p α, g = γ / √N)
 *
 * Inputs x [B, L, D], h_0 [B, D, N], w, q, g [D, N]; outputs y [B, L, D] and h_L [B, D, N].
 */
import { requireTypes } from "../../src/graph/types.ts";
import {
  type KernelOperation,
  ShapeError,
  sizeOf,
  type TensorType,
} from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { referenceStep } from "./reference.ts";
import { stateGradient } from "./state_gradient.ts";
import { type EmaGeometry, emaGeometry } from "./sweeps.ts";

const attrs = { sweeps: ["forward"], truncation: 0 };

function checkedGeometry(op: string, [x, state, w, q, g]: readonly TensorType[]): EmaGeometry {
  const geometry = emaGeometry(op, x, q, attrs);
  const { batch, features, states } = geometry;
  if (state.shape.join() !== [batch, features, states].join() || state.dtype !== "f32") {
    throw new ShapeError(
      op,
      `the state must be f32 [${batch}, ${features}, ${states}], got [${state.shape}]`,
    );
  }
  for (const [name, weight] of [["w", w], ["g", g]] as const) {
    if (weight.shape.join() !== q.shape.join() || weight.dtype !== "f32") {
      throw new ShapeError(op, `${name} must be f32 [${q.shape}], got [${weight.shape}]`);
    }
  }
  return geometry;
}

/** An operation from (x, h_0, w, q, g) to (y, h_L) with the given kernels. */
export function stateOperation(
  name: string,
  lower: (geometry: EmaGeometry, ctx: LowerContext) => Pass[],
): KernelOperation {
  return {
    name,
    kind: "kernel",
    infer(inputs) {
      requireTypes(name, inputs, ["f32"]);
      checkedGeometry(name, inputs);
      const [x, state] = inputs;
      return [{ shape: x.shape, dtype: "f32" }, { shape: state.shape, dtype: "f32" }];
    },
    vjp: stateGradient,
    reference: referenceStep,
    cost([x, state, , q]) {
      return {
        flops: sizeOf(x.shape) * q.shape[1] * 4,
        bytes: 4 * (2 * sizeOf(x.shape) + 2 * sizeOf(state.shape) + 3 * sizeOf(q.shape)),
      };
    },
    fusesInput: (input) => input < 2,
    fusesOutput: () => true,
    lower: (node, ctx) => lower(checkedGeometry(name, node.inputs), ctx),
  };
}
