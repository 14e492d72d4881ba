/** Where the backward pass finds what the forward pass saw and made. */
import { operandCount, type Problem } from "./problem.ts";

/** Input numbers of the backward operation, after q, k, v, bias and key mask. */
export interface BackwardOperands {
  /** Gradient of the result, [..., T, h]. */
  readonly gradient: number;
  /** The result, [..., T, h] (softmax only). */
  readonly output: number;
  /** Row maximum and sum, [G, T, 2] (softmax only). */
  readonly statistics: number;
  /** All inputs. */
  readonly all: readonly number[];
}

/** Positions of the operands of the backward operation. */
export function backwardOperands(p: Problem): BackwardOperands {
  const gradient = operandCount(p);
  const count = gradient + (p.kind === "softmax" ? 3 : 1);
  return {
    gradient,
    output: gradient + 1,
    statistics: gradient + 2,
    all: Array.from({ length: count }, (_, k) => k),
  };
}
