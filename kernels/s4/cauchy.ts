/**
 * Cauchy sums over conjugate pairs at the roots of unity (DPLR kernels: S4, arXiv 2111.00396,
 * appendix C.3; `SSMKernelDPLR` in `src/models/sequence/kernels/ssm.py` of state-spaces/s4).
 *
 * At ω = exp(−2πi f / l) the resolvent of a pair (v, a) and its conjugate, with the factor of the
 * bilinear transform pulled in, is
 *
 *   v/(iσ − ca) + v̄/(iσ − cā) = (cρ + iσw) / (|ca|² − σ² − 2iσ c Re a)
 *   σ = 2 sin(πf/l),  c = cos(πf/l),  w = 2 Re v,  ρ = −2 Re(v ā)
 *
 * which stays finite at ω = −1 (c = 0). Result [R, H, F] complex, F = ⌊l/2⌋ + 1: the sum over the M
 * pairs of row r and feature h. ρ, w [R, H, M] real; a [H, M] complex.
 */
import { apply } from "../../src/graph/build.ts";
import {
  type Attrs,
  type KernelOperation,
  ShapeError,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { sub } from "../elementwise/mod.ts";
import { whole } from "../fft/convolution.ts";
import type { ComplexTensor } from "../fft/rfft.ts";
import { constant } from "../source/mod.ts";
import { cauchyGeometry } from "./cauchy_geometry.ts";
import { lowerCauchy } from "./cauchy_lowering.ts";
import { lowerCauchyGradient } from "./cauchy_gradient_lowering.ts";
import { referenceCauchy, referenceCauchyGradient } from "./cauchy_reference.ts";

/** Number of bins of a real kernel of the given length. */
const binsOf = (length: number) => Math.floor(length / 2) + 1;

/** Constant [F, 2]: σ = 2 sin(πf/l) and c = cos(πf/l), from float64; exact at the ends. */
export function frequencyTable(length: number): Tensor {
  const bins = binsOf(length);
  const values = new Float64Array(2 * bins);
  for (let f = 0; f < bins; f++) {
    values[2 * f] = 2 * Math.sin(Math.PI * f / length);
    values[2 * f + 1] = 2 * f === length ? 0 : Math.cos(Math.PI * f / length);
  }
  return constant(`s4_frequencies_${length}`, [bins, 2], values);
}

function cost(inputs: readonly TensorType[], factor: number) {
  const { rows, features, pairs, bins } = cauchyGeometry("s4Cauchy", inputs);
  return {
    flops: features * pairs * bins * (12 + factor * rows),
    bytes: 4 * (2 * rows + 2) * features * (pairs + bins),
  };
}

const cauchyOperation: KernelOperation = {
  name: "s4Cauchy",
  kind: "kernel",
  infer(inputs) {
    requireTypes("s4Cauchy", inputs, ["f32"]);
    const { rows, features, bins } = cauchyGeometry("s4Cauchy", inputs);
    const type = { shape: [rows, features, bins], dtype: "f32" as const };
    return [type, type];
  },
  vjp(node, [re, im]) {
    const given = re ?? im;
    if (given === undefined) return [];
    const zero = () => sub(given, given);
    const { outputs } = apply(gradientOperation, [...node.inputs, re ?? zero(), im ?? zero()]);
    return [...outputs, undefined];
  },
  reference: referenceCauchy,
  cost: (inputs) => cost(inputs, 8),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => lowerCauchy(cauchyGeometry("s4Cauchy", node.inputs), ctx),
};

const gradientOperation: KernelOperation = {
  name: "s4CauchyGradient",
  kind: "kernel",
  infer(inputs) {
    requireTypes("s4CauchyGradient", inputs, ["f32"]);
    const { rows, features, bins } = cauchyGeometry("s4CauchyGradient", inputs);
    for (const gradient of inputs.slice(5)) {
      if (gradient.shape.join() !== [rows, features, bins].join()) {
        throw new ShapeError("s4CauchyGradient", `gradient [${gradient.shape}] does not fit`);
      }
    }
    return inputs.slice(0, 4).map(({ shape }) => ({ shape, dtype: "f32" }));
  },
  vjp() {
    throw new Error("s4CauchyGradient: second derivatives are not available");
  },
  reference: referenceCauchyGradient,
  cost: (inputs) => cost(inputs, 24),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => lowerCauchyGradient(cauchyGeometry("s4CauchyGradient", node.inputs), ctx),
};

/** Numerators and poles of {@link cauchy}. */
export interface CauchyOperands {
  /** −2 Re(v ā) [R, H, M] */
  readonly rho: Tensor;
  /** 2 Re v [R, H, M] */
  readonly weight: Tensor;
  /** a [H, M] */
  readonly poles: ComplexTensor;
}

/**
 * The sums at the ⌊length/2⌋ + 1 frequencies of a real kernel, complex [R, H, F]; gradients reach
 * numerators and poles.
 *
 * @throws {ShapeError} when shapes do not fit.
 */
export function cauchy({ rho, weight, poles }: CauchyOperands, length: number): ComplexTensor {
  const attrs: Attrs = { length };
  if (whole(attrs, "length") === 0) throw new ShapeError("s4Cauchy", "the length must not be 0");
  const inputs = [rho, weight, poles.re, poles.im, frequencyTable(length)];
  const [re, im] = apply(cauchyOperation, inputs).outputs;
  return { re, im };
}
