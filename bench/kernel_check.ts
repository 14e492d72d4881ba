/** Operand values of the kernel suite, and the gate that every kernel passes before it is timed. */
import { sizeOf } from "../src/graph/contract.ts";
import type { SpecOperand } from "./kernel_specs.ts";

/** A kernel whose result differs from the reference. */
export class WrongResultError extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = "WrongResultError";
  }
}

/** Largest error relative to the largest expected value. */
const tolerance = 1e-4;
/** Elements that are compared where the reference is not computed completely. */
export const sampledElements = 97;

/** Reproducible operand values. */
export function operandValues(operand: SpecOperand, seed: number): Float32Array<ArrayBuffer> {
  const { low = -1, high = 1, dtype = "f32" } = operand;
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return Float32Array.from({ length: sizeOf(operand.shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = low + (high - low) * (state >>> 8) / 2 ** 24;
    return dtype === "f32" ? value : Math.floor(value);
  });
}

/** Throws {@link WrongResultError} unless all given elements agree. */
export function requireClose(
  name: string,
  actual: ArrayLike<number>,
  indices: readonly number[],
  expected: ArrayLike<number>,
): void {
  let scale = 0;
  for (let i = 0; i < indices.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  indices.forEach((index, i) => {
    if (!(Math.abs(actual[index] - expected[i]) <= tolerance * scale + 1e-6)) {
      throw new WrongResultError(
        `${name}: element ${index} is ${actual[index]} instead of ${expected[i]}`,
      );
    }
  });
}
