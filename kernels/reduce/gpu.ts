/**
 * Reductions for GPUs. Elements that lie next to each other in memory are read by neighbouring
 * invocations: along rows a workgroup shares a result and joins by a tree in workgroup memory, along
 * columns every invocation sums a part of one result. Few results are cut into parts, which a
 * workgroup per result joins.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import type { ReductionPlan } from "./plan.ts";
import { serialJoin, serialPass } from "./serial.ts";

/** Invocations and workgroups that keep a large GPU busy. */
const busyInvocations = 2 ** 16;
const busyGroups = 512;
/** Least elements per invocation along columns, and per workgroup along rows. */
const leastColumnPart = 16;
const leastRowPart = 2048;
/** Fewer elements than this along columns are not worth a second pass. */
const leastSplit = 64;
/** Parts that one invocation joins by itself. */
const serialParts = 16;

/** Statements that join every `size`-th of the positions from `from` to `to`, then those of all lanes. */
function tree(p: ReductionPlan, size: number, from: string, to: string, load: string): string {
  return `var acc: ${p.dtype} = ${p.zero};
for (var r = ${from}; r < ${to}; r += ${size}u) {
${load}
acc = ${p.join("acc", "x")};
}
partial[lane] = acc;
workgroupBarrier();
for (var width = ${size / 2}u; width > 0u; width = width / 2u) {
if (lane < width) { partial[lane] = ${p.join("partial[lane]", "partial[lane + width]")}; }
workgroupBarrier();
}`;
}

const declarations = (p: ReductionPlan, size: number) =>
  `var<workgroup> partial: array<${p.dtype}, ${size}>;`;

/** Joins the parts of a result, which lie `results` apart as in {@link serialPass}, by a workgroup. */
function treeJoin(p: ReductionPlan, parts: Scratch, splits: number): Pass {
  const size = splits >= 256 ? 256 : 64;
  const load = `let x = tmp${parts.index}[r * ${p.results}u + m];`;
  return {
    name: "join",
    inputs: [],
    outputs: [0],
    scratch: [{ scratch: parts, access: "read" }],
    workgroupSize: size,
    groups: p.results,
    declarations: declarations(p, size),
    body: `let m = group;
${p.decode}${tree(p, size, "lane", `${splits}u`, load)}
if (lane == 0u) { ${p.store("partial[0]")} }`,
  };
}

function alongRows(p: ReductionPlan, ctx: LowerContext): Pass[] {
  const size = p.reduced >= 512 ? 256 : 64;
  const splits = p.results >= busyGroups
    ? 1
    : Math.min(Math.ceil(p.reduced / leastRowPart), Math.ceil(busyGroups / p.results));
  const pass = {
    inputs: [0],
    workgroupSize: size,
    groups: p.results * splits,
    declarations: declarations(p, size),
  };
  if (splits === 1) {
    return [{
      ...pass,
      name: "tree",
      outputs: [0],
      body: `let m = group;
${p.decode}${tree(p, size, "lane", `${p.reduced}u`, p.load)}
if (lane == 0u) { ${p.store("partial[0]")} }`,
    }];
  }
  const parts = ctx.scratch(p.results * splits, p.dtype);
  const chunk = Math.ceil(p.reduced / splits);
  const end = `min((group / ${p.results}u + 1u) * ${chunk}u, ${p.reduced}u)`;
  return [{
    ...pass,
    name: "parts",
    outputs: [],
    scratch: [{ scratch: parts, access: "write" }],
    body: `let m = group % ${p.results}u;
${p.decode}let end = ${end};
${tree(p, size, `group / ${p.results}u * ${chunk}u + lane`, "end", p.load)}
if (lane == 0u) { tmp${parts.index}[group] = partial[0]; }`,
  }, treeJoin(p, parts, splits)];
}

function alongColumns(p: ReductionPlan, ctx: LowerContext): Pass[] {
  const splits = p.results >= busyInvocations || p.reduced < leastSplit
    ? 1
    : Math.min(Math.ceil(p.reduced / leastColumnPart), Math.ceil(busyInvocations / p.results));
  const shape = { workgroupSize: 64, splits };
  if (splits === 1) return [serialPass(p, shape)];
  const parts = ctx.scratch(p.results * splits, p.dtype);
  const join = splits <= serialParts ? serialJoin(p, shape, parts) : treeJoin(p, parts, splits);
  return [serialPass(p, shape, parts), join];
}

/** Lowers a reduction for the gpu class. */
export function lowerGpu(p: ReductionPlan, ctx: LowerContext): Pass[] {
  return p.rowwise && p.reduced >= 64 ? alongRows(p, ctx) : alongColumns(p, ctx);
}
