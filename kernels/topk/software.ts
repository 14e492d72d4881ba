/** Selection for software adapters: an invocation per row, which works serially. */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { before, keyFunctions } from "./key.ts";
import { segmentPass, type Selection, takeStatements } from "./segments.ts";

/** Lowers the selection of the k largest elements of [rows, columns]. */
export function lowerSoftware(
  ctx: LowerContext,
  sizes: Pick<Selection, "rows" | "columns" | "k">,
): Pass[] {
  const { rows, columns, k } = sizes;
  // A round looks at every segment and at one whole segment.
  const selection = { ...sizes, segments: Math.ceil(Math.sqrt(columns)) };
  const { segments } = selection;
  const size = ctx.subgroupSize;
  const first = segmentPass(ctx, selection, size);
  const { scratch, topKeys, topColumns } = first;
  return [first.pass, {
    name: "select",
    inputs: [],
    outputs: [0, 1],
    scratch,
    workgroupSize: size,
    groups: Math.ceil(rows / size),
    declarations: keyFunctions,
    body: `if (thread >= ${rows}u) { return; }
let row = thread;
for (var rank = 0u; rank < ${k}u; rank++) {
var top = 0u;
var column = ${columns}u;
for (var s = row * ${segments}u; s < (row + 1u) * ${segments}u; s++) {
let key = tmp${topKeys.index}[s];
let at = tmp${topColumns.index}[s];
if (${before("key", "at", "top", "column")}) { top = key; column = at; }
}
out0(row, rank, key_value(top));
out1(row, rank, i32(column));
${takeStatements(selection, first)}
}`,
  }];
}
