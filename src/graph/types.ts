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

/** Element types that an operand may have. */
export type OperandTypes = DType | "integer" | "any";

const accepted: Readonly<Record<OperandTypes, readonly DType[]>> = {
  f32: ["f32"],
  i32: ["i32"],
  u32: ["u32"],
  integer: ["i32", "u32"],
  any: ["f32", "i32", "u32"],
};

/**
 * Checks the element types of the operands of an operation.
 *
 * @param expected One entry per operand; the last one holds for all further operands.
 * @throws {ShapeError} that names the operation and the types, wanted and given.
 */
export function requireTypes(
  op: string,
  inputs: readonly TensorType[],
  expected: readonly OperandTypes[],
): void {
  const wanted = inputs.map((_, i) => expected[Math.min(i, expected.length - 1)]);
  if (inputs.every(({ dtype }, i) => accepted[wanted[i]].includes(dtype))) return;
  throw new ShapeError(
    op,
    `operands must be ${wanted.join(", ")}, not ${inputs.map(({ dtype }) => dtype).join(", ")}`,
  );
}

/**
 * Checks that operands have one element type.
 *
 * @throws {ShapeError} that names the operation and the types.
 */
export function requireSameType(op: string, inputs: readonly TensorType[]): void {
  if (inputs.every(({ dtype }) => dtype === inputs[0].dtype)) return;
  const types = inputs.map(({ dtype }) => dtype).join(" and ");
  throw new ShapeError(op, `operands have types ${types}; they must have the same one`);
}
