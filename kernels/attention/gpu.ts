/** Forward attention for GPUs: a workgroup per tile of queries, online softmax over tiles of keys. */
import type { LowerContext, Pass } from "../lowering.ts";
import {
  admissible,
  biased,
  elementDeclarations,
  EXCLUDED,
  groupAxes,
  keyMask,
  load,
  needsMaskOff,
  store,
} from "./element.ts";
import {
  accumulators,
  forEachGpuTile,
  gpuProducts,
  gpuScores,
  type GpuTiling,
  gpuTiling,
  pairAt,
  stepColumns,
  threads,
  workgroupVariables,
  writeAccumulators,
} from "./gpu_parts.ts";
import { forwardInputs, type Problem } from "./problem.ts";
import { each } from "./software_parts.ts";

/** Statements that define `mask_off`, where softmax needs it. */
export function gpuMaskOff(p: Problem): string {
  if (!needsMaskOff(p)) return "";
  return `if (lane == 0u) { atomicStore(&valid_keys, 0u); }
workgroupBarrier();
for (var j = lane; j < ${p.keys}u + zero; j += ${threads}u) {
if (${keyMask(p, "j")} != 0.0) { atomicOr(&valid_keys, 1u); }
}
workgroupBarrier();
let mask_off = atomicLoad(&valid_keys) == 0u;`;
}

/**
 * Statements that give this invocation its share of a pair tile: row `er` of the tile, query `i`,
 * and `columnsPerThread` columns from `ec`.
 */
export function elementShare(p: Problem, t: GpuTiling): {
  readonly begin: string;
  readonly perRow: number;
  readonly columns: number;
} {
  const perRow = threads / t.rows;
  const columns = stepColumns / perRow;
  return {
    perRow,
    columns,
    begin: `let er = lane / ${perRow}u;
let ec = (lane % ${perRow}u) * ${columns}u;
let i = min(base + er, ${p.queries - 1}u);`,
  };
}

/**
 * The loop over this invocation's columns: `n` from `ec`, `j` clamped, `seen` whether the pair
 * counts. `step` receives the dropout factor.
 */
export function overColumns(
  p: Problem,
  columns: number,
  dropout: boolean,
  step: (keep: string) => string,
): string {
  const ok = admissible(p, "i", "j");
  const head = `let j = min(first + ec + n, ${p.keys - 1}u);
let seen = first + ec + n < ${p.keys}u${ok === undefined ? "" : ` && ${ok}`};`;
  if (!dropout || p.rate === 0) {
    return `for (var n = 0u; n < ${columns}u + zero; n++) {\n${head}\n${step("1.0")}\n}`;
  }
  return `for (var block = 0u; block < ${columns}u + zero; block += 4u) {
let keep4 = attention_keep(g, i, first + ec + block);
for (var n = block; n < block + 4u + zero; n++) {
${head}
${step("keep4[n & 3u]")}
}
}`;
}

function softmaxStep(p: Problem, t: GpuTiling): string {
  const { perRow, columns } = elementShare(p, t);
  const s = pairAt("tile_s", "er", "ec + n");
  return `let before = row_top[er];
var top = before;
${
    overColumns(p, columns, false, () =>
      `let s = select(${EXCLUDED}, ${biased(p, s, "i", "j")}, seen);
${s} = s;
top = max(top, s);`)
  }
partial[lane] = top;
workgroupBarrier();
for (var n = 0u; n < ${perRow}u + zero; n++) { top = max(top, partial[er * ${perRow}u + n]); }
var sum = 0.0;
${
    overColumns(p, columns, true, (keep) =>
      `let s = ${s};
let power = select(0.0, exp(s - top), seen);
sum += power;
${s} = power * ${keep};`)
  }
workgroupBarrier();
partial[lane] = sum;
workgroupBarrier();
if (lane % ${perRow}u == 0u) {
sum = 0.0;
for (var n = 0u; n < ${perRow}u + zero; n++) { sum += partial[er * ${perRow}u + n]; }
let rescale = exp(before - top);
row_scale[er] = rescale;
row_sum[er] = row_sum[er] * rescale + sum;
row_top[er] = top;
}
workgroupBarrier();
${
    each(t.rowsPerThread, (r) =>
      `let f${r} = row_scale[ty * ${t.rowsPerThread}u + ${r}u];
${each(Math.ceil(p.features / 16), (f) => `o${r}_${f} *= f${r};`)}`)
  }`;
}

/** Kernel of the forward pass. Outputs: 0 the result, 1 the row statistics of softmax. */
export function lowerGpu(p: Problem, ctx: LowerContext): Pass[] {
  const softmax = p.kind === "softmax";
  const t = gpuTiling(p.groups, p.queries, 1, p.features, ctx.workgroupMemory);
  const { begin, columns } = elementShare(p, t);
  const s = pairAt("tile_s", "er", "ec + n");
  const step = softmax ? softmaxStep(p, t) : overColumns(
    p,
    columns,
    true,
    (keep) => `${s} = select(0.0, attention_weight(${biased(p, s, "i", "j")}) * ${keep}, seen);`,
  );
  const end = p.causal ? `min(${p.keys}u, base + ${t.rows}u)` : `${p.keys}u + zero`;
  const body = forEachGpuTile(
    t,
    t.tiles,
    `${groupAxes(p)}
${gpuMaskOff(p)}
${softmax ? `if (lane < ${t.rows}u) { row_top[lane] = ${EXCLUDED}; row_sum[lane] = 0.0; }` : ""}
${accumulators(t, "o", p.features)}
${begin}
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
workgroupBarrier();
${step}
${gpuProducts(t, "o", "tile_s", p.keys, p.features, (column, e) => load(p, 2, column, e))}
}
${
      softmax
        ? `if (lane < ${t.rows}u && base + lane < ${p.queries}u) {
out1(g, base + lane, 0u, row_top[lane]);
out1(g, base + lane, 1u, row_sum[lane]);
}`
        : ""
    }
${
      writeAccumulators(
        t,
        "o",
        p.queries,
        p.features,
        (row, tileRow, e, value) =>
          softmax
            ? `{ let sum = row_sum[${tileRow}];
${store(p, 0, row, e, `${value} * select(0.0, 1.0 / sum, sum > 0.0)`)} }`
            : store(p, 0, row, e, value),
      )
    }`,
  );
  return [{
    name: "forward",
    inputs: forwardInputs(p),
    outputs: softmax ? [0, 1] : [0],
    workgroupSize: threads,
    groups: t.tiles,
    declarations: `${
      workgroupVariables(t, ["tile_s"], softmax ? ["row_top", "row_sum", "row_scale"] : [])
    }
${elementDeclarations(p)}`,
    body,
    usesStepInfo: p.rate > 0,
  }];
}
