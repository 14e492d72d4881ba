/**
 * Row normalisation without affine parameters.
 *
 * layer: y = (x − mean x) / √(var x + ε); rms: y = x / √(mean x² + ε), both over the last axis. The
 * reciprocal root is a second output, so the gradient needs only y and it:
 * dx = r (g − mean(g) − y mean(g y)), without the mean(g) term for rms.
 */
import {
  type KernelOperation,
  type RefArray,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply, apply1 } from "../../src/graph/build.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { literal } from "../source/generate.ts";
import { reshape } from "../view/reshape.ts";
import { rowwise } from "../rowwise.ts";

/** How rows are normalised. */
export type NormalizeKind = "layer" | "rms";

function eachRow(x: RefArray, visit: (row: Float64Array, index: number) => void): void {
  const [rows, columns] = x.shape;
  for (let r = 0; r < rows; r++) visit(x.data.subarray(r * columns, (r + 1) * columns), r);
}

const average = (row: Float64Array, value: (x: number, i: number) => number) =>
  row.reduce((sum, x, i) => sum + value(x, i), 0) / row.length;

const normalizeOperation: KernelOperation = {
  name: "normalize",
  kind: "kernel",
  infer: ([x]) => {
    requireTypes("normalize", [x], ["f32"]);
    if (x.shape.length !== 2) throw new ShapeError("normalize", `[${x.shape}] is not a matrix`);
    return [{ shape: x.shape, dtype: "f32" }, { shape: [x.shape[0], 1], dtype: "f32" }];
  },
  fusesInput: () => false,
  fusesOutput: (output) => output === 0,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    const operands = { name: "rows", inputs: [0], outputs: [0, 1] };
    const scale = literal(1 / columns, "f32");
    return [rowwise(ctx, { rows, columns }, operands, (row) => {
      if (node.attrs.kind === "layer") {
        row.reduce("sum", "total", "in0(row, c)");
        row.all(`let center = total * ${scale};`);
      } else row.all("let center = 0.0f;");
      row.reduce("sum", "squares", "(in0(row, c) - center) * (in0(row, c) - center)");
      row.all(
        `let r = 1.0f / sqrt(squares * ${scale} + ${literal(Number(node.attrs.eps), "f32")});`,
      );
      row.each("out0(row, c, (in0(row, c) - center) * r);");
      row.once("out1(row, 0u, r);");
    })];
  },
  vjp: (node, [g]) => {
    if (g === undefined) return [undefined];
    const [y, r] = node.outputs;
    return [apply1(normalizeGradient, [y, r, g], { kind: node.attrs.kind })];
  },
  reference: ([x], attrs) => {
    const y = new Float64Array(x.data.length);
    const r = new Float64Array(x.shape[0]);
    eachRow(x, (row, i) => {
      const center = attrs.kind === "layer" ? average(row, (value) => value) : 0;
      r[i] = 1 / Math.sqrt(average(row, (value) => (value - center) ** 2) + Number(attrs.eps));
      y.set(row.map((value) => (value - center) * r[i]), i * row.length);
    });
    return [{ shape: x.shape, data: y }, { shape: [x.shape[0], 1], data: r }];
  },
  cost: ([x]) => ({ flops: 7 * sizeOf(x.shape), bytes: 8 * sizeOf(x.shape) }),
};

const normalizeGradient: KernelOperation = {
  name: "normalize.gradient",
  kind: "kernel",
  infer: (inputs) => {
    requireTypes("normalize.gradient", inputs, ["f32"]);
    return [inputs[0]];
  },
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    const operands = { name: "rows", inputs: [0, 1, 2], outputs: [0] };
    const scale = literal(1 / columns, "f32");
    return [rowwise(ctx, { rows, columns }, operands, (row) => {
      row.reduce("sum", "along", "in0(row, c) * in2(row, c)");
      row.all(`let slope = along * ${scale};`);
      if (node.attrs.kind === "layer") {
        row.reduce("sum", "total", "in2(row, c)");
        row.all(`let center = total * ${scale};`);
      } else row.all("let center = 0.0f;");
      row.all("let r = in1(row, 0u);");
      row.each("out0(row, c, r * (in2(row, c) - center - in0(row, c) * slope));");
    })];
  },
  vjp: () => {
    throw new Error("normalize: second derivatives are not supported");
  },
  reference: ([y, r, g], attrs) => {
    const result = new Float64Array(y.data.length);
    eachRow(g, (row, i) => {
      const at = i * row.length;
      const center = attrs.kind === "layer" ? average(row, (value) => value) : 0;
      const slope = average(row, (value, c) => value * y.data[at + c]);
      row.forEach((value, c) =>
        result[at + c] = r.data[i] * (value - center - y.data[at + c] * slope)
      );
    });
    return [{ shape: y.shape, data: result }];
  },
  cost: ([y]) => ({ flops: 8 * sizeOf(y.shape), bytes: 12 * sizeOf(y.shape) }),
};

/** Normalises the last axis of `x`; same shape, no affine parameters. */
export function normalize(x: Tensor, kind: NormalizeKind, eps = 1e-5): Tensor {
  const matrix = reshape(x, [-1, x.shape[x.rank - 1]]);
  return reshape(apply(normalizeOperation, [matrix], { kind, eps }).outputs[0], x.shape);
}
