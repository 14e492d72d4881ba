/**
 * How the kernels of the projected cross entropy go through the vocabulary: in chunks, whose logits
 * are in one tile of scratch memory that all chunks share. The passes of a chunk are the same for all
 * chunks, so they are compiled once; where the chunk starts is a number on the device.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import { lowerGpu } from "../matmul/gpu.ts";
import type { Problem } from "../matmul/problem.ts";
import { lowerSoftware } from "../matmul/software.ts";

/** Elements of the tile, 8 MiB. */
const tileElements = 2 ** 21;
/** Least columns of the tile; products with fewer waste their operands. */
const leastColumns = 64;
/** Columns of the tile are a multiple of this, so that products have no ragged edge. */
const columnStep = 16;

/** Extents of a projected cross entropy and of its chunks. */
export interface Extents {
  /** Rows of x. */
  readonly rows: number;
  /** Extent of the contraction of x with the projection. */
  readonly width: number;
  readonly vocabulary: number;
  /** Words of one chunk; the last may hold fewer. */
  readonly chunk: number;
  readonly chunks: number;
}

/** Divides the vocabulary into chunks of equal size whose logits fit the tile. */
export function divide(rows: number, width: number, vocabulary: number): Extents {
  const most = Math.max(leastColumns, Math.floor(tileElements / rows));
  const even = Math.ceil(vocabulary / Math.ceil(vocabulary / most));
  const chunk = Math.ceil(even / columnStep) * columnStep;
  return { rows, width, vocabulary, chunk, chunks: Math.ceil(vocabulary / chunk) };
}

/** A walk over the chunks. */
export interface Walk {
  /** Statements that bind `base`, the first word of the chunk, and `count`, the number of scored rows. */
  readonly bind: string;
  /** f32 [rows, chunk]. */
  readonly tile: Scratch;
  /** WGSL name of the element of the tile at (row, column). */
  at(row: string, column: string): string;
  /** Scratch that every pass reads, to be listed with what the pass uses besides. */
  readonly position: { readonly scratch: Scratch; readonly access: "read" };
  /** Input with the number of scored rows. */
  readonly countInputs: readonly number[];
  /** Ends early where there is nothing to score, for products whose rows are those of x. */
  readonly rowLimit: Pick<Problem, "unwanted">;
  /** The same for products that contract over the rows of x. */
  readonly innerLimit: Pick<Problem, "innerEnd">;
  /** Passes of the whole walk from those of one chunk. */
  passes(chunk: readonly Pass[]): Pass[];
}

/** Sets a walk up. @param countInput Input with the number of scored rows, if not all are. */
export function walkChunks(
  ctx: LowerContext,
  { rows, chunk, chunks }: Extents,
  countInput: number | undefined,
): Walk {
  const position = ctx.scratch(1, "u32");
  const tile = ctx.scratch(rows * chunk);
  const count = countInput === undefined
    ? `${rows}u`
    : `u32(clamp(in${countInput}(0u), 0i, ${rows}i))`;
  const move = (name: string, statement: string): Pass => ({
    name,
    inputs: [],
    outputs: [],
    scratch: [{ scratch: position, access: "write" }],
    workgroupSize: 1,
    groups: 1,
    body: statement,
  });
  const base = `tmp${position.index}[0]`;
  const limited = countInput !== undefined;
  return {
    bind: `let base = ${base};\nlet count = ${count};`,
    tile,
    at: (row, column) => `tmp${tile.index}[(${row}) * ${chunk}u + ${column}]`,
    position: { scratch: position, access: "read" },
    countInputs: limited ? [countInput] : [],
    rowLimit: limited ? { unwanted: (row) => `${row} >= count` } : {},
    innerLimit: limited ? { innerEnd: "count" } : {},
    passes: (passes) => [
      move("start", `${base} = 0u;`),
      ...Array.from({ length: chunks }, (_, k) => [
        ...(k === 0 ? [] : [move("advance", `${base} += ${chunk}u;`)]),
        ...passes,
      ]).flat(),
    ],
  };
}

/** Lowers a product whose operands and results are what the caller says, named `name`. */
export function product(
  ctx: LowerContext,
  name: string,
  problem: Omit<Problem, "batches">,
  uses: Pick<Pass, "inputs" | "outputs" | "scratch">,
): Pass[] {
  const whole: Problem = { ...problem, batches: 1 };
  const passes = ctx.adapterClass === "gpu"
    ? lowerGpu(whole, ctx)
    : lowerSoftware(whole, ctx, ctx.subgroups);
  return passes.map((pass, k) => ({
    ...pass,
    name: `${name}.${pass.name}`,
    inputs: uses.inputs,
    outputs: k === passes.length - 1 ? uses.outputs : [],
    scratch: [...pass.scratch ?? [], ...uses.scratch ?? []],
  }));
}

/** The logits of a chunk as a product of inputs 0 (x) and 1 (the projection). */
export function logitsProblem(
  { rows, width, vocabulary, chunk }: Extents,
  walk: Walk,
): Omit<Problem, "batches" | "store"> {
  return {
    rows,
    columns: chunk,
    inner: width,
    batchNames: walk.bind,
    left: { base: "", element: (t, k) => `in0(${t}, ${k})`, strides: { row: width, column: 1 } },
    right: {
      base: "",
      element: (k, c) => `in1(min(base + ${c}, ${vocabulary - 1}u), ${k})`,
      strides: { row: 1, column: width },
    },
    ...walk.rowLimit,
  };
}
