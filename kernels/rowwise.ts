/**
 * Kernels over the rows of a matrix. The author writes reductions and loops over one row; the row is
 * worked on by one invocation (software adapters, short rows) or by a workgroup with tree
 * reductions (GPUs).
 */
import type { LowerContext, Pass } from "../src/graph/lowering.ts";

/** Writes the statements of one row. `row` and, inside loops, `c` are u32 variables. */
export interface RowWriter {
  /** Declares `name` as the sum or maximum over the row of an f32 expression of `c`. */
  reduce(kind: "sum" | "max", name: string, expression: string): void;
  /** Statements that run for every column `c`. */
  each(statements: string): void;
  /** Statements that run once per row. */
  once(statements: string): void;
  /** Statements in the scope of the row, run by every invocation that works on it. */
  all(statements: string): void;
}

/** Shape of the work. */
export interface RowwiseShape {
  readonly rows: number;
  readonly columns: number;
}

/** Builds the pass. */
export function rowwise(
  ctx: LowerContext,
  { rows, columns }: RowwiseShape,
  operands: Pick<Pass, "name" | "inputs" | "outputs">,
  write: (row: RowWriter) => void,
): Pass {
  const shared = ctx.adapterClass === "gpu" && columns >= 64;
  const size = shared ? (columns >= 512 ? 256 : 64) : ctx.subgroupSize;
  const lines: string[] = [];
  const loop = shared
    ? `for (var c = lane; c < ${columns}u; c += ${size}u)`
    : `for (var c = 0u; c < ${columns}u; c++)`;
  const lowest = "-3.4028234e38f";
  write({
    reduce(kind, name, expression) {
      const join = (a: string, b: string) => (kind === "max" ? `max(${a}, ${b})` : `${a} + ${b}`);
      const part = shared ? `${name}_part` : name;
      lines.push(`var ${part} = ${kind === "max" ? lowest : "0.0f"};`);
      lines.push(`${loop} { ${part} = ${join(part, `(${expression})`)}; }`);
      if (shared) lines.push(`let ${name} = tree_${kind}(lane, ${part});`);
    },
    each: (statements) => lines.push(`${loop} {\n${statements}\n}`),
    once: (statements) => lines.push(shared ? `if (lane == 0u) {\n${statements}\n}` : statements),
    all: (statements) => lines.push(statements),
  });
  const tree = (kind: "sum" | "max") =>
    `fn tree_${kind}(lane: u32, value: f32) -> f32 {
partial[lane] = value;
workgroupBarrier();
for (var width = ${size / 2}u; width > 0u; width = width / 2u) {
if (lane < width) { partial[lane] = ${
      kind === "max"
        ? "max(partial[lane], partial[lane + width])"
        : "partial[lane] + partial[lane + width]"
    }; }
workgroupBarrier();
}
let result = partial[0];
workgroupBarrier();
return result;
}`;
  const head = shared
    ? "let row = group;"
    : `if (thread >= ${rows}u) { return; }\nlet row = thread;`;
  return {
    ...operands,
    workgroupSize: size,
    groups: shared ? rows : Math.ceil(rows / size),
    declarations: shared
      ? `var<workgroup> partial: array<f32, ${size}>;\n${tree("sum")}\n${tree("max")}`
      : "",
    body: `${head}\n${lines.join("\n")}`,
  };
}
