/**
 * The table of elementwise operations. A row holds the forward expression and the derivative with
 * respect to each operand, in WGSL syntax over these names: `a`, `b`, `c` operands, `o` the
 * result, `g` the gradient of the result. Fused kernels are generated from the expressions; the
 * `reference` function is an independent float64 evaluation.
 *
 * Rows whose result is not differentiable (comparisons, casts to integers) have `derivative: []`.
 */
import type { DType } from "../../src/graph/contract.ts";
import { erf as erfFloat64 } from "./erf.ts";

/** One elementwise operation. */
export interface ElementwiseRow {
  /** Number of operands. */
  readonly arity: 1 | 2 | 3;
  /** Element types of the operands, which all have the same one; but see `mask`. */
  readonly types: readonly DType[];
  /** True when the first operand is an f32 mask, whatever the type of the others. */
  readonly mask?: true;
  /** Result expression. */
  readonly forward: string;
  /** Gradient of each operand, or empty when nothing is differentiable. */
  readonly derivative: readonly string[];
  /** Float64 evaluation. */
  readonly reference: (a: number, b: number, c: number) => number;
  /** Approximate floating-point instructions per element. */
  readonly weight: number;
  /** Result type when it differs from that of the last operand. */
  readonly result?: DType;
  /** WGSL helper functions that the expressions call. */
  readonly helpers?: readonly HelperName[];
}

/** WGSL functions used by rows. */
export const helpers = {
  sigmoid_f: "fn sigmoid_f(x: f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }",
  tanh_f: "fn tanh_f(x: f32) -> f32 { return tanh(clamp(x, -15.0, 15.0)); }",
  // Abramowitz and Stegun 7.1.26 away from zero (absolute error 1.5e-7), Taylor series near it.
  erf_f: `fn erf_f(x: f32) -> f32 {
  let z = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let far = sign(x) * (1.0 - p * exp(-z * z));
  let s = x * x;
  let near = x * (1.1283791671 + s * (-0.3761263890 + s * (0.1128379167 + s * (-0.0268661706 + s * 0.0052239776))));
  return select(far, near, z < 0.35);
}`,
} as const;
/** Name of a WGSL helper. */
export type HelperName = keyof typeof helpers;

const float = ["f32"] as const;
const signed = ["f32", "i32"] as const;
const anyType = ["f32", "i32", "u32"] as const;

const laplaceMean = 0.707107;
const laplaceDeviation = 0.282095;
const laplaceScale = 1 / (laplaceDeviation * Math.SQRT2);
const laplaceDensity = 1 / (laplaceDeviation * Math.sqrt(2 * Math.PI));
const geluSlope = Math.sqrt(2 / Math.PI);
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

const rows = {
  neg: {
    arity: 1,
    types: signed,
    forward: "-a",
    derivative: ["-g"],
    reference: (a) => -a,
    weight: 1,
  },
  abs: {
    arity: 1,
    types: signed,
    forward: "abs(a)",
    derivative: ["g * sign(a)"],
    reference: Math.abs,
    weight: 1,
  },
  square: {
    arity: 1,
    types: anyType,
    forward: "a * a",
    derivative: ["2.0 * g * a"],
    reference: (a) => a * a,
    weight: 1,
  },
  exp: {
    arity: 1,
    types: float,
    forward: "exp(a)",
    derivative: ["g * o"],
    reference: Math.exp,
    weight: 8,
  },
  log: {
    arity: 1,
    types: float,
    forward: "log(a)",
    derivative: ["g / a"],
    reference: Math.log,
    weight: 8,
  },
  sqrt: {
    arity: 1,
    types: float,
    forward: "sqrt(a)",
    derivative: ["0.5 * g / o"],
    reference: Math.sqrt,
    weight: 4,
  },
  rsqrt: {
    arity: 1,
    types: float,
    forward: "1.0 / sqrt(a)",
    derivative: ["-0.5 * g * o * o * o"],
    reference: (a) => 1 / Math.sqrt(a),
    weight: 5,
  },
  sin: {
    arity: 1,
    types: float,
    forward: "sin(a)",
    derivative: ["g * cos(a)"],
    reference: Math.sin,
    weight: 12,
  },
  cos: {
    arity: 1,
    types: float,
    forward: "cos(a)",
    derivative: ["-g * sin(a)"],
    reference: Math.cos,
    weight: 12,
  },
  tanh: {
    arity: 1,
    types: float,
    forward: "tanh_f(a)",
    derivative: ["g * (1.0 - o * o)"],
    reference: Math.tanh,
    weight: 12,
    helpers: ["tanh_f"],
  },
  erf: {
    arity: 1,
    types: float,
    forward: "erf_f(a)",
    derivative: [`g * ${2 / Math.sqrt(Math.PI)} * exp(-a * a)`],
    reference: erfFloat64,
    weight: 24,
    helpers: ["erf_f"],
  },
  sigmoid: {
    arity: 1,
    types: float,
    forward: "sigmoid_f(a)",
    derivative: ["g * o * (1.0 - o)"],
    reference: logistic,
    weight: 10,
    helpers: ["sigmoid_f"],
  },
  silu: {
    arity: 1,
    types: float,
    forward: "a * sigmoid_f(a)",
    derivative: ["g * sigmoid_f(a) * (1.0 + a * (1.0 - sigmoid_f(a)))"],
    reference: (a) => a * logistic(a),
    weight: 11,
    helpers: ["sigmoid_f"],
  },
  relu: {
    arity: 1,
    types: float,
    forward: "max(a, 0.0)",
    derivative: ["select(0.0, g, a > 0.0)"],
    reference: (a) => Math.max(a, 0),
    weight: 1,
  },
  /** Squared rectifier (Mega, section 3.2; So et al. 2021). */
  relu2: {
    arity: 1,
    types: float,
    forward: "max(a, 0.0) * max(a, 0.0)",
    derivative: ["2.0 * g * max(a, 0.0)"],
    reference: (a) => Math.max(a, 0) ** 2,
    weight: 2,
  },
  /** Laplace attention function (Mega, equation 16). */
  laplace: {
    arity: 1,
    types: float,
    forward: `0.5 * (1.0 + erf_f((a - ${laplaceMean}) * ${laplaceScale}))`,
    derivative: [
      `g * ${laplaceDensity} * exp(-(a - ${laplaceMean}) * (a - ${laplaceMean}) * ${
        laplaceScale ** 2
      })`,
    ],
    reference: (a) => 0.5 * (1 + erfFloat64((a - laplaceMean) * laplaceScale)),
    weight: 27,
    helpers: ["erf_f"],
  },
  gelu: {
    arity: 1,
    types: float,
    forward: `0.5 * a * (1.0 + erf_f(a * ${Math.SQRT1_2}))`,
    derivative: [
      `g * (0.5 * (1.0 + erf_f(a * ${Math.SQRT1_2})) + a * ${
        1 / Math.sqrt(2 * Math.PI)
      } * exp(-0.5 * a * a))`,
    ],
    reference: (a) => 0.5 * a * (1 + erfFloat64(a * Math.SQRT1_2)),
    weight: 27,
    helpers: ["erf_f"],
  },
  /** GELU by the tanh approximation (the reference's `gelu_accurate`). */
  geluTanh: {
    arity: 1,
    types: float,
    forward: `0.5 * a * (1.0 + tanh_f(${geluSlope} * (a + 0.044715 * a * a * a)))`,
    derivative: [
      `g * (0.5 * (1.0 + tanh_f(${geluSlope} * (a + 0.044715 * a * a * a))) + 0.5 * a * ` +
      `(1.0 - tanh_f(${geluSlope} * (a + 0.044715 * a * a * a)) * tanh_f(${geluSlope} * (a + 0.044715 * a * a * a))) * ` +
      `${geluSlope} * (1.0 + ${3 * 0.044715} * a * a))`,
    ],
    reference: (a) => 0.5 * a * (1 + Math.tanh(geluSlope * (a + 0.044715 * a ** 3))),
    weight: 20,
    helpers: ["tanh_f"],
  },
  add: {
    arity: 2,
    types: anyType,
    forward: "a + b",
    derivative: ["g", "g"],
    reference: (a, b) => a + b,
    weight: 1,
  },
  sub: {
    arity: 2,
    types: anyType,
    forward: "a - b",
    derivative: ["g", "-g"],
    reference: (a, b) => a - b,
    weight: 1,
  },
  mul: {
    arity: 2,
    types: anyType,
    forward: "a * b",
    derivative: ["g * b", "g * a"],
    reference: (a, b) => a * b,
    weight: 1,
  },
  div: {
    arity: 2,
    types: float,
    forward: "a / b",
    derivative: ["g / b", "-g * o / b"],
    reference: (a, b) => a / b,
    weight: 3,
  },
  max: {
    arity: 2,
    types: anyType,
    forward: "max(a, b)",
    derivative: ["select(0.0, g, a >= b)", "select(0.0, g, b > a)"],
    reference: (a, b) => Math.max(a, b),
    weight: 1,
  },
  min: {
    arity: 2,
    types: anyType,
    forward: "min(a, b)",
    derivative: ["select(0.0, g, a <= b)", "select(0.0, g, b < a)"],
    reference: (a, b) => Math.min(a, b),
    weight: 1,
  },
  less: {
    arity: 2,
    types: anyType,
    forward: "select(0.0, 1.0, a < b)",
    derivative: [],
    reference: (a, b) => Number(a < b),
    weight: 1,
    result: "f32",
  },
  lessEqual: {
    arity: 2,
    types: anyType,
    forward: "select(0.0, 1.0, a <= b)",
    derivative: [],
    reference: (a, b) => Number(a <= b),
    weight: 1,
    result: "f32",
  },
  equal: {
    arity: 2,
    types: anyType,
    forward: "select(0.0, 1.0, a == b)",
    derivative: [],
    reference: (a, b) => Number(a === b),
    weight: 1,
    result: "f32",
  },
  /** `b` where `a` is not zero, else `c`; `a` is a mask and gets no gradient. */
  where: {
    arity: 3,
    types: anyType,
    mask: true,
    forward: "select(c, b, a != 0.0)",
    derivative: ["", "select(0.0, g, a != 0.0)", "select(g, 0.0, a != 0.0)"],
    reference: (a, b, c) => (a !== 0 ? b : c),
    weight: 1,
  },
  toF32: {
    arity: 1,
    types: anyType,
    forward: "f32(a)",
    derivative: [],
    reference: (a) => a,
    weight: 1,
    result: "f32",
  },
  toI32: {
    arity: 1,
    types: anyType,
    forward: "i32(a)",
    derivative: [],
    reference: Math.trunc,
    weight: 1,
    result: "i32",
  },
} as const satisfies Record<string, ElementwiseRow>;

/** Name of an elementwise operation. */
export type ElementwiseName = keyof typeof rows;

/** All rows by name. */
export const elementwiseTable: Readonly<Record<ElementwiseName, ElementwiseRow>> = rows;
