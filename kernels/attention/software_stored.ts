/**
 * Attention to short sequences on software adapters: the T x S matrices are kept in scratch memory, so
 * that everything but one pass over their rows is a matrix product in its best register block. Faster
 * than the streaming kernels while the matrices fit the caches.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import type { Problem as Product } from "../matmul/problem.ts";
import { chooseSoftwareBlock, lowerSoftware as lowerProduct } from "../matmul/software.ts";
import type { BackwardOperands } from "./backward_operands.ts";
import { diagonalPasses } from "./diagonal_sums.ts";
import {
  admissible,
  backwardElement,
  biased,
  elementDeclarations,
  EXCLUDED,
  groupAxes,
  load,
  needsMaskOff,
  store,
  where,
} from "./element.ts";
import { optionalInputs, type Problem } from "./problem.ts";
import { maskOff, overKeys } from "./software.ts";
import { opaqueZero } from "./software_parts.ts";

/** Most elements of one stored matrix family, 64 MiB. */
const storedElements = 2 ** 24;

/** Whether weights of all groups are kept in scratch memory. */
export function isStored(p: Problem): boolean {
  return p.stored && p.groups * p.queries * p.keys <= storedElements;
}

type Element = (row: string, column: string) => string;

/** One product per group: [rows, inner] times [inner, columns]. */
function product(
  p: Problem,
  ctx: LowerContext,
  extents: { readonly rows: number; readonly columns: number; readonly inner: number },
  left: Element,
  right: Element,
  finish: (row: string, column: string, value: string) => string,
  operands: Pick<Pass, "name" | "inputs" | "outputs" | "scratch">,
): Pass {
  const problem: Product = {
    ...extents,
    batches: p.groups,
    batchNames: `let g = z;\n${groupAxes(p)}`,
    left: { base: "", element: left, strides: undefined },
    right: { base: "", element: right, strides: undefined },
    store: finish,
  };
  const block = chooseSoftwareBlock(problem, ctx.subgroupSize, ctx.subgroups);
  const [pass] = lowerProduct(problem, ctx, ctx.subgroups, { ...block, splits: 1 });
  return { ...pass, ...operands };
}

function pairOf(p: Problem, scratch: Scratch): Element {
  return (i, j) => `tmp${scratch.index}[(g * ${p.queries}u + ${i}) * ${p.keys}u + ${j}]`;
}

/** Scores with bias, into scratch memory. */
function scorePass(p: Problem, ctx: LowerContext, scratch: Scratch): Pass {
  const at = pairOf(p, scratch);
  return product(
    p,
    ctx,
    { rows: p.queries, columns: p.keys, inner: p.depth },
    (row, x) => load(p, 0, row, x),
    (x, column) => load(p, 1, column, x),
    (row, column, value) => `${at(row, column)} = ${biased(p, value, row, column)};`,
    {
      name: "scores",
      inputs: [0, 1, ...(p.bias === undefined ? [] : [p.bias])],
      outputs: [],
      scratch: [{ scratch, access: "write" }],
    },
  );
}

/** A pass with one invocation per query, which sees `g`, `i` and all keys as one chunk. */
function rowPass(p: Problem, ctx: LowerContext, body: string, operands: RowOperands): Pass {
  const rows = p.groups * p.queries;
  const size = ctx.subgroupSize;
  return {
    ...operands,
    workgroupSize: size,
    groups: Math.ceil(rows / size),
    declarations: elementDeclarations(p),
    body: `if (thread >= ${rows}u) { return; }
${opaqueZero}
let g = thread / ${p.queries}u;
let i = thread - g * ${p.queries}u;
${groupAxes(p)}
${needsMaskOff(p) ? maskOff(p) : ""}
let first = 0u;
let count = ${p.keys}u + zero;
${body}`,
    usesStepInfo: p.rate > 0,
  };
}

type RowOperands = Pick<Pass, "name" | "inputs" | "outputs" | "scratch">;

/** Passes of the forward operation. Outputs: 0 the result, 1 the row statistics of softmax. */
export function lowerStored(p: Problem, ctx: LowerContext): Pass[] {
  const softmax = p.kind === "softmax";
  const weights = ctx.scratch(p.groups * p.queries * p.keys);
  const sums = softmax ? ctx.scratch(p.groups * p.queries) : undefined;
  const s = pairOf(p, weights)("i", "j");
  const ok = admissible(p, "i", "j");
  const times = (keep: string) => (p.rate > 0 ? ` * ${keep}` : "");
  const { bias: _bias, ...unbiased } = p;
  const row = softmax
    ? `var top = ${EXCLUDED};
for (var j = 0u; j < count; j++) {
let s = ${where(ok, s, EXCLUDED)};
${ok === undefined ? "" : `${s} = s;`}
top = max(top, s);
}
var sum = 0.0;
${
      overKeys(p, (keep) =>
        `let s = ${s};
let power = select(0.0, exp(s - top), s > -2.9e38);
sum += power;
${s} = power${times(keep)};`)
    }
tmp${sums?.index}[thread] = select(0.0, 1.0 / sum, sum > 0.0);
out1(g, i, 0u, top);
out1(g, i, 1u, sum);`
    : overKeys(
      p,
      (keep) => `${s} = ${where(ok, `attention_weight(${s})${times(keep)}`, "0.0")};`,
    );
  const scale = sums === undefined ? "" : ` * tmp${sums.index}[g * ${p.queries}u + row_of_result]`;
  return [
    scorePass(p, ctx, weights),
    rowPass(unbiased, ctx, row, {
      name: "weights",
      inputs: optionalInputs(unbiased),
      outputs: softmax ? [1] : [],
      scratch: [weights, ...(sums === undefined ? [] : [sums])].map((scratch) => ({
        scratch,
        access: "write",
      })),
    }),
    product(
      p,
      ctx,
      { rows: p.queries, columns: p.features, inner: p.keys },
      pairOf(p, weights),
      (j, e) => load(p, 2, j, e),
      (i, e, value) => store(p, 0, i, e, value + scale.replace("row_of_result", i)),
      {
        name: "result",
        inputs: [2],
        outputs: [0],
        scratch: [weights, ...(sums === undefined ? [] : [sums])].map((scratch) => ({
          scratch,
          access: "read",
        })),
      },
    ),
  ];
}

/** Passes of the backward operation; outputs 0 dq, 1 dk, 2 dv, 3 the gradient of a bias. */
export function lowerStoredBackward(
  p: Problem,
  operands: BackwardOperands,
  ctx: LowerContext,
): Pass[] {
  const { queries: T, keys: S, depth: z, features: h } = p;
  const weights = ctx.scratch(p.groups * T * S);
  const gradients = ctx.scratch(p.groups * T * S);
  const { gradient, output, statistics } = operands;
  const softmax = p.kind === "softmax";
  const { bias: _bias, ...unbiased } = p;
  const w = pairOf(p, weights);
  const d = pairOf(p, gradients);
  const row = `${
    softmax
      ? `let top = in${statistics}(g, i, 0u);
let rowSum = in${statistics}(g, i, 1u);
let scale = select(0.0, 1.0 / rowSum, rowSum > 0.0);
var delta = 0.0;
for (var e = 0u; e < ${h}u + zero; e++) {
delta = fma(${load(p, gradient, "i", "e")}, ${load(p, output, "i", "e")}, delta);
}`
      : ""
  }
${
    overKeys(p, (keep) =>
      `let keep = ${keep};
let raw = ${w("i", "j")};
let da = ${d("i", "j")};
${backwardElement(unbiased, "i", "j")}
${w("i", "j")} = weight;
${d("i", "j")} = ds;`)
  }`;
  const read = (scratch: Scratch) => [{ scratch, access: "read" as const }];
  const passes = [
    scorePass(p, ctx, weights),
    product(
      p,
      ctx,
      { rows: T, columns: S, inner: h },
      (i, e) => load(p, gradient, i, e),
      (e, j) => load(p, 2, j, e),
      (i, j, value) => `${d(i, j)} = ${value};`,
      {
        name: "weight_gradients",
        inputs: [2, gradient],
        outputs: [],
        scratch: [{ scratch: gradients, access: "write" }],
      },
    ),
    rowPass(unbiased, ctx, row, {
      name: "score_gradients",
      inputs: [...optionalInputs(unbiased), ...(softmax ? [gradient, output, statistics] : [])],
      outputs: [],
      scratch: [weights, gradients].map((scratch) => ({ scratch, access: "write" })),
    }),
    product(
      p,
      ctx,
      { rows: T, columns: z, inner: S },
      d,
      (j, c) => load(p, 1, j, c),
      (i, c, value) => store(p, 0, i, c, value),
      { name: "dq", inputs: [1], outputs: [0], scratch: read(gradients) },
    ),
    product(
      p,
      ctx,
      { rows: S, columns: z, inner: T },
      (j, i) => d(i, j),
      (i, c) => load(p, 0, i, c),
      (j, c, value) => store(p, 1, j, c, value),
      { name: "dk", inputs: [0], outputs: [1], scratch: read(gradients) },
    ),
    product(
      p,
      ctx,
      { rows: S, columns: h, inner: T },
      (j, i) => w(i, j),
      (i, e) => load(p, gradient, i, e),
      (j, e, value) => store(p, 2, j, e, value),
      { name: "dv", inputs: [gradient], outputs: [2], scratch: read(weights) },
    ),
  ];
  if (p.bias === undefined) return passes;
  const sums = diagonalPasses(ctx, { groups: p.groups, rows: T, columns: S }, d("i", "j"), 3);
  return [...passes, {
    ...sums[0],
    scratch: [...read(gradients), ...(sums[0].scratch ?? [])],
  }, sums[1]];
}
