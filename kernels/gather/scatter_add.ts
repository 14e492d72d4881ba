/**
 * Deterministic scatter-add. On GPUs a workgroup per table row looks through all ids. On software
 * adapters, for small tables every (row, column) scans the ids; for large ones the positions of each id
 * are linked into lists in ascending order, and every row walks its list.
 */
import type { Node } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";

/** Largest number of (table row, position) pairs for which scanning beats list building. */
const scanLimit = 2 ** 19;

function scan(ctx: LowerContext, rows: number, columns: number, positions: number): Pass[] {
  const size = ctx.subgroupSize;
  const results = rows * columns;
  const splits = Math.max(1, Math.min(16, Math.ceil(positions / 128)));
  const chunk = Math.ceil(positions / splits);
  const parts = ctx.scratch(results * splits);
  return [{
    name: "scan",
    inputs: [0, 1],
    outputs: [],
    scratch: [{ scratch: parts, access: "write" }],
    workgroupSize: size,
    groups: Math.ceil(results * splits / size),
    body: `if (thread >= ${results * splits}u) { return; }
let part = thread / ${results}u;
let m = thread - part * ${results}u;
let v = m / ${columns}u;
let d = m - v * ${columns}u;
let end = min((part + 1u) * ${chunk}u, ${positions}u);
var acc = 0.0f;
for (var t = part * ${chunk}u; t < end; t++) {
if (u32(in0(t)) == v) { acc += in1(t, d); }
}
tmp${parts.index}[thread] = acc;`,
  }, {
    name: "join",
    inputs: [],
    outputs: [0],
    scratch: [{ scratch: parts, access: "read" }],
    workgroupSize: size,
    groups: Math.ceil(results / size),
    body: `if (thread >= ${results}u) { return; }
var acc = 0.0f;
for (var part = 0u; part < ${splits}u; part++) {
acc += tmp${parts.index}[part * ${results}u + thread];
}
let v = thread / ${columns}u;
out0(v, thread - v * ${columns}u, acc);`,
  }];
}

function lists(ctx: LowerContext, rows: number, columns: number, positions: number): Pass[] {
  const size = ctx.subgroupSize;
  const head = ctx.scratch(rows, "u32");
  const next = ctx.scratch(positions, "u32");
  return [{
    name: "clear",
    inputs: [],
    outputs: [],
    scratch: [{ scratch: head, access: "write" }],
    workgroupSize: size,
    groups: Math.ceil(rows / size),
    body: `if (thread < ${rows}u) { tmp${head.index}[thread] = ${positions}u; }`,
  }, {
    name: "link",
    inputs: [0],
    outputs: [],
    scratch: [{ scratch: head, access: "write" }, { scratch: next, access: "write" }],
    workgroupSize: size,
    groups: Math.ceil(positions / size),
    body: `if (thread >= ${positions}u) { return; }
let v = u32(in0(thread));
var after = thread + 1u;
while (after < ${positions}u && u32(in0(after)) != v) { after++; }
tmp${next.index}[thread] = after;
var before = thread;
while (before > 0u && u32(in0(before - 1u)) != v) { before--; }
if (before == 0u && v < ${rows}u) { tmp${head.index}[v] = thread; }`,
  }, {
    name: "walk",
    inputs: [1],
    outputs: [0],
    scratch: [{ scratch: head, access: "read" }, { scratch: next, access: "read" }],
    workgroupSize: size,
    groups: Math.ceil(rows * columns / size),
    body: `if (thread >= ${rows * columns}u) { return; }
let v = thread / ${columns}u;
let d = thread - v * ${columns}u;
var acc = 0.0f;
for (var t = tmp${head.index}[v]; t < ${positions}u; t = tmp${next.index}[t]) {
acc += in1(t, d);
}
out0(v, d, acc);`,
  }];
}

/** Ids that a workgroup looks at together, which is also its number of invocations. */
const idBlock = 64;

function cooperative(rows: number, columns: number, positions: number): Pass[] {
  const columnBlocks = Math.ceil(columns / idBlock);
  return [{
    name: "rows",
    inputs: [0, 1],
    outputs: [0],
    workgroupSize: idBlock,
    groups: rows * columnBlocks,
    declarations: `var<workgroup> ids: array<u32, ${idBlock}>;`,
    body: `let v = group / ${columnBlocks}u;
let d = group % ${columnBlocks}u * ${idBlock}u + lane;
let column = min(d, ${columns - 1}u);
var acc = 0.0f;
for (var first = 0u; first < ${positions}u; first += ${idBlock}u) {
workgroupBarrier();
let own = first + lane;
ids[lane] = select(${rows}u, u32(in0(min(own, ${positions - 1}u))), own < ${positions}u);
workgroupBarrier();
for (var t = first; t < first + ${idBlock}u; t++) {
if (ids[t - first] == v) { acc += in1(t, column); }
}
}
if (d < ${columns}u) { out0(v, d, acc); }`,
  }];
}

/** Lowers `scatterAdd` by the cheapest method. */
export function lowerScatterAdd(node: Node, ctx: LowerContext): Pass[] {
  const [rows, columns] = node.outputs[0].shape;
  const positions = node.inputs[0].size;
  if (ctx.adapterClass === "gpu") return cooperative(rows, columns, positions);
  return rows * positions <= scanLimit
    ? scan(ctx, rows, columns, positions)
    : lists(ctx, rows, columns, positions);
}
