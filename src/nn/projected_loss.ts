/** Cross entropy of a linear projection. */
import type { Tensor } from "../graph/contract.ts";
import { crossEntropy } from "../../kernels/cross_entropy/mod.ts";
import { smoothedCrossEntropy } from "../../kernels/cross_entropy/smoothed.ts";
import { exp, log, mul, sub } from "../../kernels/elementwise/mod.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import {
  projectedCrossEntropy,
  projectedVocabulary,
} from "../../kernels/projected_cross_entropy/mod.ts";
import { max, sum } from "../../kernels/reduce/mod.ts";

/**
 * −log softmax(features weightᵀ)[label] of every row, natural logarithm. The logits of large
 * vocabularies are never stored.
 *
 * @param features [R, D]. @param weight [V, D]. @param labels i32 [R], each in [0, V).
 * @returns [R].
 */
export function projectedLoss(features: Tensor, weight: Tensor, labels: Tensor): Tensor {
  if (weight.shape[0] > projectedVocabulary) {
    return projectedCrossEntropy(features, weight, labels).loss;
  }
  return crossEntropy(matmul(features, weight, { transposeB: true }), labels);
}

/** Result of {@link smoothedProjectedLoss}; both [R], nats. */
export interface SmoothedLoss {
  /** (1 − ε) nll + ε/V Σ over all V words −log p. */
  readonly loss: Tensor;
  /** −log p of the label. */
  readonly nll: Tensor;
}

/**
 * {@link projectedLoss} with label smoothing; the logits of large vocabularies are never stored.
 *
 * @param features [R, D]. @param weight [V, D]. @param labels i32 [R], each in [0, V).
 * @param smoothing ε in [0, 1).
 */
export function smoothedProjectedLoss(
  features: Tensor,
  weight: Tensor,
  labels: Tensor,
  smoothing: number,
): SmoothedLoss {
  if (smoothing === 0) {
    const loss = projectedLoss(features, weight, labels);
    return { loss, nll: loss };
  }
  if (weight.shape[0] <= projectedVocabulary) {
    return smoothedCrossEntropy(matmul(features, weight, { transposeB: true }), labels, smoothing);
  }
  const { loss, logSumExp } = projectedCrossEntropy(features, weight, labels, { smoothing });
  const scores = sum(mul(features, gather(weight, labels)), [1]);
  return { loss, nll: sub(logSumExp, scores) };
}

/** log softmax over the last axis, stored: to look at and to sample from. */
export function logSoftmax(x: Tensor): Tensor {
  const axis = [x.rank - 1];
  const shifted = sub(x, max(x, axis, true));
  return sub(shifted, log(sum(exp(shifted), axis, true)));
}
