/** Adds up sums per sequence and chunk in a fixed order, in slabs first when there are many. */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";

/** Partial sums that one invocation adds up. */
const partsPerThread = 64;

/** Layout [parts, kinds, states, rows] of the partial sums, and where their sums go. */
export interface SumTarget {
  readonly parts: number;
  readonly kinds: number;
  readonly states: number;
  readonly rows: number;
  readonly workgroupSize: number;
  /** Inputs that `body` reads. */
  readonly inputs: readonly number[];
  /** Outputs that `body` stores. */
  readonly outputs: readonly number[];
  /** Statements on the sums `sum0`, `sum1`, … (one per kind) of state `n` of weights row `row`. */
  readonly body: string;
}

/** The passes that add up `partial`. */
export function sumPasses(ctx: LowerContext, partial: Scratch, target: SumTarget): Pass[] {
  const { parts, kinds, states, rows, workgroupSize } = target;
  const width = kinds * states * rows;
  const passes: Pass[] = [];
  let source = partial;
  let left = parts;
  while (left > partsPerThread) {
    const slabs = Math.ceil(left / partsPerThread);
    const sums = ctx.scratch(slabs * width);
    passes.push({
      name: `slabs${passes.length}`,
      inputs: [],
      outputs: [],
      scratch: [{ scratch: source, access: "read" }, { scratch: sums, access: "write" }],
      workgroupSize,
      groups: Math.ceil(slabs * width / workgroupSize),
      body: `if (thread < ${slabs * width}u) {
let first = (thread / ${width}u) * ${partsPerThread}u;
let last = min(first + ${partsPerThread}u, ${left}u);
var sum = 0.0;
for (var p = first; p < last; p++) { sum += tmp${source.index}[p * ${width}u + thread % ${width}u]; }
tmp${sums.index}[thread] = sum;
}`,
    });
    source = sums;
    left = slabs;
  }
  const kindList = Array.from({ length: kinds }, (_, k) => k);
  const add = (k: number) =>
    `sum${k} += tmp${source.index}[p * ${width}u + ${k * states * rows}u + thread];`;
  passes.push({
    name: "sum",
    inputs: target.inputs,
    outputs: target.outputs,
    scratch: [{ scratch: source, access: "read" }],
    workgroupSize,
    groups: Math.ceil(states * rows / workgroupSize),
    body: `if (thread < ${states * rows}u) {
let n = thread / ${rows}u;
let row = thread % ${rows}u;
${kindList.map((k) => `var sum${k} = 0.0;`).join("\n")}
for (var p = 0u; p < ${left}u; p++) {
${kindList.map(add).join("\n")}
}
${target.body}
}`,
  });
  return passes;
}
