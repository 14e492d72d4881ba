/**
 * Fused attention: o = dropout(f(q kᵀ + bias)) v with a Toeplitz relative bias, key and causal masks
 * (Mega, arXiv 2209.10655, equations 13 to 17; softmax, Laplace and squared ReLU). Scores are taken
 * as they are: scale q before the call. Sequences longer than 512 never have their T x S matrices in
 * memory, neither forward nor backward. Registers and workgroup memory do not grow with the width of
 * values.
 */
import { apply, apply1 } from "../../src/graph/build.ts";
import {
  type Attrs,
  type Cost,
  type KernelOperation,
  type RefArray,
  sizeOf,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import { backwardOperands } from "./backward_operands.ts";
import { lowerGpu } from "./gpu.ts";
import { lowerGpuBackward } from "./gpu_backward.ts";
import { type AttentionOptions, encodeOptions } from "./options.ts";
import { pairs, readProblem } from "./problem.ts";
import {
  referenceBiasGradient,
  referenceProduct,
  referenceScoreGradients,
  referenceWeights,
  refuseDropout,
} from "./reference.ts";
import { lowerSoftware } from "./software.ts";
import { lowerSoftwareBackward } from "./software_backward.ts";
import { isStored, lowerStored, lowerStoredBackward } from "./software_stored.ts";

export type { AttentionKind } from "./problem.ts";

export { attentionWeights } from "./weights.ts";
export type { AttentionOptions } from "./options.ts";

function bytes(inputs: readonly TensorType[], outputs: readonly TensorType[]): number {
  return 4 * [...inputs, ...outputs].reduce((sum, t) => sum + sizeOf(t.shape), 0);
}

function cost(
  inputs: readonly TensorType[],
  outputs: readonly TensorType[],
  attrs: Attrs,
  perPair: (depth: number, features: number) => number,
): Cost {
  const p = readProblem("attention", inputs, attrs);
  return {
    flops: pairs(p) * perPair(p.depth, p.features),
    bytes: bytes(inputs, outputs),
  };
}

const attentionOperation: KernelOperation = {
  name: "attention",
  kind: "kernel",
  infer: (inputs, attrs) => {
    const p = readProblem("attention", inputs, attrs);
    const result: TensorType = { shape: [...p.lead, p.queries, p.features], dtype: "f32" };
    return p.kind === "softmax"
      ? [result, { shape: [p.groups, p.queries, 2], dtype: "f32" }]
      : [result];
  },
  vjp: (node, [gradient, statistics]) => {
    if (statistics !== undefined) {
      throw new Error("attention: the row statistics are not differentiable");
    }
    if (gradient === undefined) return node.inputs.map(() => undefined);
    const p = readProblem("attention", node.inputs, node.attrs);
    const saved = p.kind === "softmax" ? node.outputs : [];
    const { outputs } = apply(
      attentionBackward,
      [...node.inputs, gradient, ...saved],
      node.attrs,
    );
    return p.mask === undefined ? [...outputs] : [...outputs, undefined];
  },
  reference: (inputs, attrs) => {
    const p = readProblem("attention", inputs.map(f32), attrs);
    refuseDropout(p.rate);
    const { weights, statistics } = referenceWeights(p, inputs);
    const { queries: T, keys: S, features: h } = p;
    const v = inputs[2].data;
    const data = referenceProduct(
      p.groups,
      T,
      S,
      h,
      (g, i, j) => weights[(g * T + i) * S + j],
      (g, j, e) => v[(g * S + j) * h + e],
    );
    const result = { shape: [...p.lead, T, h], data };
    return p.kind === "softmax"
      ? [result, { shape: [p.groups, T, 2], data: statistics }]
      : [result];
  },
  cost: (inputs, outputs, attrs) => cost(inputs, outputs, attrs, (z, h) => 2 * z + 2 * h + 6),
  fusesInput: () => false,
  fusesOutput: (output) => output === 0,
  lower: (node, ctx) => {
    const p = readProblem("attention", node.inputs, node.attrs);
    if (ctx.adapterClass === "gpu") return lowerGpu(p, ctx);
    return isStored(p) ? lowerStored(p, ctx) : lowerSoftware(p, ctx);
  },
};

/**
 * Gradients of {@link attention}. Inputs: q, k, v, bias?, key mask?, gradient of the result, and for
 * softmax the result and its row statistics. Outputs: dq, dk, dv, and the gradient of the bias.
 */
const attentionBackward: KernelOperation = {
  name: "attention_backward",
  kind: "kernel",
  infer: (inputs, attrs) => {
    const p = readProblem("attention_backward", inputs, attrs);
    const operands = p.bias === undefined ? [0, 1, 2] : [0, 1, 2, p.bias];
    return operands.map((k) => ({ shape: inputs[k].shape, dtype: "f32" as const }));
  },
  vjp: () => {
    throw new Error("attention: second derivatives are not supported");
  },
  reference: (inputs, attrs) => {
    const p = readProblem("attention_backward", inputs.map(f32), attrs);
    refuseDropout(p.rate);
    const { queries: T, keys: S, depth: z, features: h, groups: G } = p;
    const [q, k, v] = inputs.map((t) => t.data);
    const o = inputs[backwardOperands(p).gradient].data;
    const found = referenceWeights(p, inputs);
    const weightGradients = referenceProduct(
      G,
      T,
      h,
      S,
      (g, i, e) => o[(g * T + i) * h + e],
      (g, e, j) => v[(g * S + j) * h + e],
    );
    const ds = referenceScoreGradients(p, found, weightGradients);
    const at = (g: number, i: number, j: number) => (g * T + i) * S + j;
    const dq = referenceProduct(
      G,
      T,
      S,
      z,
      (g, i, j) => ds[at(g, i, j)],
      (g, j, c) => k[(g * S + j) * z + c],
    );
    const dk = referenceProduct(
      G,
      S,
      T,
      z,
      (g, j, i) => ds[at(g, i, j)],
      (g, i, c) => q[(g * T + i) * z + c],
    );
    const dv = referenceProduct(
      G,
      S,
      T,
      h,
      (g, j, i) => found.weights[at(g, i, j)],
      (g, i, e) => o[(g * T + i) * h + e],
    );
    const results = [dq, dk, dv].map((data, n) => ({ shape: inputs[n].shape, data }));
    return p.bias === undefined
      ? results
      : [...results, { shape: [T + S - 1], data: referenceBiasGradient(p, ds) }];
  },
  cost: (inputs, outputs, attrs) => cost(inputs, outputs, attrs, (z, h) => 6 * z + 4 * h + 10),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const p = readProblem("attention_backward", node.inputs, node.attrs);
    const operands = backwardOperands(p);
    if (ctx.adapterClass === "gpu") return lowerGpuBackward(p, operands, ctx);
    return isStored(p)
      ? lowerStoredBackward(p, operands, ctx)
      : lowerSoftwareBackward(p, operands, ctx);
  },
};

function f32(array: RefArray): TensorType {
  return { shape: array.shape, dtype: "f32" };
}

/**
 * Attention of q [..., T, z] to k [..., S, z] with values v [..., S, h]; the result is [..., T, h].
 *
 * @throws {ShapeError} when the operands do not fit together.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { attrs, extra } = encodeOptions(options);
  return apply1(attentionOperation, [q, k, v, ...extra], attrs);
}
