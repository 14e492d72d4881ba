/**
 * EMA with carried state, for incremental decoding (Mega, equation 2; `MultiHeadEMA.step`).
 *
 *   h_t = q h_{t-1} + w x_t,   y_t = Σ_n g_n h_{t,n}        (w = p β, q = 1 − p α, g = γ / √N)
 *
 * x [B, L, D] for any L ≥ 1; h0 [B, D, N]; w, q, g [D, N]; results y [B, L, D] and h_L [B, D, N].
 * Nothing is truncated; a reverse sweep carries its state by flipping x in time. One kernel forward;
 * the gradient is composed (`step_gradient.ts`).
 */
import { apply } from "../../src/graph/build.ts";
import { type KernelOperation, ShapeError, sizeOf, type Tensor } from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { referenceStep } from "./reference.ts";
import { lanes } from "./scan_lowering.ts";
import { stepGradient } from "./step_gradient.ts";
import { dot, each, emaGeometry, overTime } from "./sweeps.ts";

const attrs = { sweeps: ["forward"], truncation: 0 };

const stepOperation: KernelOperation = {
  name: "emaStep",
  kind: "kernel",
  infer([x, state, w, q, g]) {
    requireTypes("emaStep", [x, state, w, q, g], ["f32"]);
    const { batch, features, states } = emaGeometry("emaStep", x, q, attrs);
    if (state.shape.join() !== [batch, features, states].join() || state.dtype !== "f32") {
      throw new ShapeError(
        "emaStep",
        `the state must be f32 [${batch}, ${features}, ${states}], got [${state.shape}]`,
      );
    }
    for (const [name, weight] of [["w", w], ["g", g]] as const) {
      if (weight.shape.join() !== q.shape.join()) {
        throw new ShapeError("emaStep", `${name} must be [${q.shape}], got [${weight.shape}]`);
      }
    }
    return [{ shape: x.shape, dtype: "f32" }, { shape: state.shape, dtype: "f32" }];
  },
  vjp: stepGradient,
  reference: referenceStep,
  cost([x, state, , q]) {
    return {
      flops: sizeOf(x.shape) * q.shape[1] * 5,
      bytes: 4 * (2 * sizeOf(x.shape) + 2 * sizeOf(state.shape) + 3 * sizeOf(q.shape)),
    };
  },
  fusesInput: (input) => input < 2,
  fusesOutput: () => true,
  lower(node, ctx) {
    const geometry = emaGeometry("emaStep", node.inputs[0], node.inputs[3], attrs);
    const { batch, length, features, states } = geometry;
    const workgroupSize = lanes(ctx);
    const sum = dot(states, (n) => `g${n}`, (n) => `h${n}`);
    const walk = overTime(
      geometry,
      "forward",
      0,
      length,
      Math.min(length, 4),
      (t) =>
        `let x = in0(b, ${t}, d);\n` +
        each(states, (n) => `h${n} = fma(q${n}, h${n}, w${n} * x);`) +
        `\nout0(b, ${t}, d, ${sum});`,
    );
    return [{
      name: "step",
      inputs: [0, 1, 2, 3, 4],
      outputs: [0, 1],
      workgroupSize,
      groups: Math.ceil(batch * features / workgroupSize),
      body: `if (thread < ${batch * features}u) {
let d = thread % ${features}u;
let b = thread / ${features}u;
${
        each(states, (n) =>
          `let w${n} = in2(d, ${n}u); let q${n} = in3(d, ${n}u); let g${n} = in4(d, ${n}u);` +
          ` var h${n} = in1(b, d, ${n}u);`)
      }
${walk}
${each(states, (n) => `out1(b, d, ${n}u, h${n});`)}
}`,
    }];
  },
};

/**
 * Advances the EMA over `x` [B, L, D] from the state [B, D, N].
 *
 * @throws {ShapeError} when shapes do not fit.
 */
export function emaStep(
  x: Tensor,
  state: Tensor,
  w: Tensor,
  q: Tensor,
  g: Tensor,
): { readonly y: Tensor; readonly state: Tensor } {
  const [y, next] = apply(stepOperation, [x, state, w, q, g], {}).outputs;
  return { y, state: next };
}
