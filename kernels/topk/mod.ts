/** The k largest elements of every row, in order, with their columns. */
import {
  type KernelOperation,
  type RefArray,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply } from "../../src/graph/build.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { reshape } from "../view/reshape.ts";
import { lowerGpu } from "./gpu.ts";
import { lowerSoftware } from "./software.ts";

/** Value that stands for NaN. */
const lowest = -Math.fround(3.4028234663852886e38);

function topKReference({ shape, data }: RefArray, k: number): RefArray[] {
  const [rows, columns] = shape;
  const values = new Float64Array(rows * k);
  const indices = new Float64Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const x = data.subarray(row * columns, (row + 1) * columns);
    // NaN comes after everything else.
    const rank = (c: number) => Number.isNaN(x[c]) ? 1 : 0;
    const order = Array.from({ length: columns }, (_, c) => c).sort((a, b) =>
      rank(a) - rank(b) || (x[a] < x[b] ? 1 : x[a] > x[b] ? -1 : a - b)
    );
    order.slice(0, k).forEach((c, i) => {
      values[row * k + i] = Number.isNaN(x[c]) ? lowest : x[c];
      indices[row * k + i] = c;
    });
  }
  return [{ shape: [rows, k], data: values }, { shape: [rows, k], data: indices }];
}

const topKOperation: KernelOperation = {
  name: "topK",
  kind: "kernel",
  infer: ([x], attrs) => {
    requireTypes("topK", [x], ["f32"]);
    const k = Number(attrs.k);
    if (x.shape.length !== 2 || !Number.isInteger(k) || k < 1 || k > x.shape[1]) {
      throw new ShapeError("topK", `the ${k} largest elements of the rows of [${x.shape}]`);
    }
    const shape = [x.shape[0], k];
    return [{ shape, dtype: "f32" }, { shape, dtype: "i32" }];
  },
  fusesInput: () => true,
  fusesOutput: () => false,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    const sizes = { rows, columns, k: Number(node.attrs.k) };
    return ctx.adapterClass === "gpu" ? lowerGpu(ctx, sizes) : lowerSoftware(ctx, sizes);
  },
  vjp: () => {
    throw new Error("topK: gradients are not supported");
  },
  reference: ([x], attrs) => topKReference(x, Number(attrs.k)),
  cost: ([x]) => ({ flops: sizeOf(x.shape), bytes: 8 * sizeOf(x.shape) }),
};

/** Outcome of {@link topK}. */
export interface TopK {
  /** f32 [..., k], descending. */
  readonly values: Tensor;
  /** i32 [..., k]: where they are along the last axis; ascending among equal values. */
  readonly indices: Tensor;
}

/**
 * The k largest elements along the last axis. NaN comes last, as the lowest finite number. Not
 * differentiable.
 *
 * @param x f32 [..., C].
 * @throws {ShapeError} unless 1 ≤ k ≤ C.
 */
export function topK(x: Tensor, k: number): TopK {
  const lead = x.shape.slice(0, -1);
  const matrix = reshape(x, [-1, x.shape[x.rank - 1]]);
  const [values, indices] = apply(topKOperation, [matrix], { k }).outputs;
  return { values: reshape(values, [...lead, k]), indices: reshape(indices, [...lead, k]) };
}
