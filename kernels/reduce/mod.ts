/** Reductions along axes: sum, mean, maximum. */
import {
  type Attrs,
  type KernelOperation,
  type RefArray,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { equal, mul } from "../elementwise/mod.ts";
import { broadcastTo } from "../view/broadcast.ts";
import { reshape } from "../view/reshape.ts";
import { numbersAttr } from "../view/attrs.ts";
import { rowMajor } from "../view/strided.ts";
import { lowerReduce } from "./lower.ts";

function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, k) => axes.includes(k) ? 1 : extent);
}

function combine(attrs: Attrs): (a: number, b: number) => number {
  return attrs.kind === "max" ? Math.max : (a, b) => a + b;
}

function reduceReference([source]: readonly RefArray[], attrs: Attrs): RefArray[] {
  const shape = keptShape(source.shape, numbersAttr(attrs, "axes"));
  const data = new Float64Array(sizeOf(shape)).fill(attrs.kind === "max" ? -Infinity : 0);
  const inner = rowMajor(source.shape);
  const outer = rowMajor(shape);
  const join = combine(attrs);
  source.data.forEach((value, i) => {
    const at = shape.reduce(
      (sum, extent, k) => sum + (extent === 1 ? 0 : Math.floor(i / inner[k]) % extent * outer[k]),
      0,
    );
    data[at] = join(data[at], value);
  });
  return [{ shape, data }];
}

const reduceOperation: KernelOperation = {
  name: "reduce",
  kind: "kernel",
  infer: ([source], attrs) => {
    const axes = numbersAttr(attrs, "axes");
    if (axes.some((k) => k < 0 || k >= source.shape.length)) {
      throw new ShapeError("reduce", `axes [${axes}] of [${source.shape}]`);
    }
    if (attrs.kind === "max" && source.dtype === "u32") {
      throw new ShapeError("reduce", "the maximum needs f32 or i32, not u32");
    }
    return [{ shape: keptShape(source.shape, axes), dtype: source.dtype }];
  },
  fusesInput: () => true,
  fusesOutput: () => true,
  lower: lowerReduce,
  vjp: (node, [g]) => {
    const source = node.inputs[0];
    if (g === undefined) return [undefined];
    const spread = broadcastTo(g, source.shape);
    if (node.attrs.kind === "sum") return [spread];
    // All positions that attain the maximum receive the gradient.
    return [mul(spread, equal(source, broadcastTo(node.outputs[0], source.shape)))];
  },
  reference: reduceReference,
  cost: ([source], [result]) => ({
    flops: sizeOf(source.shape),
    bytes: 4 * (sizeOf(source.shape) + sizeOf(result.shape)),
  }),
};

function reduce(tensor: Tensor, kind: string, axes: readonly number[], keepDims: boolean): Tensor {
  const wanted = axes.filter((k) => tensor.shape[k] !== 1).toSorted((a, b) => a - b);
  const result = wanted.length === 0
    ? tensor
    : apply1(reduceOperation, [tensor], { kind, axes: wanted });
  return keepDims ? result : reshape(result, tensor.shape.filter((_, k) => !axes.includes(k)));
}

const everyAxis = (tensor: Tensor) => tensor.shape.map((_, k) => k);

/** Sum over `axes` (default: all), in a fixed order. */
export function sum(tensor: Tensor, axes = everyAxis(tensor), keepDims = false): Tensor {
  return reduce(tensor, "sum", axes, keepDims);
}

/** Arithmetic mean over `axes` (default: all). */
export function mean(tensor: Tensor, axes = everyAxis(tensor), keepDims = false): Tensor {
  const count = axes.reduce((product, k) => product * tensor.shape[k], 1);
  return mul(sum(tensor, axes, keepDims), 1 / count);
}

/** Largest value over `axes` (default: all). */
export function max(tensor: Tensor, axes = everyAxis(tensor), keepDims = false): Tensor {
  return reduce(tensor, "max", axes, keepDims);
}
