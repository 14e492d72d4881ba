/**
 * Streaming attention gradients for software adapters. The first pass has lanes along queries and gives
 * dq and the bias gradient; the second has lanes along keys and gives dk and dv. Both compute scores
 * and weights again, strip by strip.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import type { BackwardOperands } from "./backward_operands.ts";
import { backwardElement, elementDeclarations, groupAxes, load, store } from "./element.ts";
import type { Problem } from "./problem.ts";
import { keyEnd, maskOff, overKeys, overRows } from "./software.ts";
import {
  chunkLength,
  each,
  forEachTile,
  Layout,
  opaqueZero,
  products,
  rowsPerLane,
  scores,
  type Sharing,
  type Strip,
  stripAt,
  tiling,
} from "./software_parts.ts";

/** A matrix [rows of a tile, width] that is summed up over chunks and then written to an output. */
function accumulate(
  sharing: Sharing,
  strip: Strip,
  result: Strip,
  width: number,
  single: boolean,
  matrix: (column: string, e: string) => string,
): string {
  return products(sharing, strip, width, matrix, (e, c, sum) => {
    const at = stripAt(result, e, `${c}u`);
    return `${at} = ${single ? sum : `${sum} + select(${at}, 0.0, first == start)`};`;
  });
}

function writeRows(
  extent: number,
  outputs: readonly { output: number; width: number; result: Strip }[],
  p: Problem,
): string {
  return `for (var c = 0u; c < ${rowsPerLane}u + zero; c++) {
let i = row + c;
if (i < ${extent}u) {
${
    outputs.map(({ output, width, result }) =>
      `for (var e = 0u; e < ${width}u + zero; e++) {
${store(p, output, "i", "e", stripAt(result, "e", "c"))}
}`
    ).join("\n")
  }
}
}`;
}

function chunks(chunk: number, single: boolean, start: string, end: string, body: string): string {
  if (single) {
    return `{ let start = ${start}; let first = start; let count = ${end} - first;
${body}
}`;
  }
  return `let start = ${start};
for (var first = start; first < ${end}; first += ${chunk}u) {
let count = min(${chunk}u, ${end} - first);
${body}
}`;
}

/** Kernels of the backward pass; outputs 0 dq, 1 dk, 2 dv, 3 the bias gradient if there is a bias. */
export function lowerSoftwareBackward(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
): Pass[] {
  const rowSums = ctx.scratch(p.kind === "softmax" ? p.groups * p.queries : 1);
  return [...queryPass(p, operands, ctx, rowSums), keyPass(p, operands, ctx, rowSums)];
}

function queryPass(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
  rowSums: Scratch,
): Pass[] {
  const softmax = p.kind === "softmax";
  const t = tiling(p.groups, p.queries, ctx);
  const chunk = chunkLength(p.keys);
  const diagonals = p.bias === undefined ? 0 : p.queries + p.keys - 1;
  const layout = new Layout();
  layout.reserve("weights", chunk * t.rows);
  layout.reserve("gradients", chunk * t.rows);
  layout.reserve("result", p.depth * t.rows);
  layout.reserve("delta", t.rows);
  layout.reserve("diagonals", diagonals * t.lanes);
  const own = ctx.scratch(layout.size * t.workgroups);
  const buffer = `tmp${own.index}`;
  const region = (name: string): Strip => ({
    buffer,
    start: `${layout.offset(name)}u + mine`,
    columnStride: t.rows,
    rowStride: 1,
  });
  const weights = region("weights");
  const gradients = region("gradients");
  const result = region("result");
  const delta = stripAt(region("delta"), "0u", "c");
  const diagonal = `${buffer}[own + ${layout.offset("diagonals")}u + (${
    p.queries - 1
  }u + j - i) * ${t.lanes}u + lane]`;
  const prepare = softmax
    ? overRows(
      p.queries,
      `var sum = 0.0;
for (var e = 0u; e < ${p.features}u + zero; e++) {
sum = fma(${load(p, operands.gradient, "i", "e")}, ${load(p, operands.output, "i", "e")}, sum);
}
${delta} = sum;
if (row + c < ${p.queries}u) { tmp${rowSums.index}[g * ${p.queries}u + i] = sum; }`,
    )
    : "";
  const element = overRows(
    p.queries,
    `${
      softmax
        ? `let top = in${operands.statistics}(g, i, 0u);
let rowSum = in${operands.statistics}(g, i, 1u);
let scale = select(0.0, 1.0 / rowSum, rowSum > 0.0);
let delta = ${delta};`
        : ""
    }
${
      overKeys(
        p,
        (keep) =>
          `let keep = ${keep};
let raw = ${stripAt(weights, "b", "c")};
let da = ${stripAt(gradients, "b", "c")};
${backwardElement(p, "i", "j")}
${stripAt(gradients, "b", "c")} = ds;
${diagonals > 0 ? `if (row + c < ${p.queries}u) { ${diagonal} += ds; }` : ""}`,
      )
    }`,
  );
  const work = `${
    scores(
      t,
      weights,
      p.keys,
      chunk,
      p.depth,
      (r, x) => load(p, 0, r, x),
      (column, x) => load(p, 1, column, x),
    )
  }
${
    scores(
      t,
      gradients,
      p.keys,
      chunk,
      p.features,
      (r, x) => load(p, operands.gradient, r, x),
      (column, x) => load(p, 2, column, x),
    )
  }
${element}
${
    accumulate(
      t,
      gradients,
      result,
      p.depth,
      chunk === p.keys,
      (column, e) => load(p, 1, column, e),
    )
  }`;
  const body = `${opaqueZero}
let own = group * ${layout.size}u;
let mine = own + lane * ${rowsPerLane}u;
${
    diagonals > 0
      ? `for (var d = 0u; d < ${diagonals}u; d++) { ${buffer}[own + ${
        layout.offset("diagonals")
      }u + d * ${t.lanes}u + lane] = 0.0; }`
      : ""
  }
${
    forEachTile(
      t,
      p.queries,
      `${groupAxes(p)}
${maskOff(p)}
${prepare}
let end = ${keyEnd(p, t.rows)};
${chunks(chunk, chunk === p.keys, "0u", "end", work)}
${writeRows(p.queries, [{ output: 0, width: p.depth, result }], p)}`,
    )
  }`;
  const passes: Pass[] = [{
    name: "queries",
    inputs: operands.all,
    outputs: [0],
    scratch: [{ scratch: rowSums, access: "write" }, { scratch: own, access: "write" }],
    workgroupSize: t.lanes,
    groups: t.workgroups,
    declarations: elementDeclarations(p),
    body,
    usesStepInfo: p.rate > 0,
  }];
  if (diagonals > 0) {
    passes.push({
      name: "bias",
      inputs: [],
      outputs: [3],
      scratch: [{ scratch: own, access: "read" }],
      workgroupSize: t.lanes,
      groups: Math.ceil(diagonals / t.lanes),
      body: `if (thread >= ${diagonals}u) { return; }
var total = 0.0;
for (var w = 0u; w < ${t.workgroups}u; w++) {
let at = w * ${layout.size}u + ${layout.offset("diagonals")}u + thread * ${t.lanes}u;
var part = 0.0;
${each(t.lanes, (lane) => `part += ${buffer}[at + ${lane}u];`)}
total += part;
}
out3(thread, total);`,
    });
  }
  return passes;
}

function keyPass(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
  rowSums: Scratch,
): Pass {
  const softmax = p.kind === "softmax";
  const t = tiling(p.groups, p.keys, ctx);
  const chunk = chunkLength(p.queries);
  const layout = new Layout();
  layout.reserve("weights", chunk * t.rows);
  layout.reserve("gradients", chunk * t.rows);
  layout.reserve("dk", p.depth * t.rows);
  layout.reserve("dv", p.features * t.rows);
  const own = ctx.scratch(layout.size * t.workgroups);
  const region = (name: string): Strip => ({
    buffer: `tmp${own.index}`,
    start: `${layout.offset(name)}u + mine`,
    columnStride: t.rows,
    rowStride: 1,
  });
  const weights = region("weights");
  const gradients = region("gradients");
  const dk = region("dk");
  const dv = region("dv");
  const single = chunk === p.queries;
  const start = p.causal ? "base" : "0u";
  const statistics = softmax
    ? `let top = in${operands.statistics}(g, i, 0u);
let rowSum = in${operands.statistics}(g, i, 1u);
let scale = select(0.0, 1.0 / rowSum, rowSum > 0.0);
let delta = tmp${rowSums.index}[g * ${p.queries}u + i];`
    : "";
  const keep = p.rate > 0 ? "let keep4 = attention_keep(g, i, row);" : "";
  const recompute = `${
    scores(
      t,
      weights,
      p.queries,
      chunk,
      p.depth,
      (r, x) => load(p, 1, r, x),
      (column, x) => load(p, 0, column, x),
    )
  }
${
    scores(
      t,
      gradients,
      p.queries,
      chunk,
      p.features,
      (r, x) => load(p, 2, r, x),
      (column, x) => load(p, operands.gradient, column, x),
    )
  }
for (var b = 0u; b < count; b++) {
let i = first + b;
${statistics}
${keep}
for (var c = 0u; c < ${rowsPerLane}u + zero; c++) {
let j = min(row + c, ${p.keys - 1}u);
let keep = ${p.rate > 0 ? "keep4[(row + c) & 3u]" : "1.0"};
let raw = ${stripAt(weights, "b", "c")};
let da = ${stripAt(gradients, "b", "c")};
${backwardElement(p, "i", "j")}
${stripAt(weights, "b", "c")} = weight;
${stripAt(gradients, "b", "c")} = ds;
}
}`;
  const work = `${recompute}
${
    accumulate(
      t,
      weights,
      dv,
      p.features,
      single,
      (column, e) => load(p, operands.gradient, column, e),
    )
  }
${accumulate(t, gradients, dk, p.depth, single, (column, e) => load(p, 0, column, e))}`;
  const body = `${opaqueZero}
let mine = group * ${layout.size}u + lane * ${rowsPerLane}u;
${
    forEachTile(
      t,
      p.keys,
      `${groupAxes(p)}
${maskOff(p)}
${chunks(chunk, single, start, `(${p.queries}u + zero)`, work)}
${
        writeRows(p.keys, [
          { output: 1, width: p.depth, result: dk },
          { output: 2, width: p.features, result: dv },
        ], p)
      }`,
    )
  }`;
  return {
    name: "keys",
    inputs: operands.all,
    outputs: [1, 2],
    scratch: [{ scratch: rowSums, access: "read" }, { scratch: own, access: "write" }],
    workgroupSize: t.lanes,
    groups: t.workgroups,
    declarations: elementDeclarations(p),
    body,
    usesStepInfo: p.rate > 0,
  };
}
