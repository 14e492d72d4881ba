/**
 * Cross entropy of logits against class numbers: loss[r] = log Σ_c exp(x[r, c]) − x[r, label[r]]. The
 * gradient is (softmax(x) − onehot) g, built from the stored log-sum-exp. Also the most likely class.
 */
import { type KernelOperation, ShapeError, sizeOf, type Tensor } from "../../src/graph/contract.ts";
import { apply, apply1 } from "../../src/graph/build.ts";
import { mul, sub } from "../elementwise/mod.ts";
import { rowwise } from "../rowwise.ts";
import { reshape } from "../view/reshape.ts";
import { classTerms, logSumExp, requireLogits, rowsOf } from "./parts.ts";

const crossEntropyOperation: KernelOperation = {
  name: "crossEntropy",
  kind: "kernel",
  infer: (inputs) => {
    requireLogits("crossEntropy", inputs);
    const row = { shape: [inputs[0].shape[0]], dtype: "f32" } as const;
    return [row, row];
  },
  fusesInput: (input) => input === 0,
  fusesOutput: (output) => output === 0,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    const operands = { name: "rows", inputs: [0, 1], outputs: [0, 1] };
    return [rowwise(ctx, { rows, columns }, operands, (row) => {
      row.reduce("max", "top", "in0(row, c)");
      row.reduce("sum", "total", "exp(in0(row, c) - top)");
      row.all("let normaliser = top + log(total);");
      row.once(`out0(row, normaliser - in0(row, min(u32(in1(row)), ${columns - 1}u)));
out1(row, normaliser);`);
    })];
  },
  vjp: (node, [g, gNormaliser]) => {
    if (gNormaliser !== undefined) throw new Error("crossEntropy: the normaliser is internal");
    if (g === undefined) return [undefined, undefined];
    const { column, likelihood, onehot } = classTerms(node.inputs, node.outputs[1]);
    return [mul(sub(likelihood, onehot), column(g)), undefined];
  },
  reference: ([x, labels]) => {
    const normaliser = Float64Array.from(rowsOf(x), logSumExp);
    const columns = x.shape[1];
    const loss = normaliser.map((value, r) => value - x.data[r * columns + labels.data[r]]);
    return [{ shape: [x.shape[0]], data: loss }, { shape: [x.shape[0]], data: normaliser }];
  },
  cost: ([x]) => ({ flops: 12 * sizeOf(x.shape), bytes: 4 * sizeOf(x.shape) }),
};

const argmaxOperation: KernelOperation = {
  name: "argmax",
  kind: "kernel",
  infer: ([x]) => {
    if (x.shape.length !== 2) throw new ShapeError("argmax", `[${x.shape}] is not a matrix`);
    return [{ shape: [x.shape[0]], dtype: "i32" }];
  },
  fusesInput: () => true,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    return [{
      name: "rows",
      inputs: [0],
      outputs: [0],
      workgroupSize: ctx.subgroupSize,
      groups: Math.ceil(rows / ctx.subgroupSize),
      body: `if (thread >= ${rows}u) { return; }
var best = 0u;
var top = in0(thread, 0u);
for (var c = 1u; c < ${columns}u; c++) {
let x = in0(thread, c);
if (x > top) { top = x; best = c; }
}
out0(thread, i32(best));`,
    }];
  },
  vjp: () => [undefined],
  reference: ([x]) => {
    const data = Float64Array.from(rowsOf(x), (row) => row.indexOf(Math.max(...row)));
    return [{ shape: [x.shape[0]], data }];
  },
  cost: ([x]) => ({ flops: sizeOf(x.shape), bytes: 4 * sizeOf(x.shape) }),
};

/**
 * Loss of every row, natural logarithm.
 *
 * @param logits [R, C]. @param labels i32 [R], each in [0, C).
 * @returns [R].
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return apply(crossEntropyOperation, [logits, labels]).outputs[0];
}

/** Number of the largest element along the last axis (the first of equals), i32. */
export function argmax(x: Tensor): Tensor {
  const matrix = reshape(x, [-1, x.shape[x.rank - 1]]);
  return reshape(apply1(argmaxOperation, [matrix]), x.shape.slice(0, -1));
}
