/**
 * Reduction kernels. Every result is a sum (or maximum) in an order that depends on shapes only.
 *
 * Software: each invocation runs over its share of the reduced positions; when there are too few
 * results to keep the processors busy the reduced positions are split, and a second pass joins the
 * parts. GPU: long rows are shared by a workgroup and joined by a tree in workgroup memory.
 */
import type { Node } from "../contract.ts";
import type { LowerContext, Pass } from "../lowering.ts";
import { numbersAttr } from "../view/attrs.ts";

interface Plan {
  readonly results: number;
  readonly reduced: number;
  /** WGSL arguments of in0 given `m` (result number) and `r` (reduced position). */
  readonly load: string;
  readonly decode: string;
  readonly store: string;
  readonly join: (a: string, b: string) => string;
  readonly zero: string;
  readonly dtype: string;
}

function decodeAxes(name: string, shape: readonly number[], axes: readonly number[]): {
  readonly statements: string;
  readonly at: Map<number, string>;
} {
  const at = new Map<number, string>();
  let statements = "";
  let stride = axes.reduce((product, k) => product * shape[k], 1);
  let rest = name;
  axes.forEach((k, position) => {
    stride /= shape[k];
    if (position === axes.length - 1) {
      at.set(k, rest);
      return;
    }
    const variable = `${name}_${k}`;
    statements += `let ${variable} = ${rest} / ${stride}u;\n`;
    statements += `let ${variable}r = ${rest} - ${variable} * ${stride}u;\n`;
    at.set(k, variable);
    rest = `${variable}r`;
  });
  return { statements, at };
}

function plan(node: Node): Plan {
  const [source] = node.inputs;
  const [result] = node.outputs;
  const axes = numbersAttr(node.attrs, "axes");
  const kept = source.shape.map((_, k) => k).filter((k) =>
    !axes.includes(k) && source.shape[k] > 1
  );
  const inner = decodeAxes("r", source.shape, axes);
  const outer = decodeAxes("m", source.shape, kept);
  const at = (k: number) => inner.at.get(k) ?? outer.at.get(k) ?? "0u";
  const isMax = node.attrs.kind === "max";
  const { dtype } = result;
  return {
    results: result.size,
    reduced: axes.reduce((product, k) => product * source.shape[k], 1),
    load: `${inner.statements}let x = in0(${source.shape.map((_, k) => at(k)).join(", ")});`,
    decode: outer.statements,
    store: result.shape.map((_, k) => outer.at.get(k) ?? "0u").join(", "),
    join: (a, b) => (isMax ? `max(${a}, ${b})` : `${a} + ${b}`),
    zero: isMax ? (dtype === "f32" ? "-3.4028234e38f" : `${dtype}(-2147483647)`) : `${dtype}(0)`,
    dtype,
  };
}

function serial(p: Plan, lanes: number, splits: number): Omit<Pass, "name" | "inputs" | "outputs"> {
  const chunk = Math.ceil(p.reduced / splits);
  const threads = p.results * splits;
  const last = splits === 1 ? `${p.reduced}u` : `min(start + ${chunk}u, ${p.reduced}u)`;
  return {
    workgroupSize: lanes,
    groups: Math.ceil(threads / lanes),
    body: `if (thread >= ${threads}u) { return; }
let m = thread % ${p.results}u;
let start = thread / ${p.results}u * ${chunk}u;
let end = ${last};
${p.decode}var acc: ${p.dtype} = ${p.zero};
for (var r = start; r < end; r++) {
${p.load}
acc = ${p.join("acc", "x")};
}
`,
  };
}

function lowerSerial(node: Node, p: Plan, ctx: LowerContext): Pass[] {
  const lanes = ctx.subgroupSize;
  const wantedThreads = 64 * lanes;
  const splits = p.results >= wantedThreads || p.reduced < 64
    ? 1
    : Math.min(Math.ceil(p.reduced / 32), Math.ceil(wantedThreads / p.results));
  const first = serial(p, lanes, splits);
  if (splits === 1) {
    return [{
      ...first,
      name: "serial",
      inputs: [0],
      outputs: [0],
      body: `${first.body}out0(${p.store}${p.store ? ", " : ""}acc);`,
    }];
  }
  const parts = ctx.scratch(p.results * splits, node.outputs[0].dtype);
  return [
    {
      ...first,
      name: "parts",
      inputs: [0],
      outputs: [],
      scratch: [{ scratch: parts, access: "write" }],
      body: `${first.body}tmp${parts.index}[thread] = acc;`,
    },
    {
      name: "join",
      inputs: [],
      outputs: [0],
      scratch: [{ scratch: parts, access: "read" }],
      workgroupSize: lanes,
      groups: Math.ceil(p.results / lanes),
      body: `if (thread >= ${p.results}u) { return; }
let m = thread;
${p.decode}var acc: ${p.dtype} = ${p.zero};
for (var s = 0u; s < ${splits}u; s++) {
let x = tmp${parts.index}[s * ${p.results}u + m];
acc = ${p.join("acc", "x")};
}
out0(${p.store}${p.store ? ", " : ""}acc);`,
    },
  ];
}

function lowerTree(p: Plan): Pass[] {
  const size = p.reduced >= 512 ? 256 : 64;
  return [{
    name: "tree",
    inputs: [0],
    outputs: [0],
    workgroupSize: size,
    groups: p.results,
    declarations: `var<workgroup> partial: array<${p.dtype}, ${size}>;`,
    body: `let m = group;
${p.decode}var acc: ${p.dtype} = ${p.zero};
for (var r = lane; r < ${p.reduced}u; r += ${size}u) {
${p.load}
acc = ${p.join("acc", "x")};
}
partial[lane] = acc;
workgroupBarrier();
for (var width = ${size / 2}u; width > 0u; width = width / 2u) {
if (lane < width) { partial[lane] = ${p.join("partial[lane]", "partial[lane + width]")}; }
workgroupBarrier();
}
if (lane == 0u) { out0(${p.store}${p.store ? ", " : ""}partial[0]); }`,
  }];
}

/** Lowers `reduce` for the adapter class at hand. */
export function lowerReduce(node: Node, ctx: LowerContext): Pass[] {
  const p = plan(node);
  const axes = numbersAttr(node.attrs, "axes");
  const innermost = node.inputs[0].shape.length - 1;
  const rowwise = axes.includes(innermost);
  if (ctx.adapterClass === "gpu" && rowwise && p.reduced >= 64) return lowerTree(p);
  return lowerSerial(node, p, ctx);
}
