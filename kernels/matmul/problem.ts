/** A matrix product as the kernels see it: extents, batch axes, and WGSL accesses to both operands. */
import type { Attrs, Node, Shape } from "../../src/graph/contract.ts";
import { sizeOf } from "../../src/graph/contract.ts";
import type { LowerContext } from "../../src/graph/lowering.ts";

/** Access to one operand from WGSL. */
export interface OperandAccess {
  /** Statement that binds what depends on the batch only; may be empty. */
  readonly base: string;
  /** The element of the matrix at (row, column), both WGSL u32 expressions. */
  element(row: string, column: string): string;
  /** Strides of the matrix when it is a plain strided view. */
  readonly strides: { readonly row: number; readonly column: number } | undefined;
}

/** A batched matrix product C[z] = A[z] B[z]. */
export interface Problem {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  /** Extent of the contracted axis. */
  readonly inner: number;
  /** Statements that bind one name per batch axis from the batch number `z`. */
  readonly batchNames: string;
  /** A as [rows, inner]. */
  readonly left: OperandAccess;
  /** B as [inner, columns]. */
  readonly right: OperandAccess;
  /** Statement that hands a finished element to the epilogue. */
  store(row: string, column: string, value: string): string;
  /**
   * Condition under which no result from this row and column on is wanted, the same for a whole
   * workgroup; what is not wanted may or may not be stored.
   */
  unwanted?(row: string, column: string): string;
  /** u32 expression, the same for all invocations: where the contraction ends before `inner`. */
  readonly innerEnd?: string;
}

/** Extents of a product. */
export interface Extents {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/** Rows, columns and contracted extent for operand shapes. */
export function extentsOf(left: Shape, right: Shape, attrs: Attrs): Extents & { other: number } {
  const [a0, a1] = left.slice(-2);
  const [b0, b1] = right.slice(-2);
  return {
    rows: attrs.transposeA ? a1 : a0,
    inner: attrs.transposeA ? a0 : a1,
    other: attrs.transposeB ? b1 : b0,
    columns: attrs.transposeB ? b0 : b1,
  };
}

function access(
  node: Node,
  input: number,
  transposed: boolean,
  names: readonly string[],
  ctx: LowerContext,
): OperandAccess {
  const { shape } = node.inputs[input];
  const batchRank = shape.length - 2;
  const missing = names.length - batchRank;
  const axes = shape.slice(0, batchRank).map((extent, k) =>
    extent === 1 ? "0u" : names[k + missing]
  );
  const strided = ctx.strided(input);
  if (strided === undefined) {
    return {
      base: "",
      element: (row, column) => {
        const last = transposed ? [column, row] : [row, column];
        return `in${input}(${[...axes, ...last].join(", ")})`;
      },
      strides: undefined,
    };
  }
  const { buffer, offset, strides } = strided;
  const terms = axes
    .map((name, k) => name === "0u" || strides[k] === 0 ? "" : `${name} * ${strides[k]}u`)
    .filter((term) => term !== "");
  if (offset !== 0) terms.push(`${offset}u`);
  const base = `base${input}`;
  const [first, second] = strides.slice(batchRank);
  const row = transposed ? second : first;
  const column = transposed ? first : second;
  const scaled = (position: string, stride: number) =>
    stride === 1 ? position : `(${position}) * ${stride}u`;
  return {
    base: terms.length === 0 ? "" : `let ${base} = ${terms.join(" + ")};`,
    element: (i, j) => {
      const parts = [scaled(i, row), scaled(j, column)];
      return `${buffer}[${[...(terms.length === 0 ? [] : [base]), ...parts].join(" + ")}]`;
    },
    strides: { row, column },
  };
}

/** Reads a product node. */
export function problemOf(node: Node, ctx: LowerContext): Problem {
  const [left, right] = node.inputs;
  const [output] = node.outputs;
  const batch = output.shape.slice(0, -2);
  const names = batch.map((extent, k) => extent === 1 ? "0u" : `z${k}`);
  let stride = 1;
  const lines: string[] = [];
  for (let k = batch.length - 1; k >= 0; k--) {
    if (batch[k] === 1) continue;
    const position = stride === 1 ? "z" : `z / ${stride}u`;
    stride *= batch[k];
    const outermost = stride === sizeOf(batch);
    lines.push(`let z${k} = ${outermost ? position : `${position} % ${batch[k]}u`};`);
  }
  const { rows, columns, inner } = extentsOf(left.shape, right.shape, node.attrs);
  return {
    batches: sizeOf(batch),
    rows,
    columns,
    inner,
    batchNames: lines.join("\n"),
    left: access(node, 0, node.attrs.transposeA === true, names, ctx),
    right: access(node, 1, node.attrs.transposeB === true, names, ctx),
    store: (row, column, value) => `out0(${[...names, row, column, value].join(", ")});`,
  };
}

/** The same product with the roles of both operands exchanged: C^T = B^T A^T. */
export function exchanged(problem: Problem): Problem {
  const flip = (operand: OperandAccess): OperandAccess => ({
    base: operand.base,
    element: (row, column) => operand.element(column, row),
    strides: operand.strides && { row: operand.strides.column, column: operand.strides.row },
  });
  return {
    ...problem,
    rows: problem.columns,
    columns: problem.rows,
    left: flip(problem.right),
    right: flip(problem.left),
    store: (row, column, value) => problem.store(column, row, value),
    ...(problem.unwanted && { unwanted: (row, column) => problem.unwanted?.(column, row) ?? "" }),
  };
}

/** Statement that ends an invocation whose results are not wanted. */
export function leave(problem: Problem, row: string, column: string): string {
  return problem.unwanted ? `if (${problem.unwanted(row, column)}) { return; }` : "";
}
