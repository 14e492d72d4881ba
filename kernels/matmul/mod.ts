/**
 * Matrix product C = A B over the last two axes, batched over the leading ones:
 * A [..., M, K] (or [..., K, M] when transposed), B [..., K, N] (or [..., N, K]), C [..., M, N].
 *
 * Gradients: dA = dC Bᵀ, dB = Aᵀ dC, summed over the batch axes along which the operand was repeated.
 * A matrix that the whole batch shares is multiplied once with all rows, and its gradient is one
 * product that contracts over rows and batch together.
 */
import {
  type Attrs,
  type KernelOperation,
  type Node,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { sum } from "../reduce/mod.ts";
import { broadcastShapes, reshape, transpose } from "../view/mod.ts";
import { lowerGpu } from "./gpu.ts";
import { extentsOf, problemOf } from "./problem.ts";
import { matmulReference } from "./reference.ts";
import { lowerSoftware } from "./software.ts";

/** Which operands are stored with their last two axes exchanged. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

function infer([a, b]: readonly TensorType[], attrs: Attrs): TensorType[] {
  requireTypes("matmul", [a, b], ["f32"]);
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new ShapeError("matmul", `[${a.shape}] and [${b.shape}] must have at least two axes`);
  }
  const { rows, columns, inner, other } = extentsOf(a.shape, b.shape, attrs);
  if (inner !== other) {
    const flag = (on: unknown) => on === true ? " transposed" : "";
    throw new ShapeError(
      "matmul",
      `contracted extents ${inner} and ${other} differ: [${a.shape}]${flag(attrs.transposeA)} ` +
        `times [${b.shape}]${flag(attrs.transposeB)}`,
    );
  }
  const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [{ shape: [...batch, rows, columns], dtype: "f32" }];
}

/** Sums over the axes along which an operand of shape `shape` was repeated. */
function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  const missing = gradient.rank - shape.length;
  const axes = gradient.shape.map((_, k) => k).filter((k) =>
    k < missing || (shape[k - missing] === 1 && gradient.shape[k] !== 1)
  );
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape);
}

function vjp(node: Node, [g]: readonly (Tensor | undefined)[]): (Tensor | undefined)[] {
  if (g === undefined) return [undefined, undefined];
  const [a, b] = node.inputs;
  const { transposeA = false, transposeB = false } = node.attrs;
  const da = transposeA
    ? matmul(b, g, { transposeA: transposeB === true, transposeB: true })
    : matmul(g, b, { transposeB: transposeB !== true });
  const db = transposeB
    ? matmul(g, a, { transposeA: true, transposeB: transposeA === true })
    : matmul(a, g, { transposeA: transposeA !== true });
  return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)];
}

function lower(node: Node, ctx: LowerContext): Pass[] {
  const problem = problemOf(node, ctx);
  return ctx.adapterClass === "gpu"
    ? lowerGpu(problem, ctx)
    : lowerSoftware(problem, ctx, ctx.subgroups);
}

const matmulOperation: KernelOperation = {
  name: "matmul",
  kind: "kernel",
  infer,
  // Every element of an operand is loaded many times.
  fusesInput: () => false,
  fusesOutput: () => true,
  lower,
  vjp,
  reference: matmulReference,
  cost: ([a, b], [c], attrs) => ({
    flops: 2 * sizeOf(c.shape) * extentsOf(a.shape, b.shape, attrs).inner,
    bytes: 4 * (sizeOf(a.shape) + sizeOf(b.shape) + sizeOf(c.shape)),
  }),
};

/**
 * Matrix product over the last two axes; leading axes broadcast.
 *
 * @throws {ShapeError} when an operand is not f32, has fewer than two axes, or the extents differ.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  const attrs = { transposeA, transposeB };
  const [{ shape }] = infer([a, b], attrs);
  const shared = sizeOf(b.shape) === b.shape.slice(-2).reduce((x, y) => x * y, 1);
  if (!shared || (a.rank === 2 && b.rank === 2)) return apply1(matmulOperation, [a, b], attrs);
  const rows = transposeA ? transpose(a) : a;
  const flat = reshape(rows, [sizeOf(rows.shape.slice(0, -1)), rows.shape[rows.rank - 1]]);
  const matrix = reshape(b, b.shape.slice(-2));
  return reshape(apply1(matmulOperation, [flat, matrix], { ...attrs, transposeA: false }), shape);
}
