/**
 * Deterministic scatter-add: contributions to a row are added in ascending positions, whatever the
 * method. Small problems look for the positions of a row: on GPUs a workgroup per row goes through all
 * ids, on software adapters every (row, column) does. Large ones sort the ids, in linear time, and
 * every row adds up its segment.
 */
import type { Node } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { radixSort } from "../sort/radix.ts";

/** Largest number of (table row, position) pairs for which scanning beats sorting. */
const scanLimit = 2 ** 19;
/** The same for GPUs. */
const cooperativeLimit = 2 ** 22;

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

/** Elements of the table that one invocation computes on software adapters, at most. */
const longestTrip = 32;

function sorted(ctx: LowerContext, rows: number, columns: number, positions: number): Pass[] {
  const software = ctx.adapterClass === "software";
  const small = software ? ctx.subgroupSize : 64;
  // Where the segment of a row starts and ends in the sorted order.
  const start = ctx.scratch(rows, "u32");
  const stop = ctx.scratch(rows, "u32");
  const { passes, keys, positions: order } = radixSort(ctx, {
    length: positions,
    bits: Math.ceil(Math.log2(rows + 1)),
    inputs: [0],
    key: (t) => `min(u32(in0(${t})), ${rows}u)`,
  });
  const size = software ? 8 * ctx.subgroupSize : 256;
  const results = rows * columns;
  const trips = software
    ? Math.max(1, Math.min(longestTrip, Math.floor(results / (16 * size))))
    : 1;
  return [...passes, {
    name: "clear",
    inputs: [],
    outputs: [],
    scratch: [{ scratch: start, access: "write" }, { scratch: stop, access: "write" }],
    workgroupSize: small,
    groups: Math.ceil(rows / small),
    body: `if (thread >= ${rows}u) { return; }
tmp${start.index}[thread] = 0u;
tmp${stop.index}[thread] = 0u;`,
  }, {
    name: "segments",
    inputs: [],
    outputs: [],
    scratch: [
      { scratch: keys, access: "read" },
      { scratch: start, access: "write" },
      { scratch: stop, access: "write" },
    ],
    workgroupSize: small,
    groups: Math.ceil(positions / small),
    body: `if (thread >= ${positions}u) { return; }
let v = tmp${keys.index}[thread];
if (v >= ${rows}u) { return; }
if (thread == 0u || tmp${keys.index}[max(thread, 1u) - 1u] != v) { tmp${start.index}[v] = thread; }
if (thread == ${positions - 1}u || tmp${keys.index}[min(thread + 1u, ${positions - 1}u)] != v) {
tmp${stop.index}[v] = thread + 1u;
}`,
  }, {
    name: "sum",
    inputs: [1],
    outputs: [0],
    scratch: [
      { scratch: start, access: "read" },
      { scratch: stop, access: "read" },
      { scratch: order, access: "read" },
    ],
    workgroupSize: size,
    groups: Math.ceil(results / (size * trips)),
    body: `let first = group * ${size * trips}u + lane;
let end = min((group + 1u) * ${size * trips}u, ${results}u);
for (var m = first; m < end; m += ${size}u) {
let v = m / ${columns}u;
let d = m - v * ${columns}u;
var acc = 0.0f;
let last = tmp${stop.index}[v];
if (last > 0u) {
for (var s = tmp${start.index}[v]; s < last; s++) { acc += in1(tmp${order.index}[s], d); }
}
out0(v, d, acc);
}`,
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
  const pairs = rows * positions;
  if (ctx.adapterClass === "gpu") {
    return pairs <= cooperativeLimit
      ? cooperative(rows, columns, positions)
      : sorted(ctx, rows, columns, positions);
  }
  return pairs <= scanLimit
    ? scan(ctx, rows, columns, positions)
    : sorted(ctx, rows, columns, positions);
}
