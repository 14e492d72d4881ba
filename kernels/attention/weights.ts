/**
 * Unfused attention weights A = dropout(f(q kᵀ + bias)) [..., T, S], kept in memory: to look at them,
 * and as the second way to compute attention, against which the fused kernels are tested and timed.
 */
import { apply1 } from "../../src/graph/build.ts";
import {
  type Attrs,
  type KernelOperation,
  sizeOf,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import type { LowerContext } from "../../src/graph/lowering.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { matmul } from "../matmul/mod.ts";
import { rowwise, type RowWriter } from "../rowwise.ts";
import { diagonalSums } from "./diagonal_sums.ts";
import {
  admissible,
  backwardElement,
  biased,
  elementDeclarations,
  EXCLUDED,
  groupAxes,
  keyMask,
  load,
  needsMaskOff,
  store,
} from "./element.ts";
import { type AttentionOptions, encodeOptions } from "./options.ts";
import { type Problem, readProblem } from "./problem.ts";
import {
  referenceScoreGradients,
  type ReferenceWeights,
  referenceWeightsOfScores,
  refuseDropout,
} from "./reference.ts";

/** Reads the problem of operands [scores, bias?, mask?, ...]. */
function activationProblem(inputs: readonly TensorType[], attrs: Attrs): Problem {
  const [scores, ...rest] = inputs;
  const lead = scores.shape.slice(0, -2);
  const [queries, keys] = scores.shape.slice(-2);
  const p = readProblem(
    "attention_weights",
    [
      { shape: [...lead, queries, 1], dtype: scores.dtype },
      { shape: [...lead, keys, 1], dtype: "f32" },
      ...rest,
    ],
    attrs,
    false,
  );
  return {
    ...p,
    ...(p.bias === undefined ? {} : { bias: p.bias - 1 }),
    ...(p.mask === undefined ? {} : { mask: { ...p.mask, input: p.mask.input - 1 } }),
  };
}

/** Position of the gradient among the inputs of the backward operation. */
function gradientInput(p: Problem): number {
  return 1 + (p.bias === undefined ? 0 : 1) + (p.mask === undefined ? 0 : 1);
}

function beginRow(p: Problem, row: RowWriter): void {
  row.all(`let g = row / ${p.queries}u;
let i = row - g * ${p.queries}u;
${groupAxes(p)}`);
  if (needsMaskOff(p)) {
    row.reduce("max", "any_key", keyMask(p, "c"));
    row.all("let mask_off = any_key == 0.0;");
  }
  if (p.kind !== "softmax") return;
  const ok = admissible(p, "i", "c") ?? "true";
  const score = biased(p, load(p, 0, "i", "c"), "i", "c");
  row.reduce("max", "row_max", `select(${EXCLUDED}, ${score}, ${ok})`);
  row.all(`let top = max(row_max, ${EXCLUDED});`);
  row.reduce("sum", "row_sum", `select(0.0, exp(min(${score} - top, 0.0)), ${ok})`);
  row.all("let scale = select(0.0, 1.0 / row_sum, row_sum > 0.0);");
}

function keepFactor(p: Problem): string {
  return p.rate > 0 ? "attention_keep(g, i, c)[c & 3u]" : "1.0";
}

function pass(
  p: Problem,
  ctx: LowerContext,
  name: string,
  inputs: readonly number[],
  write: (row: RowWriter) => void,
) {
  const shape = { rows: p.groups * p.queries, columns: p.keys };
  const built = rowwise(ctx, shape, { name, inputs, outputs: [0] }, (row) => {
    beginRow(p, row);
    write(row);
  });
  return {
    ...built,
    declarations: `${built.declarations ?? ""}\n${elementDeclarations(p)}`,
    usesStepInfo: p.rate > 0,
  };
}

const activation: KernelOperation = {
  name: "attention_weights",
  kind: "kernel",
  infer: (inputs, attrs) => {
    activationProblem(inputs, attrs);
    return [{ shape: inputs[0].shape, dtype: "f32" }];
  },
  vjp: (node, [gradient]) => {
    if (gradient === undefined) return node.inputs.map(() => undefined);
    const p = activationProblem(node.inputs, node.attrs);
    const ds = apply1(activationBackward, [...node.inputs, gradient], node.attrs);
    const result: (Tensor | undefined)[] = [ds];
    if (p.bias !== undefined) result.push(diagonalSums(ds));
    if (p.mask !== undefined) result.push(undefined);
    return result;
  },
  reference: (inputs, attrs) => {
    const p = activationProblem(inputs.map((t) => ({ shape: t.shape, dtype: "f32" })), attrs);
    refuseDropout(p.rate);
    return [{
      shape: inputs[0].shape,
      data: referenceWeightsOfScores(p, inputs, inputs[0].data).weights,
    }];
  },
  cost: ([s], [a]) => ({ flops: 6 * sizeOf(a.shape), bytes: 8 * sizeOf(s.shape) }),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const p = activationProblem(node.inputs, node.attrs);
    const inputs = node.inputs.map((_, k) => k);
    const ok = admissible(p, "i", "c") ?? "true";
    const score = biased(p, load(p, 0, "i", "c"), "i", "c");
    const weight = p.kind === "softmax"
      ? `exp(min(${score} - top, 0.0)) * scale`
      : `attention_weight(${score})`;
    return [pass(p, ctx, "rows", inputs, (row) => {
      row.each(`let weight = select(0.0, ${weight} * ${keepFactor(p)}, ${ok});
${store(p, 0, "i", "c", "weight")}`);
    })];
  },
};

/** Gradient of the scores from [scores, bias?, mask?, gradient of the weights]. */
const activationBackward: KernelOperation = {
  name: "attention_weights_backward",
  kind: "kernel",
  infer: (inputs) => {
    requireTypes("attention_weights_backward", inputs, ["f32"]);
    return [{ shape: inputs[0].shape, dtype: "f32" }];
  },
  vjp: () => {
    throw new Error("attention_weights: second derivatives are not supported");
  },
  reference: (inputs, attrs) => {
    const p = activationProblem(inputs.map((t) => ({ shape: t.shape, dtype: "f32" })), attrs);
    refuseDropout(p.rate);
    const found: ReferenceWeights = referenceWeightsOfScores(p, inputs, inputs[0].data);
    const data = referenceScoreGradients(p, found, inputs[gradientInput(p)].data);
    return [{ shape: inputs[0].shape, data }];
  },
  cost: ([s]) => ({ flops: 10 * sizeOf(s.shape), bytes: 12 * sizeOf(s.shape) }),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const p = activationProblem(node.inputs, node.attrs);
    const inputs = node.inputs.map((_, k) => k);
    const da = load(p, gradientInput(p), "i", "c");
    const element = `let raw = ${load(p, 0, "i", "c")};
let da = ${da};
let keep = ${keepFactor(p)};
${backwardElement(p, "i", "c")}`;
    return [pass(p, ctx, "rows", inputs, (row) => {
      if (p.kind === "softmax") {
        const ok = admissible(p, "i", "c") ?? "true";
        const score = biased(p, load(p, 0, "i", "c"), "i", "c");
        const kept = `select(0.0, exp(min(${score} - top, 0.0)) * scale, ${ok})`;
        row.reduce("sum", "delta", `${kept} * ${da} * ${keepFactor(p)}`);
      }
      row.each(`${element}\n${store(p, 0, "i", "c", "ds")}`);
    })];
  },
};

/**
 * Attention weights [..., T, S] of q [..., T, z] and k [..., S, z], after dropout; the same numbers
 * (and the same dropout mask, given the same stream) as inside `attention`.
 *
 * @throws {ShapeError} when the operands do not fit together.
 */
export function attentionWeights(q: Tensor, k: Tensor, options: AttentionOptions): Tensor {
  const { attrs, extra } = encodeOptions(options);
  return apply1(activation, [matmul(q, k, { transposeB: true }), ...extra], attrs);
}
