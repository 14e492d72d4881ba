/**
 * Cross entropy of logits = x Wᵀ against labels, fused with the projection: neither the [T, V] logits
 * nor their gradient are ever in memory, only a tile of a few megabytes.
 *
 * loss[t] = (1 − ε) (n[t] − logit[t, label[t]]) + ε / V Σ_v (n[t] − logit[t, v]), with the log-sum-exp
 * n[t] = log Σ_v exp(logit[t, v]); ε as in `fairseq/criterions/label_smoothed_cross_entropy.py`. The
 * gradient computes the logits a second time and takes probabilities from n.
 */
import {
  type KernelOperation,
  ShapeError,
  sizeOf,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import { apply } from "../../src/graph/build.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { add, mul } from "../elementwise/mod.ts";
import { full } from "../source/generate.ts";
import { lowerBackward } from "./backward.ts";
import { lowerForward } from "./forward.ts";
import { backwardReference, forwardReference } from "./reference.ts";

/** Vocabulary up to which a product and a cross entropy of stored logits are the better choice. */
export const projectedVocabulary = 4096;

/** Checks x, the projection, vectors with one element per row, and the row count if there is one. */
function requireOperands(
  op: string,
  x: TensorType,
  projection: TensorType,
  perRow: readonly TensorType[],
  count: TensorType | undefined,
): void {
  if (
    x.shape.length !== 2 || projection.shape.length !== 2 || x.shape[1] !== projection.shape[1]
  ) {
    throw new ShapeError(op, `[${x.shape}] times [${projection.shape}] transposed`);
  }
  for (const { shape } of perRow) {
    if (shape.join() !== `${x.shape[0]}`) {
      throw new ShapeError(op, `[${shape}] for ${x.shape[0]} rows`);
    }
  }
  if (count && count.shape.join() !== "1") {
    throw new ShapeError(op, `the row count is [${count.shape}] instead of [1]`);
  }
}

const forwardOperation: KernelOperation = {
  name: "projectedCrossEntropy",
  kind: "kernel",
  infer: (inputs, { smoothing }) => {
    const [x, projection, labels, count] = inputs;
    requireTypes("projectedCrossEntropy", inputs, ["f32", "f32", "integer", "i32"]);
    requireOperands("projectedCrossEntropy", x, projection, [labels], count);
    if (!(Number(smoothing) >= 0 && Number(smoothing) < 1)) {
      throw new ShapeError("projectedCrossEntropy", `smoothing ${smoothing} is not in [0, 1)`);
    }
    const row: TensorType = { shape: [x.shape[0]], dtype: "f32" };
    return [row, row];
  },
  // Every element of x and of the projection is loaded many times.
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: lowerForward,
  vjp: (node, [ofLoss, ofNormaliser]) => {
    const [x, projection, labels, ...count] = node.inputs;
    const ofLabel = ofLoss ?? full(labels.shape, 0);
    const ofLikelihood = ofNormaliser ? add(ofLabel, ofNormaliser) : ofLabel;
    const operands = [x, projection, labels, node.outputs[1], ofLikelihood, ofLabel, ...count];
    const gradient = apply(gradientOperation, operands, node.attrs);
    return [...gradient.outputs, undefined, ...count.map(() => undefined)];
  },
  reference: forwardReference,
  cost: ([x, projection]) => ({
    flops: x.shape[0] * projection.shape[0] * (2 * x.shape[1] + 12),
    bytes: 4 * (sizeOf(x.shape) + sizeOf(projection.shape) + 3 * x.shape[0]),
  }),
};

const gradientOperation: KernelOperation = {
  name: "projectedCrossEntropy.gradient",
  kind: "kernel",
  infer: (inputs) => {
    const [x, projection, labels, ...rest] = inputs;
    const name = "projectedCrossEntropy.gradient";
    requireTypes(name, inputs, ["f32", "f32", "integer", "f32", "f32", "f32", "i32"]);
    requireOperands(name, x, projection, [labels, ...rest.slice(0, 3)], rest[3]);
    return [x, projection];
  },
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: lowerBackward,
  vjp: () => {
    throw new Error("projectedCrossEntropy: second derivatives are not supported");
  },
  reference: backwardReference,
  cost: ([x, projection]) => ({
    flops: x.shape[0] * projection.shape[0] * (6 * x.shape[1] + 8),
    bytes: 8 * (sizeOf(x.shape) + sizeOf(projection.shape)) + 16 * x.shape[0],
  }),
};

/** Options of {@link projectedCrossEntropy}. */
export interface ProjectedCrossEntropyOptions {
  /** Weight ε in [0, 1) of the uniform distribution in the target (default 0). */
  readonly smoothing?: number;
  /** f32 [T], multiplies the losses: 0 ignores a row. */
  readonly weights?: Tensor;
  /**
   * i32 [1]: only that many rows, the first ones, are scored, and cost anything; the others have loss,
   * log-sum-exp and gradients 0.
   */
  readonly count?: Tensor;
}

/** Outcome of {@link projectedCrossEntropy}. */
export interface ProjectedCrossEntropy {
  /** [T], nats. */
  readonly loss: Tensor;
  /** [T], log Σ_v exp(logit[t, v]). */
  readonly logSumExp: Tensor;
}

/**
 * Loss of every row without stored logits, differentiable in `x` and `projection`.
 *
 * @param x f32 [T, D]. @param projection f32 [V, D]. @param labels i32 [T], each in [0, V) where scored.
 * @throws {ShapeError} when operands do not fit or the smoothing is not in [0, 1).
 */
export function projectedCrossEntropy(
  x: Tensor,
  projection: Tensor,
  labels: Tensor,
  options: ProjectedCrossEntropyOptions = {},
): ProjectedCrossEntropy {
  const { smoothing = 0, weights, count } = options;
  const operands = [x, projection, labels, ...(count ? [count] : [])];
  const [loss, logSumExp] = apply(forwardOperation, operands, { smoothing }).outputs;
  return { loss: weights ? mul(loss, weights) : loss, logSumExp };
}
