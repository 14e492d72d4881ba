/**
 * Gradients of the EMA with carried state: scans in linear time and memory, as many as without state
 * and one more when the last state has a gradient.
 *
 * With the gradient a_t of h_t, a_t = q a_{t+1} + g dy_t and a_L = dh_L + g dy_L:
 *   adjoint:  dx_t = Σ_n w a_t,  dh_0 = q a_1
 * The weights' gradients by way of y come from v_t = q v_{t+1} + dy_t and r_t = dv_t/dq, backwards:
 *   dw = g Σ_t x_t v_t,  dg = w Σ_t x_t v_t + q v_1 h_0,  dq = w g Σ_t x_t r_t + g (v_1 + q r_1) h_0
 * and by way of h_L, where dh_L is given, from u_t = q u_{t−1} + x_t and s_t = du_t/dq, forwards:
 *   dw = u_L dh_L,  dq = (w s_L + L q^{L−1} h_0) dh_L
 * Weights are divided by only as units of the adjoint, so small ones cost no accuracy.
 */
import { apply } from "../../src/graph/build.ts";
import type { KernelOperation, Node, Tensor, TensorType } from "../../src/graph/contract.ts";
import { sizeOf } from "../../src/graph/contract.ts";
import { add } from "../elementwise/mod.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { full } from "../source/generate.ts";
import { lowerGradient } from "./gradient_lowering.ts";
import { referenceAdjoint, referenceLastState, referenceWeights } from "./reference.ts";
import { chunkLength, lowerScan } from "./scan_lowering.ts";
import { leastDecay, unit } from "./state_units.ts";
import { each, type EmaGeometry, emaGeometry } from "./sweeps.ts";

const cost = (
  x: TensorType,
  state: TensorType,
  q: TensorType,
  perState: number,
  moved: number,
) => ({
  flops: sizeOf(x.shape) * q.shape[1] * perState,
  bytes: 4 * (moved * sizeOf(x.shape) + 2 * sizeOf(state.shape) + 4 * sizeOf(q.shape)),
});

/** Outputs with the shapes of some operands; all operands are f32. */
function like(name: string, ...operands: readonly number[]) {
  return (inputs: readonly TensorType[]): TensorType[] => {
    requireTypes(name, inputs, ["f32"]);
    return operands.map((k) => ({ shape: inputs[k].shape, dtype: "f32" }));
  };
}

const refuse = (name: string) => () => {
  throw new Error(`${name}: second derivatives are not available`);
};

/** Inputs dy, dh_L, w, q, g; outputs dx, dh_0. */
const adjointOperation: KernelOperation = {
  name: "emaStateAdjoint",
  kind: "kernel",
  infer: like("emaStateAdjoint", 0, 1),
  vjp: refuse("emaStateAdjoint"),
  reference: referenceAdjoint,
  cost: ([dy, dState, , q]) => cost(dy, dState, q, 4, 2),
  fusesInput: (input) => input < 2,
  fusesOutput: () => true,
  lower: (node, ctx) =>
    lowerScan(geometryOf(node, 3, "reverse"), ctx, {
      decay: 3,
      leastDecay,
      inputs: [0, 2, 3, 4],
      outputs: [0, 1],
      declarations: unit,
      weight: (n) => `let g${n} = unit(in4(row, ${n}u)); let c${n} = g${n} * in2(row, ${n}u);`,
      start: {
        inputs: [1, 3, 4],
        value: (n) => `in1(b, d, ${n}) / (unit(in4(d, ${n})) * max(in3(d, ${n}), ${leastDecay}))`,
      },
      finish: `if (chunk == 0u) {\n` +
        each(node.inputs[3].shape[1], (n) =>
          `out1(b, d, ${n}u, in3(row, ${n}u) * (g${n} * u${n}));`) +
        "\n}\n",
    }),
};

function geometryOf({ op, inputs }: Node, q: number, sweep: "forward" | "reverse"): EmaGeometry {
  return emaGeometry(op.name, inputs[0], inputs[q], { sweeps: [sweep], truncation: 0 });
}

/** Inputs dy, x, h_0, w, q, g; outputs dw, dq, dg by way of y. */
const weightsOperation: KernelOperation = {
  name: "emaStateWeights",
  kind: "kernel",
  infer: like("emaStateWeights", 3, 4, 5),
  vjp: refuse("emaStateWeights"),
  reference: referenceWeights,
  cost: ([dy, , state, , q]) => cost(dy, state, q, 8, 2),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) =>
    lowerGradient(geometryOf(node, 4, "reverse"), ctx, {
      decay: 4,
      inputs: [0, 1, 2, 3, 4, 5],
      correlates: true,
      sums: ["g", "h", "p"],
      finish: (n, state) =>
        `var p${n} = 0.0;
h${n} *= in3(row, ${state}) * in5(row, ${state});
if (chunk == 0u) {
let h = in2(b, d, ${state});
p${n} = q${n} * u${n} * h;
h${n} = fma(in5(row, ${state}) * fma(q${n}, s${n}, u${n}), h, h${n});
}`,
      store: {
        inputs: [3, 5],
        outputs: [0, 1, 2],
        body: `out0(row, n, in5(row, n) * sum0);
out1(row, n, sum1);
out2(row, n, fma(in3(row, n), sum0, sum2));`,
      },
    }),
};

/** Inputs x, h_0, dh_L, w, q; outputs dw, dq by way of h_L. */
const lastStateOperation: KernelOperation = {
  name: "emaLastStateWeights",
  kind: "kernel",
  infer: like("emaLastStateWeights", 3, 4),
  vjp: refuse("emaLastStateWeights"),
  reference: referenceLastState,
  cost: ([x, state, , , q]) => cost(x, state, q, 4, 1),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower(node, ctx) {
    const geometry = geometryOf(node, 4, "forward");
    const { length } = geometry;
    const last = Math.ceil(length / chunkLength(geometry, ctx)) - 1;
    return lowerGradient(geometry, ctx, {
      decay: 4,
      inputs: [0, 1, 2, 3, 4],
      correlates: false,
      sums: ["g", "h"],
      powers: [length - 1],
      finish: (n, state) =>
        `if (chunk == ${last}u) {
let a = in2(b, d, ${state});
let slope = ${length}.0 * power_${length - 1}(q${n});
g${n} = u${n} * a;
h${n} = fma(in3(row, ${state}), s${n}, slope * in1(b, d, ${state})) * a;
}`,
      store: { inputs: [], outputs: [0, 1], body: "out0(row, n, sum0);\nout1(row, n, sum1);" },
    });
  },
};

/** Gradients of the inputs (x, h_0, w, q, g) of a node with the outputs (y, h_L). */
export function stateGradient(
  node: Node,
  [gradY, gradState]: readonly (Tensor | undefined)[],
): (Tensor | undefined)[] {
  const [x, state, w, q, g] = node.inputs;
  const dy = gradY ?? full(x.shape, 0);
  const dState = gradState ?? full(state.shape, 0);
  const [dx, dStart] = apply(adjointOperation, [dy, dState, w, q, g]).outputs;
  const [dw, dq, dg] = apply(weightsOperation, [dy, x, state, w, q, g]).outputs;
  if (gradState === undefined) return [dx, dStart, dw, dq, dg];
  const [dwLast, dqLast] = apply(lastStateOperation, [x, state, gradState, w, q]).outputs;
  return [dx, dStart, add(dw, dwLast), add(dq, dqLast), dg];
}
