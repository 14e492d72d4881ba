/**
 * Powers of complex numbers given by their logarithms, the building block of Vandermonde kernels
 * (S4D, section 3.3):
 *
 *   z[r, j] = exp(rate[r] · stride · j),  j = 0 … count − 1
 *
 * rate complex [R] (two tensors); result complex [R, count]. The phase is exact modulo a turn for
 * exponents up to 2^24, see `phase_wgsl.ts`.
 */
import { apply } from "../../src/graph/build.ts";
import {
  type Attrs,
  type KernelOperation,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { add, mul, sub } from "../elementwise/mod.ts";
import { whole } from "../fft/convolution.ts";
import type { ComplexTensor } from "../fft/rfft.ts";
import { sum } from "../reduce/mod.ts";
import { iota } from "../source/generate.ts";
import { phaseFunctions } from "./phase_wgsl.ts";

/** Outputs per invocation on software adapters: they share the reduction of the angle. */
const softwareOutputs = 4;

function extents(attrs: Attrs) {
  return { count: whole(attrs, "count"), stride: whole(attrs, "stride") };
}

const powersOperation: KernelOperation = {
  name: "s4Powers",
  kind: "kernel",
  infer([re, im], attrs) {
    requireTypes("s4Powers", [re, im], ["f32"]);
    const { count, stride } = extents(attrs);
    if (re.shape.length !== 1 || re.shape.join() !== im.shape.join()) {
      throw new ShapeError(
        "s4Powers",
        `rates must be two f32 [R], got [${re.shape}], [${im.shape}]`,
      );
    }
    if (count === 0 || count * stride > 2 ** 24) {
      throw new ShapeError("s4Powers", `exponents to ${count} x ${stride} are out of range`);
    }
    const type = { shape: [re.shape[0], count], dtype: "f32" as const };
    return [type, type];
  },
  vjp(node, [gre, gim]) {
    const [re, im] = node.outputs;
    if (gre === undefined && gim === undefined) return [];
    const { stride } = extents(node.attrs);
    const exponent = mul(iota([1, re.shape[1]], 1), stride);
    // dz/drate = exponent · z, so the gradient of the rate is Σ exponent · conj(z) · g.
    const real = [gre && mul(re, gre), gim && mul(im, gim)];
    const imaginary = [gim && mul(re, gim), gre && mul(im, gre)];
    const total = (value: Tensor) => sum(mul(exponent, value), [1]);
    return [
      total(real[0] && real[1] ? add(real[0], real[1]) : real[0] ?? present(real[1])),
      total(
        imaginary[0] && imaginary[1]
          ? sub(imaginary[0], imaginary[1])
          : imaginary[0] ?? mul(present(imaginary[1]), -1),
      ),
    ];
  },
  reference([re, im], attrs) {
    const { count, stride } = extents(attrs);
    const shape = [re.shape[0], count];
    const data = [new Float64Array(sizeOf(shape)), new Float64Array(sizeOf(shape))];
    for (let i = 0; i < data[0].length; i++) {
      const row = Math.floor(i / count);
      const exponent = (i % count) * stride;
      const size = Math.exp(re.data[row] * exponent);
      data[0][i] = size * Math.cos(im.data[row] * exponent);
      data[1][i] = size * Math.sin(im.data[row] * exponent);
    }
    return data.map((values) => ({ shape, data: values }));
  },
  cost: ([re], [z]) => ({
    flops: 40 * sizeOf(z.shape),
    bytes: 8 * (sizeOf(re.shape) + sizeOf(z.shape)),
  }),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower(node, ctx) {
    const { count, stride } = extents(node.attrs);
    const rows = node.inputs[0].shape[0];
    const software = ctx.adapterClass === "software";
    const workgroupSize = software ? ctx.subgroupSize : 64;
    const each = software ? softwareOutputs : 1;
    const slices = Math.ceil(count / (workgroupSize * each));
    return [{
      name: "powers",
      inputs: [0, 1],
      outputs: [0, 1],
      workgroupSize,
      groups: rows * slices,
      declarations: phaseFunctions,
      body: `let row = group / ${slices}u;
let rate = in0(row);
let angle = turns_of(in1(row));
for (var i = 0u; i < ${each}u; i++) {
let j = ((group % ${slices}u) * ${each}u + i) * ${workgroupSize}u + lane;
if (j < ${count}u) {
let z = power(rate, angle, j * ${stride}u);
out0(row, j, z.x);
out1(row, j, z.y);
}
}`,
    }];
  },
};

function present(tensor: Tensor | undefined): Tensor {
  if (tensor === undefined) throw new Error("s4Powers: a gradient is missing");
  return tensor;
}

/**
 * exp(rate · stride · j) for j < count; `rate` [R], the result [R, count].
 *
 * @throws {ShapeError} when the rates are not [R] or an exponent exceeds 2^24.
 */
export function powers(rate: ComplexTensor, count: number, stride = 1): ComplexTensor {
  const [re, im] = apply(powersOperation, [rate.re, rate.im], { count, stride }).outputs;
  return { re, im };
}
