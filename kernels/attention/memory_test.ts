import assert from "node:assert/strict";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { backwardOperands } from "./backward_operands.ts";
import { lowerGpu } from "./gpu.ts";
import { lowerGpuBackward } from "./gpu_backward.ts";
import { type Problem, readProblem } from "./problem.ts";
import { lowerSoftware } from "./software.ts";
import { lowerSoftwareBackward } from "./software_backward.ts";

function scratchElements(length: number, lower: (p: Problem, ctx: LowerContext) => Pass[]): number {
  let total = 0;
  let count = 0;
  const operand = (width: number) => ({ shape: [2, length, width], dtype: "f32" as const });
  const p = readProblem(
    "attention",
    [operand(64), operand(64), operand(160), { shape: [2 * length - 1], dtype: "f32" }],
    {
      kind: "softmax",
      bias: true,
      mask: false,
      causal: false,
      rate: 0,
      storedLength: 512,
      wholeWidth: 384,
    },
  );
  lower(p, {
    adapterClass: "software",
    subgroupSize: 8,
    subgroups: true,
    workgroupMemory: 32768,
    scratch: (size, dtype = "f32") => {
      total += size;
      return { index: count++, size, dtype };
    },
    strided: () => undefined,
  });
  return total;
}

const lowerings = {
  "software forward": lowerSoftware,
  "gpu forward": lowerGpu,
  "software backward": (p: Problem, ctx: LowerContext) =>
    lowerSoftwareBackward(p, backwardOperands(p), ctx),
  "gpu backward": (p: Problem, ctx: LowerContext) => lowerGpuBackward(p, backwardOperands(p), ctx),
};

for (const [name, lower] of Object.entries(lowerings)) {
  Deno.test(`keeps the scratch memory of the ${name} pass linear when sequences are long`, () => {
    const short = scratchElements(16384, lower);
    const long = scratchElements(65536, lower);
    assert.ok(long <= 4.01 * short, `${short} elements grow to ${long}`);
    assert.ok(long < 1024 * 65536, `${long} elements`);
  });
}
