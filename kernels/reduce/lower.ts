/**
 * Reduction kernels. Every result is a sum (or maximum) in an order that depends on shapes and the
 * adapter class only.
 */
import type { Node } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { lowerGpu } from "./gpu.ts";
import { reductionPlan } from "./plan.ts";
import { lowerSerial } from "./serial.ts";

/** Lowers `reduce` for the adapter class at hand. */
export function lowerReduce(node: Node, ctx: LowerContext): Pass[] {
  const p = reductionPlan(node);
  return ctx.adapterClass === "gpu" ? lowerGpu(p, ctx) : lowerSerial(p, ctx);
}
