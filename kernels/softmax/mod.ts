/**
 * Softmax over the last axis: y = exp(x − max x) / Σ exp(x − max x). The gradient is y (g − Σ g y).
 * Masked softmax excludes positions whose mask is 0 without infinities; a row without admissible
 * positions is zero.
 */
import { type KernelOperation, ShapeError, sizeOf, type Tensor } from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { mul, where } from "../elementwise/mod.ts";
import { broadcastTo } from "../view/broadcast.ts";
import { reshape } from "../view/reshape.ts";
import { rowwise } from "../rowwise.ts";

const softmaxOperation: KernelOperation = {
  name: "softmax",
  kind: "kernel",
  infer: ([x]) => {
    requireTypes("softmax", [x], ["f32"]);
    if (x.shape.length !== 2) throw new ShapeError("softmax", `[${x.shape}] is not a matrix`);
    return [x];
  },
  fusesInput: () => true,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    const operands = { name: "rows", inputs: [0], outputs: [0] };
    return [rowwise(ctx, { rows, columns }, operands, (row) => {
      row.reduce("max", "top", "in0(row, c)");
      row.reduce("sum", "total", "exp(in0(row, c) - top)");
      row.all("let scale = 1.0f / total;");
      row.each("out0(row, c, exp(in0(row, c) - top) * scale);");
    })];
  },
  vjp: (node, [g]) => [g && apply1(softmaxGradient, [node.outputs[0], g])],
  reference: ([x]) => {
    const columns = x.shape[1];
    const data = new Float64Array(x.data.length);
    for (let at = 0; at < data.length; at += columns) {
      const row = x.data.subarray(at, at + columns);
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = row.map((value) => Math.exp(value - top));
      const total = powers.reduce((a, b) => a + b, 0);
      data.set(powers.map((value) => value / total), at);
    }
    return [{ shape: x.shape, data }];
  },
  cost: ([x]) => ({ flops: 12 * sizeOf(x.shape), bytes: 8 * sizeOf(x.shape) }),
};

const softmaxGradient: KernelOperation = {
  name: "softmax.gradient",
  kind: "kernel",
  infer: (inputs) => {
    requireTypes("softmax.gradient", inputs, ["f32"]);
    return [inputs[0]];
  },
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    const operands = { name: "rows", inputs: [0, 1], outputs: [0] };
    return [rowwise(ctx, { rows, columns }, operands, (row) => {
      row.reduce("sum", "along", "in0(row, c) * in1(row, c)");
      row.each("out0(row, c, in0(row, c) * (in1(row, c) - along));");
    })];
  },
  vjp: () => {
    throw new Error("softmax: second derivatives are not supported");
  },
  reference: ([y, g]) => {
    const columns = y.shape[1];
    const data = y.data.map((value, i) => {
      const at = i - i % columns;
      let along = 0;
      for (let c = at; c < at + columns; c++) along += y.data[c] * g.data[c];
      return value * (g.data[i] - along);
    });
    return [{ shape: y.shape, data }];
  },
  cost: ([y]) => ({ flops: 4 * sizeOf(y.shape), bytes: 12 * sizeOf(y.shape) }),
};

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  const matrix = reshape(x, [-1, x.shape[x.rank - 1]]);
  return reshape(apply1(softmaxOperation, [matrix]), x.shape);
}

/**
 * Softmax over the positions whose mask is not 0; the others get 0.
 *
 * @param mask Broadcastable to `x`, f32.
 */
export function maskedSoftmax(x: Tensor, mask: Tensor): Tensor {
  const spread = broadcastTo(mask, x.shape);
  return mul(softmax(where(spread, x, -3e38)), spread);
}
