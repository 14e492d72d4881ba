/**
 * The S4 block: state-space convolution with skip connection, activation, and a linear map that
 * mixes features (`src/models/sequence/modules/s4block.py` of state-spaces/s4). Names as there:
 * `layer.D`, `layer.kernel.*`, `output_linear.0.*`.
 */
import type { Tensor } from "../../graph/contract.ts";
import { add, mul, sigmoid } from "../../../kernels/elementwise/mod.ts";
import { fftConv } from "../../../kernels/fft/fft_conv.ts";
import { expandDims, reshape, slice, split } from "../../../kernels/view/mod.ts";
import { activate, type ActivationName } from "../activations.ts";
import type { ModelContext } from "../context.ts";
import { dropout, sequenceDropout } from "../dropout.ts";
import { zeroPadding } from "../embedding.ts";
import { linearDefault, normal } from "../initializers.ts";
import { linear } from "../linear.ts";
import { diagonalKernel, lowRankKernel } from "./kernel.ts";
import type { S4KernelOptions } from "./options.ts";
import { type S4Parameters, s4Parameters } from "./parameters.ts";

/** Options of {@link s4Block}. */
export interface S4BlockOptions extends S4KernelOptions {
  /** After the convolution. */
  readonly activation: ActivationName;
  /** After the output map; `null` leaves the map out. */
  readonly finalActivation: ActivationName | "glu" | null;
  readonly dropout: number;
  /** The dropout after the activation drops whole features of a sample. */
  readonly tieDropout: boolean;
}

/** Result of {@link s4Block}. */
export interface S4BlockOutput {
  /** [B, L, H] */
  readonly y: Tensor;
  /** What enters the output map, [B, L, C H]. */
  readonly activated: Tensor;
  /** Taps [C', H, K]; C' = 2C when both directions are used. */
  readonly kernel: Tensor;
}

/** Taps of a kernel for a sequence of `length` steps. */
export function kernelTaps({ kernelLength }: S4KernelOptions, length: number): number {
  return Math.min(length, kernelLength ?? length);
}

/** The kernel [C', H, taps] of the parameters. */
export function s4Kernel(
  parameters: S4Parameters,
  taps: number,
  options: Pick<S4KernelOptions, "mode" | "discretization">,
): Tensor {
  return options.mode === "dplr"
    ? lowRankKernel(parameters, taps)
    : diagonalKernel(parameters, taps, options.discretization);
}

/**
 * x [B, L, H] convolved with kernels [C', H, K], channel-major [B, L, C H]. With both directions the
 * last C rows of the kernel look ahead, their first tap one step.
 */
export function s4Convolution(x: Tensor, kernel: Tensor, bidirectional: boolean): Tensor {
  const [rows, features, taps] = kernel.shape;
  const length = x.shape[1];
  if (!bidirectional) return fftConv(x, reshape(kernel, [rows * features, taps]));
  const width = (rows / 2) * features;
  const [past, future] = split(kernel, 0, [rows / 2, rows / 2])
    .map((half) => reshape(half, [width, taps]));
  const ahead = Math.min(taps, length - 1);
  if (ahead === 0) return fftConv(x, past);
  return fftConv(x, past, { reverse: { kernel: slice(future, 1, 0, ahead), offset: 1 } });
}

/** First half times the logistic function of the second. */
export function gatedLinearUnit(x: Tensor): Tensor {
  const axis = x.rank - 1;
  const half = x.shape[axis] / 2;
  const [value, gate] = split(x, axis, [half, half]);
  return mul(value, sigmoid(gate));
}

/** y [B, L, C H] plus D[c, h] x[h]. */
export function withSkip(y: Tensor, x: Tensor, skip: Tensor): Tensor {
  const [channels, features] = skip.shape;
  if (channels === 1) return add(y, mul(x, skip));
  const [batch, length] = x.shape;
  const parts = reshape(y, [batch, length, channels, features]);
  return reshape(add(parts, mul(expandDims(x, 2), skip)), y.shape);
}

/** The map after the activation: [B, L, C H] to [B, L, H], or nothing. */
export function outputMap(
  ctx: ModelContext,
  x: Tensor,
  width: number,
  options: S4BlockOptions,
): Tensor {
  const { finalActivation } = options;
  if (finalActivation === null) return x;
  const fanIn = x.shape[2];
  const mapped = ctx.scope(
    "output_linear",
    () =>
      linear(ctx, "0", x, finalActivation === "glu" ? 2 * width : width, {
        weight: linearDefault(fanIn),
        bias: linearDefault(fanIn),
      }),
  );
  return finalActivation === "glu" ? gatedLinearUnit(mapped) : activate(finalActivation, mapped);
}

/**
 * Applies the block to x [B, L, H] with parameters in the present scope.
 *
 * @param valid [B, L], 0 at padding: the input is zero there. Outputs at padding are not.
 */
export function s4Block(
  ctx: ModelContext,
  x: Tensor,
  options: S4BlockOptions,
  valid?: Tensor,
): S4BlockOutput {
  const [, length, features] = x.shape;
  const input = zeroPadding(x, valid);
  const { activated, kernel } = ctx.scope("layer", () => {
    const taps = kernelTaps(options, length);
    const kernel = ctx.scope(
      "kernel",
      () => s4Kernel(s4Parameters(ctx, features, length, options), taps, options),
    );
    const skip = ctx.parameter("D", [options.channels, features], normal(1));
    const mixed = withSkip(s4Convolution(input, kernel, options.bidirectional), input, skip);
    return {
      activated: activate(options.activation, dropout(ctx, mixed, options.dropout)),
      kernel,
    };
  });
  const dropped = sequenceDropout(ctx, activated, {
    rate: options.dropout,
    feature: options.tieDropout,
  });
  return { y: outputMap(ctx, dropped, features, options), activated, kernel };
}
