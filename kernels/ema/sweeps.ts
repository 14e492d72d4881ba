/**
 * WGSL shared by the EMA kernels: sweeps over time, decay factors and their powers.
 *
 * A sweep k runs over time in one direction with rows k·D … k·D + D − 1 of `c` and `q`.
 */
import type { Attrs, TensorType } from "../../src/graph/contract.ts";
import { ShapeError } from "../../src/graph/contract.ts";

/** Direction of a sweep: `forward` looks at the past, `reverse` at the future; both see lag 0. */
export type Sweep = "forward" | "reverse";

/** Extents and options of an EMA node. */
export interface EmaGeometry {
  readonly batch: number;
  readonly length: number;
  readonly features: number;
  /** States per feature, N. */
  readonly states: number;
  readonly sweeps: readonly Sweep[];
  /** Taps K of each kernel, or 0 when the kernel covers the whole length. */
  readonly truncation: number;
}

/** Where a scan starts. */
export interface Start {
  /** Inputs that `value` reads. */
  readonly inputs: readonly number[];
  /** Expression of state `n` of weights row `row`, sequence `b`, feature `d`. */
  readonly value: (n: string) => string;
}

/** Reads and checks the geometry from x [B, L, D] and q [sweeps · D, N]. */
export function emaGeometry(
  op: string,
  x: TensorType,
  q: TensorType,
  attrs: Attrs,
): EmaGeometry {
  const sweeps = sweepsOf(attrs);
  if (x.shape.length !== 3 || x.dtype !== "f32") {
    throw new ShapeError(op, "x must be f32 [B, L, D]");
  }
  const [batch, length, features] = x.shape;
  if (q.shape.length !== 2 || q.dtype !== "f32" || q.shape[0] !== sweeps.length * features) {
    throw new ShapeError(
      op,
      `q must be f32 [${sweeps.length * features}, N] for x [${x.shape}], got [${q.shape}]`,
    );
  }
  const taps = attrs.truncation;
  if (typeof taps !== "number" || taps < 0 || !Number.isInteger(taps)) {
    throw new ShapeError(op, "truncation must be a whole number of taps, 0 for none");
  }
  const truncation = taps >= length ? 0 : taps;
  return { batch, length, features, states: q.shape[1], sweeps, truncation };
}

/** The sweeps named in the attributes. */
export function sweepsOf(attrs: Attrs): Sweep[] {
  const list = Array.isArray(attrs.sweeps) ? attrs.sweeps : [];
  return list.map((name) => name === "reverse" ? "reverse" : "forward");
}

/** `body(0) … body(count − 1)`, one statement per line. */
export function each(count: number, body: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => body(n)).join("\n");
}

/**
 * Adds `product` of state `n` to the sum `name`, which is four independent chains, so that the
 * additions overlap.
 */
export function addToSum(name: string, n: number, left: string, right: string): string {
  return n < 4
    ? `var ${name}_${n} = ${left} * ${right};`
    : `${name}_${n % 4} = fma(${left}, ${right}, ${name}_${n % 4});`;
}

/** The sum `name` of {@link addToSum} over `count` states. */
export function sumOf(name: string, count: number): string {
  const join = (list: readonly string[]): string =>
    list.length === 1
      ? list[0]
      : `(${join(list.slice(0, list.length >> 1))} + ${join(list.slice(list.length >> 1))})`;
  return join(Array.from({ length: Math.min(4, count) }, (_, n) => `${name}_${n}`));
}

/**
 * Declares `power_{exponent}(q)`: repeated squaring of a number held as an unevaluated sum of two
 * floats, because plain squaring multiplies the rounding error of q by the exponent.
 */
export function powerFunction(exponent: number): string {
  const lines = ["var r = vec2f(1.0, 0.0);"];
  for (const bit of exponent.toString(2)) {
    lines.push("r = two_product(r, r);");
    if (bit === "1") lines.push("r = two_product(r, vec2f(q, 0.0));");
  }
  return `fn power_${exponent}(q: f32) -> f32 {\n${lines.join("\n")}\nreturn r.x + r.y;\n}`;
}

/** Declares {@link powerFunction} for each distinct exponent. */
export function powerFunctions(exponents: readonly number[]): string {
  return `fn two_product(a: vec2f, b: vec2f) -> vec2f {
  let p = a.x * b.x;
  return vec2f(p, fma(a.x, b.x, -p) + (a.x * b.y + a.y * b.x));
}
${[...new Set(exponents)].map(powerFunction).join("\n")}`;
}

/** Bounds of a stretch of time: constants, or WGSL expressions in a chunked scan. */
export type Bound = number | string;

const minimum = (a: Bound, b: number): Bound =>
  typeof a === "number" ? Math.min(a, b) : `min(${a}, ${b}u)`;
const maximum = (a: Bound, b: number): Bound =>
  typeof a === "number" ? Math.max(a, b) : `max(${a}, ${b}u)`;
const text = (a: Bound): string => typeof a === "number" ? `${a}u` : a;

/** A time of a sweep, as WGSL expressions. */
export interface Time {
  readonly t: string;
  /** Time whose input leaves the window of K taps, when there is one. */
  readonly old?: string;
}

/**
 * Loops over the times [low, high) in the order of the sweep. `steps` gives the statements for
 * consecutive times; going through them state by state keeps a state in its register meanwhile.
 */
export function overTime(
  geometry: EmaGeometry,
  sweep: Sweep,
  low: Bound,
  high: Bound,
  unroll: number,
  steps: (times: readonly Time[]) => string,
): string {
  const { length, truncation } = geometry;
  const reverse = sweep === "reverse";
  const young = (t: string) => ({ t });
  const run = (from: Bound, to: Bound, time: (t: string) => Time) =>
    stretch(reverse, from, to, unroll, (times) => steps(times.map(time)));
  if (truncation === 0) return run(low, high, young);
  const edge = reverse ? length - truncation : truncation;
  const full = (t: string) => ({ t, old: `${t} ${reverse ? "+" : "-"} ${truncation}u` });
  if (reverse) return run(maximum(low, edge), high, young) + run(low, minimum(high, edge), full);
  return run(low, minimum(high, edge), young) + run(maximum(low, edge), high, full);
}

function stretch(
  reverse: boolean,
  low: Bound,
  high: Bound,
  unroll: number,
  steps: (times: readonly string[]) => string,
): string {
  if (typeof low === "number" && typeof high === "number" && low >= high) return "";
  const constant = typeof low === "number" && typeof high === "number";
  const count = constant ? high - low : 0;
  const block = (size: number) => {
    const times = Array.from({ length: size }, (_, k) => `t${k}`);
    const at = (k: number) =>
      reverse ? `${text(high)} - ${k + 1}u - i` : `${text(low)} + i + ${k}u`;
    return `${times.map((t, k) => `let ${t} = ${at(k)};`).join("\n")}\n${steps(times)}`;
  };
  const total = constant ? `${count}u` : `u32(max(i32(${text(high)}) - i32(${text(low)}), 0))`;
  const main = constant && count < unroll
    ? ""
    : `for (; i + ${unroll}u <= total; i += ${unroll}u) {\n${block(unroll)}\n}`;
  const rest = unroll === 1 || (constant && count % unroll === 0)
    ? ""
    : `for (; i < total; i++) {\n${block(1)}\n}`;
  return `{\nlet total = ${total};\nvar i = 0u;\n${main}\n${rest}\n}\n`;
}
