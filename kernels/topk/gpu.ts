/** Selection for GPUs: a workgroup per row, whose invocations own the segments among them. */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { before, keyFunctions } from "./key.ts";
import { segmentPass, type Selection, takeStatements } from "./segments.ts";

/** Lowers the selection of the k largest elements of [rows, columns]. */
export function lowerGpu(
  ctx: LowerContext,
  sizes: Pick<Selection, "rows" | "columns" | "k">,
): Pass[] {
  const { rows, columns, k } = sizes;
  const size = columns >= 4096 ? 256 : 64;
  // In a round, one invocation looks at its own segments and at one whole segment.
  const segments = Math.min(columns, size * Math.ceil(Math.sqrt(columns / size)));
  const selection = { ...sizes, segments };
  const first = segmentPass(ctx, selection, 64);
  const { scratch, topKeys, topColumns } = first;
  return [first.pass, {
    name: "select",
    inputs: [],
    outputs: [0, 1],
    scratch,
    workgroupSize: size,
    groups: rows,
    declarations: `${keyFunctions}
var<workgroup> lane_key: array<u32, ${size}>;
var<workgroup> lane_column: array<u32, ${size}>;`,
    body: `let row = group;
var stale = true;
var own_key = 0u;
var own_column = ${columns}u;
for (var rank = 0u; rank < ${k}u; rank++) {
if (stale) {
own_key = 0u;
own_column = ${columns}u;
for (var s = lane; s < ${segments}u; s += ${size}u) {
let key = tmp${topKeys.index}[row * ${segments}u + s];
let at = tmp${topColumns.index}[row * ${segments}u + s];
if (${before("key", "at", "own_key", "own_column")}) { own_key = key; own_column = at; }
}
}
lane_key[lane] = own_key;
lane_column[lane] = own_column;
workgroupBarrier();
for (var width = ${size / 2}u; width > 0u; width = width / 2u) {
if (lane < width) {
let key = lane_key[lane + width];
let at = lane_column[lane + width];
if (${before("key", "at", "lane_key[lane]", "lane_column[lane]")}) {
lane_key[lane] = key;
lane_column[lane] = at;
}
}
workgroupBarrier();
}
let top = lane_key[0];
let column = lane_column[0];
workgroupBarrier();
if (lane == 0u) {
out0(row, rank, key_value(top));
out1(row, rank, i32(column));
}
stale = column % ${segments}u % ${size}u == lane;
if (stale) {
${takeStatements(selection, first)}
}
}`,
  }];
}
