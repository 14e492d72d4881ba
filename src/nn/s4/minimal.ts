/**
 * The minimal S4D layer (`models/s4/s4d.py` of state-spaces/s4): A = −exp(log_A_real) + i A_imag,
 * B = 1, zero-order hold, one direction, GELU and a gated linear unit. Names `kernel.*`, `D`,
 * `output_linear.0.*`.
 */
import type { Tensor } from "../../graph/contract.ts";
import { add, exp, gelu, mul, neg } from "../../../kernels/elementwise/mod.ts";
import { fftConv } from "../../../kernels/fft/fft_conv.ts";
import { matmul } from "../../../kernels/matmul/mod.ts";
import { expandDims, reshape } from "../../../kernels/view/mod.ts";
import type { ModelContext } from "../context.ts";
import { sequenceDropout } from "../dropout.ts";
import { linearDefault, normal } from "../initializers.ts";
import { fromPairs, reshaped, scaled, times } from "./complex.ts";
import { outputInitializer, stepInitializer } from "./initial_values.ts";
import { discretize, vandermonde } from "./kernel.ts";
import { gatedLinearUnit } from "./layer.ts";
import { defaultKernelOptions } from "./options.ts";

/** Options of {@link s4dMinimal}. */
export interface S4dMinimalOptions {
  /** N */
  readonly states: number;
  readonly dtMin: number;
  readonly dtMax: number;
  /** Drops whole features of a sample. */
  readonly dropout: number;
}

/** Frequencies πn, log(1/2) for every real part. */
function poleInitializers(features: number, pairs: number) {
  const size = features * pairs;
  return {
    real: { kind: "constant", value: Math.log(0.5) },
    imag: {
      kind: "computed",
      compute: () => Float32Array.from({ length: size }, (_, i) => Math.PI * (i % pairs)),
    },
  } as const;
}

/** Applies the layer to x [B, L, H]; also returns the kernel [H, L]. */
export function s4dMinimal(
  ctx: ModelContext,
  x: Tensor,
  options: S4dMinimalOptions,
): { readonly y: Tensor; readonly kernel: Tensor } {
  const [, length, features] = x.shape;
  const pairs = options.states / 2;
  const kernel = ctx.scope("kernel", () => {
    const initial = poleInitializers(features, pairs);
    const steps = stepInitializer({ ...defaultKernelOptions, ...options }, features);
    const dt = expandDims(exp(ctx.parameter("log_dt", [features], steps)), 1);
    const c = fromPairs(ctx.parameter("C", [features, pairs, 2], outputInitializer));
    const a = {
      re: neg(exp(ctx.parameter("log_A_real", [features, pairs], initial.real))),
      im: ctx.parameter("A_imag", [features, pairs], initial.imag),
    };
    const { rate, gain } = discretize(dt, scaled(a, dt), "zoh");
    const weight = reshaped(times(c, gain), [1, features, pairs]);
    return reshape(vandermonde(weight, rate, length), [features, length]);
  });
  const skip = ctx.parameter("D", [features], normal(1));
  const mixed = gelu(add(fftConv(x, kernel), mul(x, skip)));
  const dropped = sequenceDropout(ctx, mixed, { rate: options.dropout, feature: true });
  const mapped = ctx.scope("output_linear.0", () => {
    const weight = ctx.parameter("weight", [2 * features, features, 1], linearDefault(features));
    const product = matmul(dropped, reshape(weight, [2 * features, features]), {
      transposeB: true,
    });
    return add(product, ctx.parameter("bias", [2 * features], linearDefault(features)));
  });
  return { y: gatedLinearUnit(mapped), kernel };
}
