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

/** Sum of products as four independent chains, so that the additions overlap. */
export function dot(count: number, left: (n: number) => string, right: (n: number) => string) {
  const chains: string[] = [];
  for (let n = 0; n < count; n++) {
    const product = `${left(n)} * ${right(n)}`;
    if (n < 4) chains.push(product);
    else chains[n % 4] = `fma(${left(n)}, ${right(n)}, ${chains[n % 4]})`;
  }
  const sum = (list: readonly string[]): string =>
    list.length === 1
      ? list[0]
      : `(${sum(list.slice(0, list.length >> 1))} + ${sum(list.slice(list.length >> 1))})`;
  return sum(chains);
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

/**
 * Loops over the times [low, high) in the order of the sweep. `step(t, old)` gives the statements
 * at time `t`; `old` is the time whose input leaves the window of K taps, when there is one.
 */
export function overTime(
  geometry: EmaGeometry,
  sweep: Sweep,
  low: Bound,
  high: Bound,
  unroll: number,
  step: (t: string, old?: string) => string,
): string {
  const { length, truncation } = geometry;
  const reverse = sweep === "reverse";
  if (truncation === 0) return stretch(reverse, low, high, unroll, (t) => step(t));
  const young = (t: string) => step(t);
  if (reverse) {
    const edge = length - truncation;
    return stretch(true, maximum(low, edge), high, unroll, young) +
      stretch(true, low, minimum(high, edge), unroll, (t) => step(t, `${t} + ${truncation}u`));
  }
  return stretch(false, low, minimum(high, truncation), unroll, young) +
    stretch(
      false,
      maximum(low, truncation),
      high,
      unroll,
      (t) => step(t, `${t} - ${truncation}u`),
    );
}

function stretch(
  reverse: boolean,
  low: Bound,
  high: Bound,
  unroll: number,
  step: (t: string) => string,
): string {
  if (typeof low === "number" && typeof high === "number" && low >= high) return "";
  const constant = typeof low === "number" && typeof high === "number";
  const count = constant ? high - low : 0;
  const at = (k: number) => {
    const t = reverse ? `${text(high)} - ${k + 1}u - i` : `${text(low)} + i + ${k}u`;
    return `{\nlet t = ${t};\n${step("t")}\n}`;
  };
  const total = constant ? `${count}u` : `u32(max(i32(${text(high)}) - i32(${text(low)}), 0))`;
  const block = Array.from({ length: unroll }, (_, k) => at(k)).join("\n");
  const main = constant && count < unroll
    ? ""
    : `for (; i + ${unroll}u <= total; i += ${unroll}u) {\n${block}\n}`;
  const rest = unroll === 1 || (constant && count % unroll === 0)
    ? ""
    : `for (; i < total; i++) {\n${at(0)}\n}`;
  return `{\nlet total = ${total};\nvar i = 0u;\n${main}\n${rest}\n}\n`;
}
