/** Forward attention for software adapters: lanes along queries, strips of keys, online softmax. */
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
  store,
  where,
} from "./element.ts";
import { forwardInputs, type Problem } from "./problem.ts";
import {
  chunkLength,
  forEachTile,
  Layout,
  opaqueZero,
  products,
  rowsPerLane,
  scores,
  type Strip,
  stripAt,
  tiling,
} from "./software_parts.ts";

/** Statements that define `mask_off`, where softmax needs it: no key of the group is valid. */
export function maskOff(p: Problem): string {
  if (!needsMaskOff(p)) return "";
  return `var mask_off = true;
for (var j = 0u; j < ${p.keys}u + zero; j++) { if (${
    keyMask(p, "j")
  } != 0.0) { mask_off = false; } }`;
}

/** One past the last key that a tile of queries meets. */
export function keyEnd(p: Problem, rows: number): string {
  return p.causal ? `min(${p.keys}u, base + ${rows}u) + zero` : `${p.keys}u + zero`;
}

/**
 * The loop over the keys of a chunk: `b` within the chunk, `j` in all. Four keys share a Philox block
 * when there is dropout. `step` receives the dropout factor as an expression.
 */
export function overKeys(p: Problem, step: (keep: string) => string): string {
  if (p.rate === 0) return `for (var b = 0u; b < count; b++) { let j = first + b; ${step("1.0")} }`;
  return `for (var block = 0u; block < count; block += 4u) {
let keep4 = attention_keep(g, i, first + block);
for (var b = block; b < min(block + 4u, count); b++) { let j = first + b; ${step("keep4[b & 3u]")} }
}`;
}

/** The loop over the rows of this lane: `i` clamped, `c` the row within the lane. */
export function overRows(extent: number, body: string): string {
  return `for (var c = 0u; c < ${rowsPerLane}u + zero; c++) {
let i = min(row + c, ${extent - 1}u);
${body}
}`;
}

function weights(p: Problem, strip: Strip, state: (k: number, c: string) => string): string {
  const s = stripAt(strip, "b", "c");
  if (p.kind !== "softmax") {
    const weight = `attention_weight(${biased(p, s, "i", "j")})`;
    return overRows(
      p.queries,
      overKeys(
        p,
        (keep) =>
          `${s} = ${where(admissible(p, "i", "j"), weight, "0.0")}${
            keep === "1.0" ? "" : ` * ${keep}`
          };`,
      ),
    );
  }
  return overRows(
    p.queries,
    `let before = ${state(0, "c")};
var top = before;
for (var b = 0u; b < count; b++) {
let j = first + b;
let s = ${where(admissible(p, "i", "j"), biased(p, s, "i", "j"), EXCLUDED)};
${s} = s;
top = max(top, s);
}
let rescale = exp(before - top);
var sum = ${state(1, "c")} * rescale;
${
      overKeys(
        p,
        (keep) =>
          `let s = ${s};
let power = select(0.0, exp(s - top), s > -2.9e38);
sum += power;
${s} = power${keep === "1.0" ? "" : ` * ${keep}`};`,
      )
    }
${state(0, "c")} = top;
${state(1, "c")} = sum;
${state(2, "c")} = rescale;`,
  );
}

/** Kernel of the forward pass. Outputs: 0 the result, 1 the row statistics of softmax. */
export function lowerSoftware(p: Problem, ctx: LowerContext): Pass[] {
  const softmax = p.kind === "softmax";
  const t = tiling(p.groups, p.queries, ctx);
  const chunk = chunkLength(p.keys);
  const single = chunk === p.keys;
  const layout = new Layout();
  layout.reserve("strip", chunk * t.rows);
  layout.reserve("result", p.features * t.rows);
  layout.reserve("state", 3 * t.rows);
  const scratch = ctx.scratch(layout.size * t.workgroups);
  const buffer = `tmp${scratch.index}`;
  const region = (name: string): Strip => ({
    buffer,
    start: `${layout.offset(name)}u + mine`,
    columnStride: t.rows,
    rowStride: 1,
  });
  const strip = region("strip");
  const result = region("result");
  const state = (k: number, c: string) => stripAt(region("state"), `${k}u`, c);
  const begin = softmax
    ? `for (var c = 0u; c < ${rowsPerLane}u + zero; c++) {
${state(0, "c")} = ${EXCLUDED};
${state(1, "c")} = 0.0;
}`
    : "";
  const kept = (e: string, c: number) => {
    const old = stripAt(result, e, `${c}u`);
    return softmax ? `${old} * ${state(2, `${c}u`)}` : old;
  };
  const work = `${
    scores(
      t,
      strip,
      p.keys,
      chunk,
      p.depth,
      (row, x) => load(p, 0, row, x),
      (column, x) => load(p, 1, column, x),
    )
  }
${weights(p, strip, state)}
${
    products(
      t,
      strip,
      p.features,
      (column, e) => load(p, 2, column, e),
      (e, c, sum) =>
        `${stripAt(result, e, `${c}u`)} = ${
          single ? sum : `${sum} + select(${kept(e, c)}, 0.0, first == 0u)`
        };`,
    )
  }`;
  const body = `${opaqueZero}
let mine = group * ${layout.size}u + lane * ${rowsPerLane}u;
${
    forEachTile(
      t,
      p.queries,
      `${groupAxes(p)}
${maskOff(p)}
${begin}
let end = ${keyEnd(p, t.rows)};
${
        single
          ? `{ let first = 0u; let count = end; ${work} }`
          : `for (var first = 0u; first < end; first += ${chunk}u) {
let count = min(${chunk}u, end - first);
${work}
}`
      }
for (var c = 0u; c < ${rowsPerLane}u + zero; c++) {
let i = row + c;
if (i < ${p.queries}u) {
${
        softmax
          ? `let sum = ${state(1, "c")};
out1(g, i, 0u, ${state(0, "c")});
out1(g, i, 1u, sum);
let scale = select(0.0, 1.0 / sum, sum > 0.0);`
          : ""
      }
for (var e = 0u; e < ${p.features}u + zero; e++) {
${store(p, 0, "i", "e", `${stripAt(result, "e", "c")}${softmax ? " * scale" : ""}`)}
}
}
}`,
    )
  }`;
  return [{
    name: "forward",
    inputs: forwardInputs(p),
    outputs: softmax ? [0, 1] : [0],
    scratch: [{ scratch, access: "write" }],
    workgroupSize: t.lanes,
    groups: t.workgroups,
    declarations: elementDeclarations(p),
    body,
    usesStepInfo: p.rate > 0,
  }];
}
