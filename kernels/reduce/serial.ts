/** Reductions in which every invocation runs over its share of the reduced positions. */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import type { ReductionPlan } from "./plan.ts";

/** How a reduction is divided among invocations. */
export interface SerialShape {
  readonly workgroupSize: number;
  /** Parts of the reduced positions; above 1 their results go to scratch memory. */
  readonly splits: number;
}

/** The pass over the elements. With several parts, part `s` of result `m` is `s * results + m`. */
export function serialPass(
  p: ReductionPlan,
  { workgroupSize, splits }: SerialShape,
  parts?: Scratch,
): Pass {
  const chunk = Math.ceil(p.reduced / splits);
  const threads = p.results * splits;
  const last = splits === 1 ? `${p.reduced}u` : `min(start + ${chunk}u, ${p.reduced}u)`;
  return {
    name: parts ? "parts" : "serial",
    inputs: [0],
    outputs: parts ? [] : [0],
    scratch: parts ? [{ scratch: parts, access: "write" }] : [],
    workgroupSize,
    groups: Math.ceil(threads / workgroupSize),
    body: `if (thread >= ${threads}u) { return; }
let m = thread % ${p.results}u;
let start = thread / ${p.results}u * ${chunk}u;
let end = ${last};
${p.decode}var acc: ${p.dtype} = ${p.zero};
for (var r = start; r < end; r++) {
${p.load}
acc = ${p.join("acc", "x")};
}
${parts ? `tmp${parts.index}[thread] = acc;` : p.store("acc")}`,
  };
}

/** The pass that joins the parts of {@link serialPass}, an invocation per result. */
export function serialJoin(
  p: ReductionPlan,
  { workgroupSize, splits }: SerialShape,
  parts: Scratch,
): Pass {
  return {
    name: "join",
    inputs: [],
    outputs: [0],
    scratch: [{ scratch: parts, access: "read" }],
    workgroupSize,
    groups: Math.ceil(p.results / workgroupSize),
    body: `if (thread >= ${p.results}u) { return; }
let m = thread;
${p.decode}var acc: ${p.dtype} = ${p.zero};
for (var s = 0u; s < ${splits}u; s++) {
let x = tmp${parts.index}[s * ${p.results}u + m];
acc = ${p.join("acc", "x")};
}
${p.store("acc")}`,
  };
}

/** The reduction in one pass, or in two when there are too few results to keep processors busy. */
export function lowerSerial(p: ReductionPlan, ctx: LowerContext): Pass[] {
  const workgroupSize = ctx.subgroupSize;
  const wantedThreads = 64 * workgroupSize;
  const splits = p.results >= wantedThreads || p.reduced < 64
    ? 1
    : Math.min(Math.ceil(p.reduced / 32), Math.ceil(wantedThreads / p.results));
  const shape = { workgroupSize, splits };
  if (splits === 1) return [serialPass(p, shape)];
  const parts = ctx.scratch(p.results * splits, p.dtype);
  return [serialPass(p, shape, parts), serialJoin(p, shape, parts)];
}
