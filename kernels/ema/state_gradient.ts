/**
 * Gradients of the EMA with carried state, two scans in linear time and memory.
 *
 * With the gradient a_t of h_t, a_t = q a_{t+1} + g dy_t and a_L = dh_L + g dy_L:
 *   adjoint, backwards:  dx_t = Σ_n w a_t,  dh_0 = q a_1,  dw = Σ_t x_t a_t
 *   weights, forwards:   dg = Σ_t dy_t h_t,  dq = Σ_t g dy_t s_t + dh_L s_L,  s_t = dh_t/dq
 * The adjoint is held in units of g and the state in units of w, as in the scan itself.
 */
import { apply } from "../../src/graph/build.ts";
import type { KernelOperation, Node, Tensor, TensorType } from "../../src/graph/contract.ts";
import { sizeOf } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { full } from "../source/generate.ts";
import { lowerGradient } from "./gradient_lowering.ts";
import { sumPasses } from "./partial_sums.ts";
import { referenceAdjoint, referenceWeights } from "./reference.ts";
import { chunkLength, lanes, lowerScan } from "./scan_lowering.ts";
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

const refuse = (name: string) => () => {
  throw new Error(`${name}: second derivatives are not available`);
};

/** Inputs dy, dh_L, x, w, q, g; outputs dx, dh_0, dw. */
const adjointOperation: KernelOperation = {
  name: "emaStateAdjoint",
  kind: "kernel",
  infer: ([dy, dState, , w]) => [dy, dState, w].map(({ shape }) => ({ shape, dtype: "f32" })),
  vjp: refuse("emaStateAdjoint"),
  reference: referenceAdjoint,
  cost: ([dy, dState, , , q]) => cost(dy, dState, q, 6, 3),
  fusesInput: (input) => input < 3,
  fusesOutput: () => true,
  lower: (node, ctx) => lowerAdjoint(geometryOf(node, 4, "reverse"), ctx),
};

function geometryOf({ op, inputs }: Node, q: number, sweep: "forward" | "reverse"): EmaGeometry {
  return emaGeometry(op.name, inputs[0], inputs[q], { sweeps: [sweep], truncation: 0 });
}

function lowerAdjoint(geometry: EmaGeometry, ctx: LowerContext): Pass[] {
  const { batch, length, features, states } = geometry;
  const chunks = Math.ceil(length / chunkLength(geometry, ctx));
  const parts = batch * chunks;
  const partial = ctx.scratch(parts * states * features);
  const at = (n: number) =>
    `tmp${partial.index}[((b * ${chunks}u + chunk) * ${states}u + ${n}u) * ${features}u + d]`;
  const passes = lowerScan(geometry, ctx, {
    decay: 4,
    leastDecay,
    inputs: [0, 2, 3, 4, 5],
    outputs: [0, 1],
    scratch: partial,
    declarations: unit,
    weight: (n) =>
      `let g${n} = unit(in5(row, ${n}u)); let c${n} = g${n} * in3(row, ${n}u); var w${n} = 0.0;`,
    start: {
      inputs: [1, 4, 5],
      value: (n) => `in1(b, d, ${n}) / (unit(in5(d, ${n})) * max(in4(d, ${n}), ${leastDecay}))`,
    },
    visit: (t) =>
      `let v = in2(b, ${t}, d);\n` + each(states, (n) => `w${n} = fma(v, u${n}, w${n});`),
    finish: each(states, (n) => `${at(n)} = g${n} * w${n};`) + `\nif (chunk == 0u) {\n` +
      each(states, (n) => `out1(b, d, ${n}u, in4(row, ${n}u) * (g${n} * u${n}));`) + "\n}\n",
  });
  return [
    ...passes,
    ...sumPasses(ctx, partial, {
      parts,
      kinds: 1,
      states,
      rows: features,
      workgroupSize: lanes(ctx),
      inputs: [],
      output: 2,
      body: "out2(row, n, sum0);",
    }),
  ];
}

/** Inputs x, dy, h_0, dh_L, w, q, g; outputs dg, dq. */
const weightsOperation: KernelOperation = {
  name: "emaStateWeights",
  kind: "kernel",
  infer: ([, , , , , q, g]) => [g, q].map(({ shape }) => ({ shape, dtype: "f32" })),
  vjp: refuse("emaStateWeights"),
  reference: referenceWeights,
  cost: ([x, , state, , , q]) => cost(x, state, q, 8, 2),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => lowerWeights(geometryOf(node, 5, "forward"), ctx),
};

function lowerWeights(geometry: EmaGeometry, ctx: LowerContext): Pass[] {
  const last = Math.ceil(geometry.length / chunkLength(geometry, ctx)) - 1;
  return lowerGradient(geometry, ctx, {
    decay: 5,
    inputs: [0, 1, 3, 4, 5, 6],
    declarations: unit,
    start: { inputs: [2, 4], value: (n) => `in2(b, d, ${n}) / unit(in4(d, ${n}))` },
    finish: (n, state) =>
      `let w${n} = unit(in4(row, ${state}));
g${n} *= w${n};
h${n} *= w${n} * in6(row, ${state});
if (chunk == ${last}u) { h${n} = fma(w${n} * in3(b, d, ${state}), s${n}, h${n}); }`,
    store: { inputs: [], body: "out0(row, n, sum0);\nout1(row, n, sum1);" },
  });
}

/** Gradients of the inputs (x, h_0, w, q, g) of a node with the outputs (y, h_L). */
export function stateGradient(
  node: Node,
  [gradY, gradState]: readonly (Tensor | undefined)[],
): (Tensor | undefined)[] {
  const [x, state, w, q, g] = node.inputs;
  const dy = gradY ?? full(x.shape, 0);
  const dState = gradState ?? full(state.shape, 0);
  const [dx, dStart, dw] = apply(adjointOperation, [dy, dState, x, w, q, g]).outputs;
  const [dg, dq] = apply(weightsOperation, [x, dy, state, dState, w, q, g]).outputs;
  return [dx, dStart, dw, dq, dg];
}
