/** Strides of views over a buffer. */
import { type Shape, sizeOf } from "../../src/graph/contract.ts";
import { matchAxes } from "../../src/graph/inline.ts";
import type { Strided } from "../../src/graph/lowering.ts";

/** Row-major strides of a shape. */
export function rowMajor(shape: Shape): number[] {
  const strides: number[] = new Array(shape.length).fill(1);
  for (let k = shape.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * shape[k + 1];
  return strides;
}

/** Strides after a reshape, or `undefined` when the new axes cut across the memory layout. */
export function reshapeStrides(from: Shape, input: Strided, to: Shape): Strided | undefined {
  if (sizeOf(from) === 0) return undefined;
  const strides: number[] = [];
  for (const group of matchAxes(from, to)) {
    const dims = group.from.filter((k) => from[k] !== 1);
    for (let i = 0; i + 1 < dims.length; i++) {
      if (input.strides[dims[i]] !== input.strides[dims[i + 1]] * from[dims[i + 1]]) {
        return undefined;
      }
    }
    const inner = dims.length === 0 ? 0 : input.strides[dims[dims.length - 1]];
    const target = group.to.map((k) => to[k]);
    strides.push(...rowMajor(target).map((stride) => stride * inner));
  }
  return { buffer: input.buffer, offset: input.offset, strides };
}
