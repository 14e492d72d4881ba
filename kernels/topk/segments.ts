/**
 * First pass of the selection: a row is dealt out to segments like cards, so that neighbouring
 * invocations read neighbouring elements, and every segment finds its largest element.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import { keyFunctions } from "./key.ts";

/** Sizes of a selection. */
export interface Selection {
  readonly rows: number;
  readonly columns: number;
  /** Number of elements that are selected. */
  readonly k: number;
  /** Segments of a row; segment s holds the columns s, s + segments, …. */
  readonly segments: number;
}

/** What the first pass leaves behind. */
export interface Segments {
  readonly pass: Pass;
  /** The scratch below, as a pass that reads and writes it has it. */
  readonly scratch: NonNullable<Pass["scratch"]>;
  /** Keys of all elements, [rows, columns]; 0 marks elements that have been taken. */
  readonly keys: Scratch;
  /** Key and column of the largest element of each segment, [rows, segments]. */
  readonly topKeys: Scratch;
  readonly topColumns: Scratch;
}

/** The first pass. */
export function segmentPass(
  ctx: LowerContext,
  { rows, columns, segments }: Selection,
  workgroupSize: number,
): Segments {
  const keys = ctx.scratch(rows * columns, "u32");
  const topKeys = ctx.scratch(rows * segments, "u32");
  const topColumns = ctx.scratch(rows * segments, "u32");
  const all = [keys, topKeys, topColumns];
  const scratch: Segments["scratch"] = all.map((scratch) => ({ scratch, access: "write" }));
  const pass: Pass = {
    name: "segments",
    inputs: [0],
    outputs: [],
    scratch,
    workgroupSize,
    groups: Math.ceil(rows * segments / workgroupSize),
    declarations: keyFunctions,
    body: `if (thread >= ${rows * segments}u) { return; }
let row = thread / ${segments}u;
let segment = thread - row * ${segments}u;
var top = 0u;
var column = segment;
for (var c = segment; c < ${columns}u; c += ${segments}u) {
let key = order_key(in0(row, c));
tmp${keys.index}[row * ${columns}u + c] = key;
if (key > top) { top = key; column = c; }
}
tmp${topKeys.index}[thread] = top;
tmp${topColumns.index}[thread] = column;`,
  };
  return { pass, scratch, keys, topKeys, topColumns };
}

/** Statements that take `column` out of its segment and look for the next largest element there. */
export function takeStatements(
  { columns, segments }: Selection,
  { keys, topKeys, topColumns }: Segments,
): string {
  return `tmp${keys.index}[row * ${columns}u + column] = 0u;
let segment = column % ${segments}u;
var next = 0u;
var next_column = segment;
for (var c = segment; c < ${columns}u; c += ${segments}u) {
let key = tmp${keys.index}[row * ${columns}u + c];
if (key > next) { next = key; next_column = c; }
}
tmp${topKeys.index}[row * ${segments}u + segment] = next;
tmp${topColumns.index}[row * ${segments}u + segment] = next_column;`;
}
