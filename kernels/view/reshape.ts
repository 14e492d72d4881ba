/** The same elements in the same order under another shape. */
import {
  type InlineOperation,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { shapeAttr } from "./attrs.ts";
import { reshapeStrides } from "./strided.ts";

const reshapeOperation: InlineOperation = {
  name: "reshape",
  kind: "view",
  weight: 0,
  infer: ([source], attrs) => {
    const shape = shapeAttr(attrs);
    if (sizeOf(shape) !== sizeOf(source.shape)) {
      throw new ShapeError("reshape", `[${source.shape}] does not fill [${shape}]`);
    }
    return [{ shape, dtype: source.dtype }];
  },
  emit: (node, _output, index, ctx) => {
    const source = node.inputs[0];
    return ctx.load(source, index.reshaped(source.shape));
  },
  restride: (node, _output, strided) =>
    reshapeStrides(node.inputs[0].shape, strided, node.outputs[0].shape),
  vjp: (node, [g]) => [g && reshape(g, node.inputs[0].shape)],
  reference: ([source], attrs) => [{ shape: shapeAttr(attrs), data: source.data.slice() }],
  cost: () => ({ flops: 0, bytes: 0 }),
};

/**
 * Reshapes; one extent may be -1 and is derived from the others.
 *
 * @throws {ShapeError} when the number of elements differs.
 */
export function reshape(tensor: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, extent) => extent === -1 ? product : product * extent, 1);
  const target = shape.map((extent) => extent === -1 ? tensor.size / known : extent);
  if (target.join() === tensor.shape.join()) return tensor;
  const { node } = tensor;
  const root = node.op === reshapeOperation ? node.inputs[0] : tensor;
  if (target.join() === root.shape.join()) return root;
  return apply1(reshapeOperation, [root], { shape: target });
}

/** Inserts an axis of extent 1. */
export function expandDims(tensor: Tensor, axis: number): Tensor {
  return reshape(tensor, tensor.shape.toSpliced(axis, 0, 1));
}
