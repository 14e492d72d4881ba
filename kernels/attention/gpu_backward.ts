/**
 * Backward attention for GPUs. One kernel walks over keys and gives dq and the bias gradient, one walks
 * over queries and gives dk and dv; both compute weights again from the row statistics. Where values
 * are divided among workgroups, a third kernel gives dv.
 */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import type { BackwardOperands } from "./backward_operands.ts";
import { backwardElement, elementDeclarations, groupAxes, load, store } from "./element.ts";
import { featureSplit } from "./gpu_features.ts";
import { gpuMaskOff, keepAt, keepOfRows, queryScores, seenByRows } from "./gpu.ts";
import {
  accumulators,
  acrossColumns,
  components,
  forEachGpuTile,
  gpuProducts,
  gpuScores,
  type GpuTiling,
  gpuTiling,
  overOwnColumns,
  ownRows,
  pairsAt,
  stepColumns,
  vectorOf,
  workgroupVariables,
  writeAccumulators,
} from "./gpu_parts.ts";
import { gpuValuePass } from "./gpu_values.ts";
import type { Problem } from "./problem.ts";
import { each } from "./software_parts.ts";

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
  const split = featureSplit(p);
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
    ...(split === undefined ? [] : [gpuValuePass(p, operands, ctx, split)]),
  ];
}

/**
 * The loop over this invocation's pairs: turns raw scores into weights and gradients of weights into
 * gradients of scores, in place. `head` prepares a column, `pair` one of its four rows: it defines
 * `keep`, and `i` and `j` where those are not at hand.
 */
function overPairs(
  p: Problem,
  t: GpuTiling,
  head: string,
  pair: (r: number) => { readonly begin: string; readonly i: string; readonly j: string },
  seen: (r: number) => string | undefined,
  counts: (r: number) => string,
): string {
  const raw = pairsAt(t, "tile_s", "column");
  const gradient = pairsAt(t, "tile_d", "column");
  return overOwnColumns(`${head}
let raws = ${raw};
let das = ${gradient};
var weights: vec4<f32>;
var slopes: vec4<f32>;
${
    each(4, (r) => {
      const { begin, i, j } = pair(r);
      return `{ ${begin}
let raw = raws.${components[r]};
let da = das.${components[r]};
${backwardElement(p, i, j, seen(r))}
weights.${components[r]} = select(0.0, weight, ${counts(r)});
slopes.${components[r]} = select(0.0, ds, ${counts(r)}); }`;
    })
  }
${raw} = weights;
${gradient} = slopes;`);
}

/** Statements that load `tops` and `scales`, the statistics of this invocation's queries, and `deltas`. */
function queryStatistics(
  p: Problem,
  t: GpuTiling,
  operands: BackwardOperands,
  rowSums: string,
): string {
  if (p.kind !== "softmax") return "";
  const product = (r: number) =>
    `${load(p, operands.gradient, `i${r}`, "e")} * ${load(p, operands.output, `i${r}`, "e")}`;
  const statistic = (which: number) =>
    vectorOf((r) => `in${operands.statistics}(g, i${r}, ${which}u)`);
  return `var share = vec4<f32>(0.0);
for (var e = tx; e < ${p.features}u + zero; e += 16u) { share += ${vectorOf(product)}; }
var deltas = vec4<f32>(0.0);
${acrossColumns(t, "share", "deltas += other;")}
if (tx == 0u) {
${
    each(4, (r) =>
      `if (base + 4u * ty + ${r}u < ${p.queries}u) { ` +
      `${rowSums}[g * ${p.queries}u + i${r}] = deltas.${components[r]}; }`)
  }
}
let tops = ${statistic(0)};
let row_sums = ${statistic(1)};
let scales = select(vec4<f32>(0.0), 1.0 / row_sums, row_sums > vec4<f32>(0.0));`;
}

/** Adds the score gradients of a step along the diagonals of the tile to `sums` in scratch memory. */
function diagonalSums(p: Problem, t: GpuTiling, sums: string, diagonals: number): string {
  return `workgroupBarrier();
for (var n = lane; n < ${t.rows + stepColumns - 1}u; n += ${t.threads}u) {
var total = 0.0;
for (var r = 0u; r < ${t.rows}u + zero; r++) {
let c = n + r - ${t.rows - 1}u;
if (c < ${stepColumns}u) { total += tile_d[c * ${t.rowGroups}u + (r >> 2u)][r & 3u]; }
}
let d = ${p.queries - 1}u + first + n - (${t.rows - 1}u + base);
if (d < ${diagonals}u) { ${sums}[group * ${diagonals}u + d] += total; }
}
storageBarrier();`;
}

function queryPass(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
  rowSums: string,
): Pass[] {
  const softmax = p.kind === "softmax";
  const diagonals = p.bias === undefined ? 0 : p.queries + p.keys - 1;
  const t = gpuTiling(p.groups, p.queries, 2, [p.depth], ctx.workgroupMemory);
  const workgroups = diagonals > 0 ? Math.min(t.tiles, biasWorkgroups(diagonals)) : t.tiles;
  const sums = diagonals > 0 ? ctx.scratch(workgroups * diagonals) : undefined;
  const element = overPairs(
    p,
    t,
    seenByRows(p),
    (r) => ({
      i: `i${r}`,
      j: "j",
      begin: `let keep = ${keepAt(p, r)};` +
        (softmax
          ? ` let top = tops.${components[r]}; let scale = scales.${components[r]};` +
            ` let delta = deltas.${components[r]};`
          : ""),
    }),
    (r) => `seen.${components[r]}`,
    (r) => `base + 4u * ty + ${r}u < ${p.queries}u`,
  );
  const end = p.causal ? `min(${p.keys}u, base + ${t.rows}u)` : `${p.keys}u + zero`;
  const body = `${
    sums === undefined ? "" : `for (var d = lane; d < ${diagonals}u; d += ${t.threads}u) {
tmp${sums.index}[group * ${diagonals}u + d] = 0.0;
}
storageBarrier();`
  }
${
    forEachGpuTile(
      t,
      workgroups,
      `${groupAxes(p)}
${gpuMaskOff(p, t)}
${ownRows("i", p.queries)}
${queryStatistics(p, t, operands, rowSums)}
${accumulators("dq", p.depth)}
for (var first = 0u; first < ${end}; first += ${stepColumns}u) {
${queryScores(p, t)}
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
${keepOfRows(p)}
${element}
${sums === undefined ? "" : diagonalSums(p, t, `tmp${sums.index}`, diagonals)}
${gpuProducts(t, "dq", "tile_d", p.keys, p.depth, (column, e) => load(p, 1, column, e))}
}
${writeAccumulators("dq", p.queries, p.depth, (row, _, e, value) => store(p, 0, row, e, value))}`,
    )
  }`;
  const passes: Pass[] = [{
    name: "queries",
    inputs: operands.all,
    outputs: [0],
    scratch: sums === undefined ? [] : [{ scratch: sums, access: "write" }],
    workgroupSize: t.threads,
    groups: workgroups,
    declarations: `${workgroupVariables(t, ["tile_s", "tile_d"], [p.depth])}
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
  const withValues = featureSplit(p) === undefined;
  const widths = withValues ? [p.depth, p.features] : [p.depth];
  const t = gpuTiling(p.groups, p.keys, 2, widths, ctx.workgroupMemory);
  // The rows are keys, so the four rows of a column share a Philox block.
  const head = `let i = min(first + column, ${p.queries - 1}u);
let inside = first + column < ${p.queries}u;
${p.rate === 0 ? "" : "let keeps = attention_keep(g, i, base + 4u * ty);"}
${
    p.kind === "softmax"
      ? `let top = in${operands.statistics}(g, i, 0u);
let rowSum = in${operands.statistics}(g, i, 1u);
let scale = select(0.0, 1.0 / rowSum, rowSum > 0.0);
let delta = ${rowSums}[g * ${p.queries}u + i];`
      : ""
  }`;
  const element = overPairs(
    p,
    t,
    head,
    (r) => ({
      i: "i",
      j: `j${r}`,
      begin: `let keep = ${p.rate === 0 ? "1.0" : `keeps.${components[r]}`};`,
    }),
    () => undefined,
    () => "inside",
  );
  const body = forEachGpuTile(
    t,
    t.tiles,
    `${groupAxes(p)}
${gpuMaskOff(p, t)}
${ownRows("j", p.keys)}
${accumulators("dk", p.depth)}
${withValues ? accumulators("dv", p.features) : ""}
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
${element}
${
      withValues
        ? gpuProducts(
          t,
          "dv",
          "tile_s",
          p.queries,
          p.features,
          (column, e) => load(p, operands.gradient, column, e),
        )
        : ""
    }
${gpuProducts(t, "dk", "tile_d", p.queries, p.depth, (column, e) => load(p, 0, column, e))}
}
${writeAccumulators("dk", p.keys, p.depth, (row, _, e, value) => store(p, 1, row, e, value))}
${
      withValues
        ? writeAccumulators(
          "dv",
          p.keys,
          p.features,
          (row, _, e, value) => store(p, 2, row, e, value),
        )
        : ""
    }`,
  );
  return {
    name: "keys",
    inputs: operands.all,
    outputs: withValues ? [1, 2] : [1],
    workgroupSize: t.threads,
    groups: t.tiles,
    declarations: `${workgroupVariables(t, ["tile_s", "tile_d"], widths)}
${elementDeclarations(p)}`,
    body,
    usesStepInfo: p.rate > 0,
  };
}
