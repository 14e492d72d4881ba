/**
 * Gradient of values that are divided among GPU workgroups. A workgroup owns a tile of keys and a block
 * of features, and walks over the queries; weights come from the row statistics.
 */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import type { BackwardOperands } from "./backward_operands.ts";
import { backwardWeight, elementDeclarations, groupAxes, load } from "./element.ts";
import { gpuMaskOff } from "./gpu.ts";
import { type FeatureSplit, loadFeature, storeFeature } from "./gpu_features.ts";
import {
  accumulators,
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
  workgroupVariables,
  writeAccumulators,
} from "./gpu_parts.ts";
import { optionalInputs, type Problem } from "./problem.ts";
import { each } from "./software_parts.ts";

/** Turns the raw scores of this invocation's pairs into weights, in place. */
function weights(p: Problem, t: GpuTiling, operands: BackwardOperands): string {
  const pairs = pairsAt(t, "tile_s", "column");
  return overOwnColumns(`let i = min(first + column, ${p.queries - 1}u);
let inside = first + column < ${p.queries}u;
${p.rate === 0 ? "" : "let keeps = attention_keep(g, i, base + 4u * ty);"}
${
    p.kind === "softmax"
      ? `let top = in${operands.statistics}(g, i, 0u);
let rowSum = in${operands.statistics}(g, i, 1u);
let scale = select(0.0, 1.0 / rowSum, rowSum > 0.0);`
      : ""
  }
let raws = ${pairs};
var weights: vec4<f32>;
${
    each(4, (r) =>
      `{ let keep = ${p.rate === 0 ? "1.0" : `keeps.${components[r]}`};
let raw = raws.${components[r]};
${backwardWeight(p, "i", `j${r}`)}
weights.${components[r]} = select(0.0, weight, inside); }`)
  }
${pairs} = weights;`);
}

/** The pass that gives the gradient of divided values, output 2. */
export function gpuValuePass(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
  split: FeatureSplit,
): Pass {
  const { width, blocks } = split;
  const t = gpuTiling(p.groups, p.keys, 1, [width], ctx.workgroupMemory, blocks);
  const body = forEachGpuTile(
    t,
    t.tiles * blocks,
    `${groupAxes(p)}
${gpuMaskOff(p, t)}
${ownRows("j", p.keys)}
${accumulators("dv", width)}
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
${weights(p, t, operands)}
${
      gpuProducts(
        t,
        "dv",
        "tile_s",
        p.queries,
        width,
        (column, e) => loadFeature(p, operands.gradient, column, e),
      )
    }
}
${
      writeAccumulators(
        "dv",
        p.keys,
        width,
        (row, _, e, value) => storeFeature(p, 2, row, e, value),
      )
    }`,
    split,
  );
  return {
    name: "values",
    inputs: [
      0,
      1,
      ...optionalInputs(p),
      operands.gradient,
      ...(p.kind === "softmax" ? [operands.statistics] : []),
    ],
    outputs: [2],
    workgroupSize: t.threads,
    groups: t.tiles * blocks,
    declarations: `${workgroupVariables(t, ["tile_s"], [width])}
${elementDeclarations(p)}`,
    body,
    usesStepInfo: p.rate > 0,
  };
}
