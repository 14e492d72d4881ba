/**
 * What happens to one score on its way to a weight, as WGSL: relative bias, masks, attention function
 * and its derivative, dropout. Shared by the kernels of both adapter classes.
 */
import { philoxHelper } from "../random/philox_wgsl.ts";
import { helpers } from "../elementwise/table.ts";
import type { Problem } from "./problem.ts";

/** Score of an excluded pair; finite, so that no arithmetic on it gives NaN. */
export const EXCLUDED = "-3e38f";

const mean = 0.707107;
const deviation = 0.282095;

const attentionFunctions = {
  softmax: "",
  laplace: `fn attention_weight(s: f32) -> f32 {
  return 0.5 + 0.5 * attention_erf_f((s - ${mean}) * ${1 / (deviation * Math.SQRT2)});
}
fn attention_slope(s: f32) -> f32 {
  let u = (s - ${mean}) * ${1 / deviation};
  return ${1 / (deviation * Math.sqrt(2 * Math.PI))} * exp(-0.5 * u * u);
}`,
  relu2: `fn attention_weight(s: f32) -> f32 { let r = max(s, 0.0); return r * r; }
fn attention_slope(s: f32) -> f32 { return 2.0 * max(s, 0.0); }`,
} as const;

/** Blocks of four random words per query row; rows start at a new block, so that four keys share one. */
function blocksPerRow(p: Problem): number {
  return Math.ceil(p.keys / 4);
}

/** Module-scope functions of a problem: attention function, dropout. */
export function elementDeclarations(p: Problem): string {
  const parts: string[] = [];
  // Prefixed, because elementwise operations fused into the same shader may bring the originals.
  if (p.kind === "laplace") parts.push(helpers.erf_f.replaceAll("erf_f", "attention_erf_f"));
  parts.push(attentionFunctions[p.kind]);
  if (p.rate > 0) {
    parts.push(
      philoxHelper.source.replaceAll("philox", "attention_philox")
        .replaceAll("mul_high", "attention_mul_high"),
      `fn attention_keep(g: u32, i: u32, j: u32) -> vec4<f32> {
  let block = (g * ${p.queries}u + i) * ${blocksPerRow(p)}u + (j >> 2u);
  let words = attention_philox(block, ${p.stream}u, step_info[0], step_info[1], step_info[2]);
  let u = vec4<f32>(words >> vec4<u32>(8u)) * 5.9604644775390625e-8;
  return select(vec4<f32>(${1 / (1 - p.rate)}), vec4<f32>(0.0), u < vec4<f32>(${p.rate}));
}`,
    );
  }
  return parts.join("\n");
}

/** Statements that split the group number `g` into `g0`, `g1`, … along the leading axes. */
export function groupAxes(p: Problem): string {
  let rest = "g";
  let inner = p.groups;
  return p.lead.map((extent, axis) => {
    inner /= extent;
    const name = `g${axis}`;
    const text = inner === 1
      ? `let ${name} = ${rest};`
      : `let ${name} = ${rest} / ${inner}u; let r${axis} = ${rest} - ${name} * ${inner}u;`;
    rest = inner === 1 ? "0u" : `r${axis}`;
    return text;
  }).join(" ");
}

/** An element of input `k`, which has the leading axes of the problem. */
export function load(p: Problem, k: number, row: string, column: string): string {
  return `in${k}(${[...p.lead.map((_, axis) => `g${axis}`), row, column].join(", ")})`;
}

/** Stores an element of output `k`, which has the leading axes of the problem. */
export function store(p: Problem, k: number, row: string, column: string, value: string): string {
  return `out${k}(${[...p.lead.map((_, axis) => `g${axis}`), row, column, value].join(", ")});`;
}

/** Value of the key mask for key `j`. */
export function keyMask(p: Problem, j: string): string {
  if (p.mask === undefined) return "1.0";
  const { input, lead } = p.mask;
  const skipped = p.lead.length - lead.length;
  const axes = lead.map((extent, axis) => (extent === 1 ? "0u" : `g${axis + skipped}`));
  return `in${input}(${[...axes, j].join(", ")})`;
}

/** True when softmax needs to know whether a group has any key at all (`mask_off`). */
export function needsMaskOff(p: Problem): boolean {
  return p.kind === "softmax" && p.mask !== undefined;
}

/** Condition under which query `i` may see key `j`; undefined when it always may. */
export function admissible(p: Problem, i: string, j: string): string | undefined {
  const conditions: string[] = [];
  if (p.causal) conditions.push(`${j} <= ${i}`);
  if (p.mask !== undefined) {
    conditions.push(
      needsMaskOff(p) ? `(mask_off || ${keyMask(p, j)} != 0.0)` : `${keyMask(p, j)} != 0.0`,
    );
  }
  return conditions.length === 0 ? undefined : conditions.join(" && ");
}

/** A raw score with the relative bias added; `i` and `j` may be sums. */
export function biased(p: Problem, score: string, i: string, j: string): string {
  if (p.bias === undefined) return score;
  return `${score} + in${p.bias}(${p.queries - 1}u + ${j} - (${i}))`;
}

/** `value` where the pair is admissible, else `other`. */
export function where(condition: string | undefined, value: string, other: string): string {
  return condition === undefined ? value : `select(${other}, ${value}, ${condition})`;
}

/**
 * Statements for one pair in the backward pass. They read `raw` (the score without bias) and `keep`,
 * and define `weight` (after dropout). Softmax also reads `top` and `scale` (1/sum) of the query.
 *
 * @param seen Condition under which the pair counts, if it is already at hand.
 */
export function backwardWeight(p: Problem, i: string, j: string, seen?: string): string {
  const ok = seen ?? admissible(p, i, j);
  const visible = ok === undefined ? "" : `let ok = ${ok};`;
  const gate = ok === undefined ? undefined : "ok";
  const score = `let s = ${biased(p, "raw", i, j)};`;
  if (p.kind === "softmax") {
    return `${visible} ${score}
let kept = ${where(gate, "exp(min(s - top, 0.0)) * scale", "0.0")};
let weight = kept * keep;`;
  }
  return `${visible} ${score}
let weight = ${where(gate, "attention_weight(s) * keep", "0.0")};`;
}

/**
 * Statements of {@link backwardWeight}, and those that define `ds` (gradient of the score) from `da`
 * (gradient of the dropped-out weight). Softmax also reads `delta` of the query.
 */
export function backwardElement(p: Problem, i: string, j: string, seen?: string): string {
  const ok = seen ?? admissible(p, i, j);
  const gate = ok === undefined ? undefined : "ok";
  const ds = p.kind === "softmax"
    ? "kept * (da * keep - delta)"
    : where(gate, "attention_slope(s) * da * keep", "0.0");
  return `${backwardWeight(p, i, j, seen)}
let ds = ${ds};`;
}
