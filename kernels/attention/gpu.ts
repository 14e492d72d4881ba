/** Forward attention for GPUs: a workgroup per tile of queries, online softmax over tiles of keys. */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import {
  admissible,
  biased,
  elementDeclarations,
  EXCLUDED,
  groupAxes,
  keyMask,
  load,
  needsMaskOff,
} from "./element.ts";
import { featureSplit, loadFeature, storeFeature } from "./gpu_features.ts";
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
  scaleAccumulators,
  stepColumns,
  vectorOf,
  workgroupVariables,
  writeAccumulators,
} from "./gpu_parts.ts";
import { forwardInputs, type Problem } from "./problem.ts";
import { each } from "./software_parts.ts";

/** Statements that define `mask_off`, where softmax needs it. */
export function gpuMaskOff(p: Problem, t: GpuTiling): string {
  if (!needsMaskOff(p)) return "";
  return `if (lane == 0u) { atomicStore(&valid_keys, 0u); }
workgroupBarrier();
for (var j = lane; j < ${p.keys}u + zero; j += ${t.threads}u) {
if (${keyMask(p, "j")} != 0.0) { atomicOr(&valid_keys, 1u); }
}
workgroupBarrier();
let mask_off = atomicLoad(&valid_keys) == 0u;`;
}

/** Statements that define key `j` of a `column` and `seen`, whether each of the four queries sees it. */
export function seenByRows(p: Problem): string {
  const inside = `first + column < ${p.keys}u`;
  return `let j = min(first + column, ${p.keys - 1}u);
let seen = vec4<bool>(${
    [0, 1, 2, 3].map((r) => {
      const ok = admissible(p, `i${r}`, "j");
      return ok === undefined ? inside : `${inside} && ${ok}`;
    }).join(", ")
  });`;
}

/** Statements that define `keepN`, dropout factors of row N for this invocation's four columns. */
export function keepOfRows(p: Problem): string {
  if (p.rate === 0) return "";
  return each(4, (r) => `let keep${r} = attention_keep(g, i${r}, first + 4u * tx);`);
}

/** Dropout factor of a row at `column`. */
export function keepAt(p: Problem, r: number): string {
  return p.rate === 0 ? "1.0" : `keep${r}[column & 3u]`;
}

const biasedRows = (p: Problem) => vectorOf((r) => biased(p, `raw.${components[r]}`, `i${r}`, "j"));

const dropped = (p: Problem, value: string) =>
  p.rate === 0 ? value : `${value} * ${vectorOf((r) => keepAt(p, r))}`;

function softmaxStep(p: Problem, t: GpuTiling): string {
  const pairs = pairsAt(t, "tile_s", "column");
  return `let before = top;
${
    overOwnColumns(`${seenByRows(p)}
let raw = ${pairs};
let s = select(vec4<f32>(${EXCLUDED}), ${biasedRows(p)}, seen);
${pairs} = s;
top = max(top, s);`)
  }
${acrossColumns(t, "top", "top = max(top, other);")}
let rescale = exp(before - top);
sum *= rescale;
${keepOfRows(p)}
${
    overOwnColumns(`${seenByRows(p)}
let power = select(vec4<f32>(0.0), exp(${pairs} - top), seen);
sum += power;
${pairs} = ${dropped(p, "power")};`)
  }
${scaleAccumulators("o", p.featureBlock, "rescale")}`;
}

function elementwiseStep(p: Problem, t: GpuTiling): string {
  const pairs = pairsAt(t, "tile_s", "column");
  const weights = vectorOf((r) => `attention_weight(s.${components[r]})`);
  return `${keepOfRows(p)}
${
    overOwnColumns(`${seenByRows(p)}
let raw = ${pairs};
let s = ${biasedRows(p)};
${pairs} = select(vec4<f32>(0.0), ${dropped(p, weights)}, seen);`)
  }`;
}

/** Row sums over all invocations, and the row statistics that the backward pass needs. */
function finishSoftmax(p: Problem, t: GpuTiling): string {
  const first = featureSplit(p) === undefined ? "" : " && feature == 0u";
  return `workgroupBarrier();
let own_sum = sum;
sum = vec4<f32>(0.0);
${acrossColumns(t, "own_sum", "sum += other;")}
let inverse = select(vec4<f32>(0.0), 1.0 / sum, sum > vec4<f32>(0.0));
if (tx == 0u${first}) {
${
    each(4, (r) =>
      `if (base + 4u * ty + ${r}u < ${p.queries}u) {
out1(g, base + 4u * ty + ${r}u, 0u, top.${components[r]});
out1(g, base + 4u * ty + ${r}u, 1u, sum.${components[r]});
}`)
  }
}`;
}

/** Statements that put the raw scores of a step into `tile_s`, whose rows are queries. */
export function queryScores(p: Problem, t: GpuTiling): string {
  return gpuScores(
    t,
    "tile_s",
    p.queries,
    p.keys,
    p.depth,
    (row, x) => load(p, 0, row, x),
    (column, x) => load(p, 1, column, x),
  );
}

/** Kernel of the forward pass. Outputs: 0 the result, 1 the row statistics of softmax. */
export function lowerGpu(p: Problem, ctx: LowerContext): Pass[] {
  const softmax = p.kind === "softmax";
  const width = p.featureBlock;
  const split = featureSplit(p);
  const blocks = split?.blocks ?? 1;
  const t = gpuTiling(p.groups, p.queries, 1, [width], ctx.workgroupMemory, blocks);
  const end = p.causal ? `min(${p.keys}u, base + ${t.rows}u)` : `${p.keys}u + zero`;
  const body = forEachGpuTile(
    t,
    t.tiles * blocks,
    `${groupAxes(p)}
${gpuMaskOff(p, t)}
${ownRows("i", p.queries)}
${softmax ? `var top = vec4<f32>(${EXCLUDED}); var sum = vec4<f32>(0.0);` : ""}
${accumulators("o", width)}
for (var first = 0u; first < ${end}; first += ${stepColumns}u) {
${queryScores(p, t)}
${softmax ? softmaxStep(p, t) : elementwiseStep(p, t)}
${gpuProducts(t, "o", "tile_s", p.keys, width, (column, e) => loadFeature(p, 2, column, e))}
}
${softmax ? finishSoftmax(p, t) : ""}
${
      writeAccumulators(
        "o",
        p.queries,
        width,
        (row, r, e, value) =>
          storeFeature(p, 0, row, e, softmax ? `${value} * inverse.${components[r]}` : value),
      )
    }`,
    split,
  );
  return [{
    name: "forward",
    inputs: forwardInputs(p),
    outputs: softmax ? [0, 1] : [0],
    workgroupSize: t.threads,
    groups: t.tiles * blocks,
    declarations: `${workgroupVariables(t, ["tile_s"], [width])}
${elementDeclarations(p)}`,
    body,
    usesStepInfo: p.rate > 0,
  }];
}
