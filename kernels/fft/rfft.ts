/**
 * Real Fourier transforms along the last axis of [R, l], for any length l.
 *
 *   rfft:   X[r, f] = Σ_t x[r, t] e^{−2πi f t / l},  f = 0 … ⌊l/2⌋
 *   irfft:  the inverse; imaginary parts of bin 0 and of the Nyquist bin are ignored
 *
 * Complex values are two tensors, real and imaginary part [R, ⌊l/2⌋ + 1]. Both are linear and each
 * is the adjoint of the other up to the weights of the bins, which gives derivatives of any order.
 */
import { apply, apply1 } from "../../src/graph/build.ts";
import {
  type Attrs,
  type KernelOperation,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { sub } from "../elementwise/mod.ts";
import { whole } from "./convolution.ts";
import {
  binsOf,
  type BinWeights,
  lowerAdjoint,
  lowerReal,
  type RealTransform,
} from "./rfft_lowering.ts";
import { referenceReal, referenceRealAdjoint } from "./rfft_reference.ts";
import { twiddles } from "./stages.ts";

/** A complex tensor as two real ones. */
export interface ComplexTensor {
  readonly re: Tensor;
  readonly im: Tensor;
}

function weightsOf(attrs: Attrs): BinWeights {
  return attrs.weights === "hermitian" ? "hermitian" : "unit";
}

function transformOf(rows: number, attrs: Attrs): RealTransform {
  return { rows, length: whole(attrs, "length"), weights: weightsOf(attrs) };
}

const flops = (rows: number, length: number) =>
  2.5 * rows * length * Math.log2(Math.max(2, length));

const realOperation: KernelOperation = {
  name: "realDft",
  kind: "kernel",
  infer(inputs, attrs) {
    requireTypes("rfft", inputs, ["f32"]);
    const [x] = inputs;
    const length = whole(attrs, "length");
    if (x.shape.length !== 2 || x.dtype !== "f32" || x.shape[1] !== length || length === 0) {
      throw new ShapeError("rfft", `needs f32 [rows, length], got ${x.dtype} [${x.shape}]`);
    }
    const type = { shape: [x.shape[0], binsOf(length)], dtype: "f32" as const };
    return [type, type];
  },
  vjp(node, [re, im]) {
    const table = node.inputs[1];
    const [bins] = node.outputs;
    if (re === undefined && im === undefined) return [];
    const zero = (given: Tensor) => sub(given, given);
    const parts = [re ?? zero(im ?? bins), im ?? zero(re ?? bins)];
    return [apply1(adjointOperation, [...parts, table], node.attrs), undefined];
  },
  reference: ([x], attrs) => referenceReal(x, weightsOf(attrs)),
  cost: ([x], [re]) => ({
    flops: flops(x.shape[0], x.shape[1]),
    bytes: 4 * (sizeOf(x.shape) + 2 * sizeOf(re.shape)),
  }),
  fusesInput: (input) => input === 0,
  fusesOutput: () => true,
  lower: (node, ctx) => lowerReal(transformOf(node.inputs[0].shape[0], node.attrs), ctx),
};

const adjointOperation: KernelOperation = {
  name: "realDftAdjoint",
  kind: "kernel",
  infer(inputs, attrs) {
    requireTypes("irfft", inputs, ["f32"]);
    const [re, im] = inputs;
    const length = whole(attrs, "length");
    const fits = [re, im].every(({ shape, dtype }) =>
      dtype === "f32" && shape.length === 2 && shape[0] === re.shape[0] &&
      shape[1] === binsOf(length)
    );
    if (!fits || length === 0) {
      throw new ShapeError(
        "irfft",
        `length ${length} needs two f32 [rows, ${
          binsOf(length)
        }], got [${re.shape}], [${im.shape}]`,
      );
    }
    return [{ shape: [re.shape[0], length], dtype: "f32" }];
  },
  vjp(node, [dy]) {
    if (dy === undefined) return [];
    const { outputs } = apply(realOperation, [dy, node.inputs[2]], node.attrs);
    return [...outputs, undefined];
  },
  reference: ([re, im], attrs) =>
    referenceRealAdjoint(re, im, whole(attrs, "length"), weightsOf(attrs)),
  cost: ([re], [y]) => ({
    flops: flops(y.shape[0], y.shape[1]),
    bytes: 4 * (sizeOf(y.shape) + 2 * sizeOf(re.shape)),
  }),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => lowerAdjoint(transformOf(node.inputs[0].shape[0], node.attrs), ctx),
};

/**
 * Transform of the rows of `x` [R, l]; real and imaginary part [R, ⌊l/2⌋ + 1].
 *
 * @throws {ShapeError} when x is not f32 [R, l].
 */
export function rfft(x: Tensor): ComplexTensor {
  const length = x.shape[1] ?? 0;
  const attrs = { length, weights: "unit" };
  const [re, im] = apply(realOperation, [x, twiddles(Math.max(1, length))], attrs).outputs;
  return { re, im };
}

/**
 * Real rows [R, length] whose transform is `spectrum` [R, ⌊length/2⌋ + 1].
 *
 * @throws {ShapeError} when the number of bins does not fit the length.
 */
export function irfft(spectrum: ComplexTensor, length: number): Tensor {
  const inputs = [spectrum.re, spectrum.im, twiddles(Math.max(1, length))];
  return apply1(adjointOperation, inputs, { length, weights: "hermitian" });
}
