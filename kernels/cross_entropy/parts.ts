/** What the cross entropies of logits have in common. */
import {
  type RefArray,
  ShapeError,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { equal, exp, sub } from "../elementwise/mod.ts";
import { iota } from "../source/generate.ts";
import { broadcastTo } from "../view/broadcast.ts";
import { reshape } from "../view/reshape.ts";

/** @throws {ShapeError} unless the operands are logits f32 [R, C] and labels [R]. */
export function requireLogits(name: string, [x, labels]: readonly TensorType[]): void {
  requireTypes(name, [x, labels], ["f32", "integer"]);
  if (x.shape.length !== 2 || labels.shape.join() !== `${x.shape[0]}`) {
    throw new ShapeError(name, `logits [${x.shape}], labels [${labels.shape}]`);
  }
}

/** Terms of the gradients of logits; all [R, C]. */
export interface ClassTerms {
  /** A tensor [R] for every class. */
  readonly column: (t: Tensor) => Tensor;
  /** exp(x − normaliser). */
  readonly likelihood: Tensor;
  /** 1 for the label of a row. */
  readonly onehot: Tensor;
}

/** @param normaliser Log-sum-exp of every row, [R]. */
export function classTerms([x, labels]: readonly Tensor[], normaliser: Tensor): ClassTerms {
  const column = (t: Tensor) => broadcastTo(reshape(t, [x.shape[0], 1]), x.shape);
  const likelihood = exp(sub(x, column(normaliser)));
  const onehot = equal(iota(x.shape, 1, labels.dtype), column(labels));
  return { column, likelihood, onehot };
}

/** Rows of a matrix. */
export function rowsOf(x: RefArray): Float64Array[] {
  const columns = x.shape[1];
  return Array.from(
    { length: x.shape[0] },
    (_, r) => x.data.subarray(r * columns, (r + 1) * columns),
  );
}

/** log Σ exp of a row. */
export function logSumExp(row: Float64Array): number {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
  return top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0));
}
