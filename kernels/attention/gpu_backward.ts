/**
 * Backward attention for GPUs. One kernel walks over keys and gives dq and the bias gradient, one walks
 * over queries and gives dk and dv; both compute weights again from the row statistics.
 */
import type { LowerContext, Pass } from "../lowering.ts";
import type { BackwardOperands } from "./backward_operands.ts";
import { backwardElement, elementDeclarations, groupAxes, load, store } from "./element.ts";
import { elementShare, gpuMaskOff, overColumns } from "./gpu.ts";
import {
  accumulators,
  forEachGpuTile,
  gpuProducts,
  gpuScores,
  gpuTiling,
  pairAt,
  stepColumns,
  threads,
  workgroupVariables,
  writeAccumulators,
} from "./gpu_parts.ts";
import type { Problem } from "./problem.ts";

/** Workgroups of the first pass when each owns partial sums of the bias gradient: at most 64 MiB. */
function biasWorkgroups(diagonals: number): number {
  return Math.max(64, Math.min(512, Math.floor(2 ** 24 / diagonals)));
}

/** Kernels of the backward pass; outputs 0 dq, 1 dk, 2 dv, 3 the bias gradient if there is a bias. */
export function lowerGpuBackward(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
): Pass[] {
  const rowSums = ctx.scratch(p.groups * p.queries);
  return [
    ...queryPass(p, operands, ctx, `tmp${rowSums.index}`).map((pass) =>
      pass.name === "queries"
        ? {
          ...pass,
          scratch: [{ scratch: rowSums, access: "write" as const }, ...(pass.scratch ?? [])],
        }
        : pass
    ),
    {
      ...keyPass(p, operands, ctx, `tmp${rowSums.index}`),
      scratch: [{ scratch: rowSums, access: "read" }],
    },
  ];
}

function queryPass(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
  rowSums: string,
): Pass[] {
  const softmax = p.kind === "softmax";
  const diagonals = p.bias === undefined ? 0 : p.queries + p.keys - 1;
  const t = gpuTiling(p.groups, p.queries, 2, p.depth, ctx.workgroupMemory);
  const workgroups = diagonals > 0 ? Math.min(t.tiles, biasWorkgroups(diagonals)) : t.tiles;
  const sums = diagonals > 0 ? ctx.scratch(workgroups * diagonals) : undefined;
  const { begin, perRow, columns } = elementShare(p, t);
  const prepare = softmax
    ? `var share = 0.0;
for (var e = lane % ${perRow}u; e < ${p.features}u + zero; e += ${perRow}u) {
share = fma(${load(p, operands.gradient, "i", "e")}, ${load(p, operands.output, "i", "e")}, share);
}
partial[lane] = share;
workgroupBarrier();
var delta = 0.0;
for (var n = 0u; n < ${perRow}u + zero; n++) { delta += partial[er * ${perRow}u + n]; }
if (lane % ${perRow}u == 0u && base + er < ${p.queries}u) {
${rowSums}[g * ${p.queries}u + i] = delta;
}
let top = in${operands.statistics}(g, i, 0u);
let rowSum = in${operands.statistics}(g, i, 1u);
let scale = select(0.0, 1.0 / rowSum, rowSum > 0.0);`
    : "";
  const raw = pairAt("tile_s", "er", "ec + n");
  const gradient = pairAt("tile_d", "er", "ec + n");
  const element = overColumns(p, columns, true, (keep) =>
    `let keep = ${keep};
let raw = ${raw};
let da = ${gradient};
${backwardElement(p, "i", "j", "seen")}
${gradient} = select(0.0, ds, base + er < ${p.queries}u);`);
  const diagonalSums = sums === undefined ? "" : `workgroupBarrier();
if (lane < ${t.rows + stepColumns - 1}u) {
var total = 0.0;
for (var r = 0u; r < ${t.rows}u + zero; r++) {
let c = lane + r - ${t.rows - 1}u;
if (c < ${stepColumns}u) { total += ${pairAt("tile_d", "r", "c")}; }
}
let d = ${p.queries - 1}u + first + lane - (${t.rows - 1}u + base);
if (d < ${diagonals}u) { tmp${sums.index}[group * ${diagonals}u + d] += total; }
}
storageBarrier();`;
  const end = p.causal ? `min(${p.keys}u, base + ${t.rows}u)` : `${p.keys}u + zero`;
  const body = `${
    sums === undefined ? "" : `for (var d = lane; d < ${diagonals}u; d += ${threads}u) {
tmp${sums.index}[group * ${diagonals}u + d] = 0.0;
}
storageBarrier();`
  }
${
    forEachGpuTile(
      t,
      workgroups,
      `${groupAxes(p)}
${gpuMaskOff(p)}
${begin}
${prepare}
${accumulators(t, "dq", p.depth)}
for (var first = 0u; first < ${end}; first += ${stepColumns}u) {
${
        gpuScores(
          t,
          "tile_s",
          p.queries,
          p.keys,
          p.depth,
          (row, x) => load(p, 0, row, x),
          (column, x) => load(p, 1, column, x),
        )
      }
${
        gpuScores(
          t,
          "tile_d",
          p.queries,
          p.keys,
          p.features,
          (row, x) => load(p, operands.gradient, row, x),
          (column, x) => load(p, 2, column, x),
        )
      }
workgroupBarrier();
${element}
${diagonalSums}
${gpuProducts(t, "dq", "tile_d", p.keys, p.depth, (column, e) => load(p, 1, column, e))}
}
${
        writeAccumulators(
          t,
          "dq",
          p.queries,
          p.depth,
          (row, _, e, value) => store(p, 0, row, e, value),
        )
      }`,
    )
  }`;
  const passes: Pass[] = [{
    name: "queries",
    inputs: operands.all,
    outputs: [0],
    scratch: sums === undefined ? [] : [{ scratch: sums, access: "write" }],
    workgroupSize: threads,
    groups: workgroups,
    declarations: `${workgroupVariables(t, ["tile_s", "tile_d"], [])}
${elementDeclarations(p)}`,
    body,
    usesStepInfo: p.rate > 0,
  }];
  if (sums !== undefined) {
    passes.push({
      name: "bias",
      inputs: [],
      outputs: [3],
      scratch: [{ scratch: sums, access: "read" }],
      workgroupSize: 64,
      groups: Math.ceil(diagonals / 64),
      body: `if (thread >= ${diagonals}u) { return; }
var total = 0.0;
for (var w = 0u; w < ${workgroups}u; w++) { total += tmp${sums.index}[w * ${diagonals}u + thread]; }
out3(thread, total);`,
    });
  }
  return passes;
}

function keyPass(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
  rowSums: string,
): Pass {
  const softmax = p.kind === "softmax";
  const width = Math.max(p.depth, p.features);
  const t = gpuTiling(p.groups, p.keys, 2, width, ctx.workgroupMemory);
  // A thread takes one query and some keys in a row, which share Philox blocks.
  const keysPerThread = t.rows * stepColumns / threads;
  const raw = pairAt("tile_s", "er + n", "ec");
  const gradient = pairAt("tile_d", "er + n", "ec");
  const pair = (keep: string) =>
    `let j = min(base + er + n, ${p.keys - 1}u);
let keep = ${keep};
let raw = ${raw};
let da = ${gradient};
${backwardElement(p, "i", "j")}
${raw} = select(0.0, weight, inside);
${gradient} = select(0.0, ds, inside);`;
  const element = `{
let ec = lane % ${stepColumns}u;
let er = lane / ${stepColumns}u * ${keysPerThread}u;
let inside = first + ec < ${p.queries}u;
let i = min(first + ec, ${p.queries - 1}u);
${
    softmax
      ? `let top = in${operands.statistics}(g, i, 0u);
let rowSum = in${operands.statistics}(g, i, 1u);
let scale = select(0.0, 1.0 / rowSum, rowSum > 0.0);
let delta = ${rowSums}[g * ${p.queries}u + i];`
      : ""
  }
${
    p.rate === 0
      ? `for (var n = 0u; n < ${keysPerThread}u + zero; n++) {\n${pair("1.0")}\n}`
      : `for (var block = 0u; block < ${keysPerThread}u + zero; block += 4u) {
let keep4 = attention_keep(g, i, base + er + block);
for (var n = block; n < block + 4u + zero; n++) {
${pair("keep4[n & 3u]")}
}
}`
  }
}`;
  const body = forEachGpuTile(
    t,
    t.tiles,
    `${groupAxes(p)}
${gpuMaskOff(p)}
${accumulators(t, "dk", p.depth)}
${accumulators(t, "dv", p.features)}
for (var first = ${
      p.causal ? "base" : "0u"
    }; first < ${p.queries}u + zero; first += ${stepColumns}u) {
${
      gpuScores(
        t,
        "tile_s",
        p.keys,
        p.queries,
        p.depth,
        (row, x) => load(p, 1, row, x),
        (column, x) => load(p, 0, column, x),
      )
    }
${
      gpuScores(
        t,
        "tile_d",
        p.keys,
        p.queries,
        p.features,
        (row, x) => load(p, 2, row, x),
        (column, x) => load(p, operands.gradient, column, x),
      )
    }
workgroupBarrier();
${element}
${
      gpuProducts(
        t,
        "dv",
        "tile_s",
        p.queries,
        p.features,
        (column, e) => load(p, operands.gradient, column, e),
      )
    }
${gpuProducts(t, "dk", "tile_d", p.queries, p.depth, (column, e) => load(p, 0, column, e))}
}
${
      writeAccumulators(
        t,
        "dk",
        p.keys,
        p.depth,
        (row, _, e, value) => store(p, 1, row, e, value),
      )
    }
${
      writeAccumulators(
        t,
        "dv",
        p.keys,
        p.features,
        (row, _, e, value) => store(p, 2, row, e, value),
      )
    }`,
  );
  return {
    name: "keys",
    inputs: operands.all,
    outputs: [1, 2],
    workgroupSize: threads,
    groups: t.tiles,
    declarations: `${workgroupVariables(t, ["tile_s", "tile_d"], [])}
${elementDeclarations(p)}`,
    body,
    usesStepInfo: p.rate > 0,
  };
}
