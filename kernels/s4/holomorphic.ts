/**
 * Complex functions that discretise a diagonal state space, accurate for small steps where the
 * textbook formulas cancel (`SSMKernelDiag` in `src/models/sequence/kernels/ssm.py` of
 * state-spaces/s4):
 *
 *   expm1Ratio(a)  = (eᵃ − 1)/a                       zero-order hold: B̄ = Δ B expm1Ratio(ΔA)
 *   bilinearLog(a) = log((1 + a/2)/(1 − a/2))         bilinear: log Ā, phase in (−π, π]
 *
 * Operand and result are two tensors of the same shape, real and imaginary part.
 */
import { apply } from "../../src/graph/build.ts";
import { type Attrs, type KernelOperation, ShapeError, sizeOf } from "../../src/graph/contract.ts";
import { sub } from "../elementwise/mod.ts";
import type { ComplexTensor } from "../fft/rfft.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { referenceHolomorphic, referenceHolomorphicGradient } from "./holomorphic_reference.ts";
import { phaseFunctions } from "./phase_wgsl.ts";

/** Names of the functions. */
export const holomorphicNames = ["expm1Ratio", "bilinearLog"] as const;
/** Name of a function. */
export type HolomorphicName = typeof holomorphicNames[number];

/** Terms of the series of expm1Ratio, for |a| < 1/2. */
const seriesTerms = 10;

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

const common = `${phaseFunctions}
fn times(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
return vec2<f32>(fma(a.x, b.x, -a.y * b.y), fma(a.x, b.y, a.y * b.x));
}
fn over(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
return times(a, vec2<f32>(b.x, -b.y)) / dot(b, b);
}`;

/** `value(a)` and `slope(a)`, the function and its derivative. */
const sources: Readonly<Record<HolomorphicName, string>> = {
  expm1Ratio: `${common}
fn exponential(a: vec2<f32>) -> vec2<f32> { return power(a.x, turns_of(a.y), 1u); }
fn value(a: vec2<f32>) -> vec2<f32> {
var sum = vec2<f32>(${Math.fround(1 / factorial(seriesTerms))}f, 0.0);
${
    Array.from(
      { length: seriesTerms - 1 },
      (_, k) =>
        `sum = times(sum, a) + vec2<f32>(${
          Math.fround(1 / factorial(seriesTerms - 1 - k))
        }f, 0.0);`,
    ).join("\n")
  }
return select(over(exponential(a) - vec2<f32>(1.0, 0.0), a), sum, dot(a, a) < 0.25);
}
fn slope(a: vec2<f32>) -> vec2<f32> {
var sum = vec2<f32>(${Math.fround(seriesTerms / factorial(seriesTerms + 1))}f, 0.0);
${
    Array.from({ length: seriesTerms - 1 }, (_, i) => {
      const k = seriesTerms - 1 - i;
      return `sum = times(sum, a) + vec2<f32>(${Math.fround(k / factorial(k + 1))}f, 0.0);`;
    }).join("\n")
  }
return select(over(exponential(a) - value(a), a), sum, dot(a, a) < 0.25);
}`,
  bilinearLog: `${common}
fn value(a: vec2<f32>) -> vec2<f32> {
let quarter = 0.25 * dot(a, a);
let s = clamp(a.x / (1.0 + quarter), -0.9999999, 0.9999999);
let z = s * s;
let near = s * (1.0 + z * (0.33333333 + z * (0.2 + z * 0.14285715)));
let size = select(0.5 * log((1.0 + s) / (1.0 - s)), near, abs(s) < 0.1);
let target_re = 1.0 - quarter;
let guess = atan2(a.y, target_re);
let at = cis(turns_of(guess));
let miss = fma(a.y, at.x, -target_re * at.y) / fma(target_re, at.x, a.y * at.y);
return vec2<f32>(size, guess + miss);
}
fn slope(a: vec2<f32>) -> vec2<f32> {
return over(vec2<f32>(1.0, 0.0), vec2<f32>(1.0, 0.0) - 0.25 * times(a, a));
}`,
};

function functionOf(attrs: Attrs): HolomorphicName {
  const name = holomorphicNames.find((each) => each === attrs.function);
  if (name === undefined) throw new TypeError("attribute function is malformed");
  return name;
}

/** One pass over all elements, seen as one axis of each operand. */
function elementPass(
  shape: readonly number[],
  operands: number,
  name: HolomorphicName,
  body: string,
  ctx: LowerContext,
): Pass[] {
  const size = sizeOf(shape);
  const workgroupSize = ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
  let rest = size;
  const axes = shape.map((extent) => {
    rest /= extent;
    return `(thread / ${rest}u) % ${extent}u`;
  });
  return [{
    name: "map",
    inputs: Array.from({ length: operands }, (_, k) => k),
    outputs: [0, 1],
    workgroupSize,
    groups: Math.ceil(size / workgroupSize),
    declarations: sources[name],
    body: `if (thread < ${size}u) {\n${axes.map((axis, k) => `let i${k} = ${axis};`).join("\n")}\n${
      body.replaceAll("@", shape.map((_, k) => `i${k}`).join(", "))
    }\n}`,
  }];
}

const mapOperation: KernelOperation = {
  name: "s4Holomorphic",
  kind: "kernel",
  infer([re, im]) {
    requireTypes("s4Holomorphic", [re, im], ["f32"]);
    if (re.shape.join() !== im.shape.join() || re.shape.length === 0) {
      throw new ShapeError("s4Holomorphic", `parts [${re.shape}] and [${im.shape}] do not fit`);
    }
    return [re, im].map(({ shape }) => ({ shape, dtype: "f32" }));
  },
  vjp(node, [re, im]) {
    const given = re ?? im;
    if (given === undefined) return [];
    const zero = () => sub(given, given);
    const operands = [...node.inputs, re ?? zero(), im ?? zero()];
    return [...apply(gradientOperation, operands, node.attrs).outputs];
  },
  reference: (inputs, attrs) => referenceHolomorphic(functionOf(attrs), inputs),
  cost: ([a]) => ({ flops: 50 * sizeOf(a.shape), bytes: 16 * sizeOf(a.shape) }),
  fusesInput: () => true,
  fusesOutput: () => true,
  lower: (node, ctx) =>
    elementPass(
      node.outputs[0].shape,
      2,
      functionOf(node.attrs),
      `let result = value(vec2<f32>(in0(@), in1(@)));\nout0(@, result.x);\nout1(@, result.y);`,
      ctx,
    ),
};

const gradientOperation: KernelOperation = {
  name: "s4HolomorphicGradient",
  kind: "kernel",
  infer(inputs) {
    requireTypes("s4HolomorphicGradient", inputs, ["f32"]);
    return inputs.slice(0, 2).map(({ shape }) => ({ shape, dtype: "f32" }));
  },
  vjp() {
    throw new Error("s4HolomorphicGradient: second derivatives are not available");
  },
  reference: (inputs, attrs) => referenceHolomorphicGradient(functionOf(attrs), inputs),
  cost: ([a]) => ({ flops: 60 * sizeOf(a.shape), bytes: 24 * sizeOf(a.shape) }),
  fusesInput: () => true,
  fusesOutput: () => true,
  lower: (node, ctx) =>
    elementPass(
      node.outputs[0].shape,
      4,
      functionOf(node.attrs),
      `let d = slope(vec2<f32>(in0(@), in1(@)));
let result = times(vec2<f32>(d.x, -d.y), vec2<f32>(in2(@), in3(@)));
out0(@, result.x);
out1(@, result.y);`,
      ctx,
    ),
};

/**
 * Applies a function elementwise.
 *
 * @throws {ShapeError} when the parts differ in shape.
 */
export function holomorphic(name: HolomorphicName, a: ComplexTensor): ComplexTensor {
  const [re, im] = apply(mapOperation, [a.re, a.im], { function: name }).outputs;
  return { re, im };
}
