/** Elementwise functions with broadcasting. */
import { ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { broadcastShapes, broadcastTo } from "../view/broadcast.ts";
import { scalar } from "../source/generate.ts";
import { elementwise } from "./operations.ts";
import type { ElementwiseName } from "./table.ts";

/** A tensor, or a number that is broadcast to the shape of the other operands. */
export type Operand = Tensor | number;

function lift(name: ElementwiseName, values: readonly Operand[]): Tensor {
  const op = elementwise.get(name);
  const typed = values.findLast((value) => typeof value !== "number");
  if (op === undefined || typed === undefined || typeof typed === "number") {
    throw new ShapeError(name, "needs at least one tensor operand");
  }
  const tensors = values.map((value) => {
    if (typeof value !== "number") return value;
    const { dtype } = typed;
    if (dtype !== "f32" && !(Number.isInteger(value) && (dtype === "i32" || value >= 0))) {
      throw new ShapeError(name, `${value} is no ${dtype}, the type of the other operand`);
    }
    return scalar(value, dtype);
  });
  const shape = tensors.map((t) => t.shape).reduce((a, b) => broadcastShapes(name, a, b));
  return apply1(op, tensors.map((t) => broadcastTo(t, shape)));
}

const unary = (name: ElementwiseName) => (a: Tensor): Tensor => lift(name, [a]);
const binary = (name: ElementwiseName) => (a: Operand, b: Operand): Tensor => lift(name, [a, b]);

/** -a */
export const neg = unary("neg");
/** |a| */
export const abs = unary("abs");
/** a² */
export const square = unary("square");
/** eᵃ */
export const exp = unary("exp");
/** Natural logarithm. */
export const log = unary("log");
/** √a */
export const sqrt = unary("sqrt");
/** 1/√a */
export const rsqrt = unary("rsqrt");
/** sin a (radians). */
export const sin = unary("sin");
/** cos a (radians). */
export const cos = unary("cos");
/** Hyperbolic tangent. */
export const tanh = unary("tanh");
/** Error function. */
export const erf = unary("erf");
/** Logistic function 1/(1+e⁻ᵃ). */
export const sigmoid = unary("sigmoid");
/** a·sigmoid(a) */
export const silu = unary("silu");
/** max(a, 0) */
export const relu = unary("relu");
/** max(a, 0)² */
export const relu2 = unary("relu2");
/** Laplace attention function (Mega, equation 16). */
export const laplace = unary("laplace");
/** GELU, exact. */
export const gelu = unary("gelu");
/** GELU, tanh approximation. */
export const geluTanh = unary("geluTanh");
/** a + b */
export const add = binary("add");
/** a − b */
export const sub = binary("sub");
/** a·b */
export const mul = binary("mul");
/** a / b */
export const div = binary("div");
/** Larger of two. */
export const maximum = binary("max");
/** Smaller of two. */
export const minimum = binary("min");
/** 1 where a < b, else 0. */
export const less = binary("less");
/** 1 where a ≤ b, else 0. */
export const lessEqual = binary("lessEqual");
/** 1 where a = b, else 0. */
export const equal = binary("equal");
/** `b` where the mask is not zero, else `c`. */
export function where(mask: Tensor, b: Operand, c: Operand): Tensor {
  return lift("where", [mask, b, c]);
}
/** Conversion to f32. */
export const toF32 = unary("toF32");
/** Conversion to i32, towards zero. */
export const toI32 = unary("toI32");
