/** Shapes and element types of values: the leaf that the rest of the graph is built on. */

/** Element types that exist on the device. */
export type DType = "f32" | "i32" | "u32";

/** Row-major extents; `[]` is a scalar. */
export type Shape = readonly number[];

/** Shape and element type of a value. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Operands whose shapes or types do not fit an operation. */
export class ShapeError extends Error {
  /** @param op Operation name. @param detail What does not fit. */
  constructor(op: string, detail: string) {
    super(`${op}: ${detail}`);
    this.name = "ShapeError";
  }
}
