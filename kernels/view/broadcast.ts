/** Broadcasting: repeats along axes of extent 1 and new leading axes. */
import {
  type InlineOperation,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { reshape } from "./reshape.ts";
import { rowMajor } from "./strided.ts";
import { shapeAttr } from "./attrs.ts";

/** Common shape of two operands by the usual trailing-axis rule. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, k) => {
    const m = a[k - rank + a.length] ?? 1;
    const n = b[k - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(op, `shapes [${a}] and [${b}] do not broadcast`);
    }
    return m === 1 ? n : m;
  });
}

const broadcastOperation: InlineOperation = {
  name: "broadcast",
  kind: "view",
  weight: 0,
  infer: ([source], attrs) => {
    const shape = shapeAttr(attrs);
    if (source.shape.length !== shape.length) {
      throw new ShapeError("broadcast", `rank ${source.shape.length} to rank ${shape.length}`);
    }
    return [{ shape, dtype: source.dtype }];
  },
  emit: (node, _output, index, ctx) => {
    const source = node.inputs[0];
    const axes = source.shape.map((extent, k) => extent === 1 ? "0u" : index.axes[k]);
    return ctx.load(source, index.at(source.shape, axes));
  },
  restride: (node, _output, strided) => ({
    ...strided,
    strides: strided.strides.map((stride, k) => node.inputs[0].shape[k] === 1 ? 0 : stride),
  }),
  vjp: (node, [g], operations) => {
    if (g === undefined) return [undefined];
    const source = node.inputs[0].shape;
    const axes = source.flatMap((extent, k) => extent === g.shape[k] ? [] : [k]);
    return [operations.sum(g, axes, true)];
  },
  reference: ([source], attrs) => {
    const shape = shapeAttr(attrs);
    const strides = rowMajor(source.shape).map((s, k) => source.shape[k] === 1 ? 0 : s);
    const outer = rowMajor(shape);
    const data = new Float64Array(sizeOf(shape)).map((_, i) =>
      source.data[
        strides.reduce((at, stride, k) => at + stride * (Math.floor(i / outer[k]) % shape[k]), 0)
      ]
    );
    return [{ shape, data }];
  },
  cost: () => ({ flops: 0, bytes: 0 }),
};

/**
 * Repeats `tensor` to `shape`; axes are aligned at the end.
 *
 * @throws {ShapeError} when an extent is neither 1 nor the target extent.
 */
export function broadcastTo(tensor: Tensor, shape: Shape): Tensor {
  if (tensor.shape.join() === shape.join()) return tensor;
  const aligned = [...new Array(shape.length - tensor.rank).fill(1), ...tensor.shape];
  if (
    aligned.length !== shape.length ||
    aligned.some((extent, k) => extent !== 1 && extent !== shape[k])
  ) {
    throw new ShapeError("broadcast", `[${tensor.shape}] does not broadcast to [${shape}]`);
  }
  const lifted = reshape(tensor, aligned);
  if (aligned.join() === shape.join()) return lifted;
  return apply1(broadcastOperation, [lifted], { shape: [...shape] });
}
