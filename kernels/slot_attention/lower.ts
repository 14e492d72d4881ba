/**
 * Kernels of the attention to slots: scores, for softmax their normalisation, then the weighted sums.
 * Loops end at the present place, so the time grows with what has been written and not with the slots.
 */
import type { Node } from "../../src/graph/contract.ts";
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import { elementwiseTable, helpers } from "../elementwise/table.ts";
import { readSlotProblem, type SlotAttentionKind, type SlotProblem } from "./problem.ts";

/** WGSL expression of the weight of `score`, but for the normalisation of softmax. */
function weightExpression(kind: SlotAttentionKind): string {
  return kind === "softmax"
    ? "score"
    : elementwiseTable[kind].forward.replaceAll(/\ba\b/g, "score");
}

/** Statements that define `last`, the present place. */
const lastPlace = ({ slots }: SlotProblem) => `let last = min(u32(in5(0u)), ${slots - 1}u);`;

/** Statements that define `owner`, the row that wrote what `row` sees in slot `c`. */
function ownerOf({ owners, group }: SlotProblem): string {
  return owners === undefined
    ? "let owner = row;"
    : `let owner = row / ${group}u * ${group}u + min(u32(in${owners}(row, c)), ${group - 1}u);`;
}

function scoresPass(p: SlotProblem, weights: Scratch, size: number): Pass {
  const { rows, heads, slots, depth, owners, bias } = p;
  const threads = rows * heads * slots;
  const optional = [owners, bias].filter((input) => input !== undefined);
  return {
    name: "scores",
    inputs: [0, 1, 2, 5, ...optional],
    outputs: [],
    scratch: [{ scratch: weights, access: "write" }],
    workgroupSize: size,
    groups: Math.ceil(threads / size),
    declarations: p.kind === "laplace" ? helpers.erf_f : "",
    body: `if (thread >= ${threads}u) { return; }
${lastPlace(p)}
let c = thread % ${slots}u;
if (c > last) { return; }
let head = thread / ${slots}u % ${heads}u;
let row = thread / ${slots * heads}u;
let start = head * ${depth}u;
var score = 0.0f;
if (c == last) {
for (var k = start; k < start + ${depth}u; k++) { score += in0(row, k) * in2(row, k); }
} else {
${ownerOf(p)}
for (var k = start; k < start + ${depth}u; k++) { score += in0(row, k) * in1(c, owner, k); }
}
${bias === undefined ? "" : `score += in${bias}(c);`}
tmp${weights.index}[thread] = ${weightExpression(p.kind)};`,
  };
}

function normalisingPass(p: SlotProblem, weights: Scratch, size: number): Pass {
  const { rows, heads, slots } = p;
  const at = `tmp${weights.index}[thread * ${slots}u + c]`;
  const each = (statement: string) => `for (var c = 0u; c <= last; c++) { ${statement} }`;
  return {
    name: "normalise",
    inputs: [5],
    outputs: [],
    scratch: [{ scratch: weights, access: "write" }],
    workgroupSize: size,
    groups: Math.ceil(rows * heads / size),
    body: `if (thread >= ${rows * heads}u) { return; }
${lastPlace(p)}
var top = -3.4028234e38f;
${each(`top = max(top, ${at});`)}
var total = 0.0f;
${each(`let power = exp(${at} - top); total += power; ${at} = power;`)}
let scale = 1.0f / total;
${each(`${at} *= scale;`)}`,
  };
}

/** Neighbouring sums of one invocation, which share their weights and owners. */
function columnsPerThread({ valueDepth }: SlotProblem, most: number): number {
  let columns = most;
  while (valueDepth % columns !== 0) columns /= 2;
  return columns;
}

function sumsPass(p: SlotProblem, weights: Scratch, size: number, most: number): Pass {
  const { rows, heads, slots, valueDepth, owners } = p;
  const columns = columnsPerThread(p, most);
  const perRow = heads * valueDepth / columns;
  const each = (statement: (i: number) => string) =>
    Array.from({ length: columns }, (_, i) => statement(i)).join("\n");
  return {
    name: "sums",
    inputs: [3, 4, 5, ...(owners === undefined ? [] : [owners])],
    outputs: [0],
    scratch: [{ scratch: weights, access: "read" }],
    workgroupSize: size,
    groups: Math.ceil(rows * perRow / size),
    body: `if (thread >= ${rows * perRow}u) { return; }
${lastPlace(p)}
let row = thread / ${perRow}u;
let j = (thread - row * ${perRow}u) * ${columns}u;
let first = (row * ${heads}u + j / ${valueDepth}u) * ${slots}u;
${each((i) => `var total${i} = 0.0f;`)}
for (var c = 0u; c < last; c++) {
${ownerOf(p)}
let weight = tmp${weights.index}[first + c];
${each((i) => `total${i} += weight * in3(c, owner, j + ${i}u);`)}
}
let weight = tmp${weights.index}[first + last];
${each((i) => `out0(row, j + ${i}u, total${i} + weight * in4(row, j + ${i}u));`)}`,
  };
}

/** Lowers for both adapter classes, which differ in how much work an invocation has. */
export function lowerSlotAttention(node: Node, ctx: LowerContext): Pass[] {
  const p = readSlotProblem(node.inputs, node.attrs);
  const weights = ctx.scratch(p.rows * p.heads * p.slots);
  const software = ctx.adapterClass === "software";
  const size = software ? ctx.subgroupSize : 64;
  return [
    scoresPass(p, weights, size),
    ...(p.kind === "softmax" ? [normalisingPass(p, weights, size)] : []),
    sumsPass(p, weights, size, software ? 8 : 1),
  ];
}
