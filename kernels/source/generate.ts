/** Values that are computed from their position: constants and ramps. They never occupy memory. */
import {
  type DType,
  type InlineOperation,
  type Shape,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";

/** WGSL literal of a finite number. */
export function literal(value: number, dtype: DType): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no WGSL literal`);
  if (dtype === "u32") return `${value}u`;
  if (dtype === "i32") return value < 0 ? `i32(${value})` : `${value}i`;
  const rounded = Math.fround(value);
  const text = Number.isInteger(rounded) && Math.abs(rounded) < 1e15
    ? rounded.toFixed(1)
    : rounded.toExponential();
  return value < 0 ? `f32(${text})` : `${text}f`;
}

function typeAttrs(shape: Shape, dtype: DType): { shape: number[]; dtype: DType } {
  return { shape: [...shape], dtype };
}

function readType(attrs: Readonly<Record<string, unknown>>): { shape: Shape; dtype: DType } {
  const { shape, dtype } = attrs;
  if (!Array.isArray(shape) || (dtype !== "f32" && dtype !== "i32" && dtype !== "u32")) {
    throw new TypeError("malformed attributes");
  }
  return { shape: shape.map(Number), dtype };
}

const noInputs: Pick<InlineOperation, "vjp" | "cost"> = {
  vjp: () => [],
  cost: () => ({ flops: 0, bytes: 0 }),
};

/** `fill`: every element is the attribute `value`. */
export const fillOperation: InlineOperation = {
  ...noInputs,
  name: "fill",
  kind: "generate",
  weight: 0,
  infer: (_inputs, attrs) => [readType(attrs)],
  emit: (node) => literal(Number(node.attrs.value), node.outputs[0].dtype),
  reference: (_inputs, attrs) => {
    const { shape } = readType(attrs);
    const size = shape.reduce((a, b) => a * b, 1);
    return [{ shape, data: new Float64Array(size).fill(Number(attrs.value)) }];
  },
};

/** `iota`: the position along the attribute `axis`. */
export const iotaOperation: InlineOperation = {
  ...noInputs,
  name: "iota",
  kind: "generate",
  weight: 1,
  infer: (_inputs, attrs) => [readType(attrs)],
  emit: (node, _output, index) =>
    `${node.outputs[0].dtype}(${index.axes[Number(node.attrs.axis)]})`,
  reference: (_inputs, attrs) => {
    const { shape } = readType(attrs);
    const axis = Number(attrs.axis);
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float64Array.from({ length: size }, (_, i) => Math.floor(i / inner) % shape[axis]);
    return [{ shape, data }];
  },
};

/** A tensor with one value everywhere. */
export function full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
  return apply1(fillOperation, [], { ...typeAttrs(shape, dtype), value });
}

/** A number as a tensor of rank 0. */
export function scalar(value: number, dtype: DType = "f32"): Tensor {
  return full([], value, dtype);
}

/** Positions 0, 1, … along an axis. */
export function iota(shape: Shape, axis: number, dtype: DType = "f32"): Tensor {
  return apply1(iotaOperation, [], { ...typeAttrs(shape, dtype), axis });
}
