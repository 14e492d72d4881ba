/** Permutation of axes. */
import { type InlineOperation, ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { numbersAttr } from "./attrs.ts";
import { rowMajor } from "./strided.ts";

function inverse(order: readonly number[]): number[] {
  const result: number[] = [];
  order.forEach((from, to) => result[from] = to);
  return result;
}

const transposeOperation: InlineOperation = {
  name: "transpose",
  kind: "view",
  weight: 0,
  infer: ([source], attrs) => {
    const order = numbersAttr(attrs, "order");
    if (order.toSorted((a, b) => a - b).join() !== source.shape.map((_, k) => k).join()) {
      throw new ShapeError("transpose", `order [${order}] does not permute [${source.shape}]`);
    }
    return [{ shape: order.map((k) => source.shape[k]), dtype: source.dtype }];
  },
  emit: (node, _output, index, ctx) => {
    const source = node.inputs[0];
    const axes = inverse(numbersAttr(node.attrs, "order")).map((k) => index.axes[k]);
    return ctx.load(source, index.at(source.shape, axes));
  },
  restride: (node, _output, strided) => ({
    ...strided,
    strides: numbersAttr(node.attrs, "order").map((k) => strided.strides[k]),
  }),
  vjp: (node, [g]) => [g && transpose(g, inverse(numbersAttr(node.attrs, "order")))],
  reference: ([source], attrs) => {
    const order = numbersAttr(attrs, "order");
    const shape = order.map((k) => source.shape[k]);
    const inner = rowMajor(source.shape);
    const outer = rowMajor(shape);
    const data = source.data.map((_, i) =>
      source.data[
        order.reduce((at, from, k) => at + inner[from] * (Math.floor(i / outer[k]) % shape[k]), 0)
      ]
    );
    return [{ shape, data }];
  },
  cost: () => ({ flops: 0, bytes: 0 }),
};

/**
 * Permutes axes: axis k of the result is axis `order[k]` of the operand. Without an order the last
 * two axes are exchanged.
 *
 * @throws {ShapeError} when `order` is not a permutation.
 */
export function transpose(tensor: Tensor, order?: readonly number[]): Tensor {
  const last = tensor.rank - 1;
  const target = order ??
    [...tensor.shape.keys()].map((k) => k === last ? last - 1 : k === last - 1 ? last : k);
  if (target.every((k, i) => k === i)) return tensor;
  return apply1(transposeOperation, [tensor], { order: [...target] });
}
