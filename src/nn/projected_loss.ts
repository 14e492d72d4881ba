/** Cross entropy of a linear projection. */
import type { Tensor } from "../graph/contract.ts";
import { crossEntropy } from "../../kernels/cross_entropy/mod.ts";
import { exp, log, sub } from "../../kernels/elementwise/mod.ts";
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

/** log softmax over the last axis, stored: to look at and to sample from. */
export function logSoftmax(x: Tensor): Tensor {
  const axis = [x.rank - 1];
  const shifted = sub(x, max(x, axis, true));
  return sub(shifted, log(sum(exp(shifted), axis, true)));
}
