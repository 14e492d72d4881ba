/**
 * Convolution along time by fast Fourier transforms (or directly), forward and both gradients.
 *
 *   y[b, t, m] = Σ_j k[m, j] x[b, t − j, m mod D] + Σ_j r[m, j] x[b, t + j + offset, m mod D]
 *
 * x [B, L, D]; k [M, K]; r [M, R]; y [B, L, M] with M a multiple of D (S4 channels are folded into
 * the features, channel-major). Mega's bidirectional EMA has offset 0 (both kernels see lag 0), S4's
 * bidirectional kernel offset 1.
 */
import { apply, apply1 } from "../../src/graph/build.ts";
import {
  type Attrs,
  type KernelOperation,
  ShapeError,
  type Tensor,
} from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { add } from "../elementwise/mod.ts";
import { type Convolution, convolution, whole } from "./convolution.ts";
import { lowerCorrelation } from "./correlation_lowering.ts";
import { lowerDirect, lowerDirectGradient } from "./direct_lowering.ts";
import { type Columns, lowerConvolution, transformLength } from "./fft_lowering.ts";
import { referenceAdjoint, referenceConvolution, referenceCorrelation } from "./reference.ts";
import { twiddles } from "./stages.ts";

/** How a convolution is computed; the result is the same up to rounding. */
export type ConvolutionMethod = "fft" | "direct";

const isDirect = (attrs: Attrs) => attrs.method === "direct";

/** Most taps for which the defining sum is as fast as transforms. */
const directTaps = 48;

/** Work of `transforms` complex transforms of n points for every pair of sequences. */
function workOf(c: Convolution, attrs: Attrs, transforms: number): number {
  if (isDirect(attrs)) return 2 * c.batch * c.length * (c.taps + c.reverseTaps);
  const n = transformLength(c);
  return 5 * n * Math.log2(Math.max(2, n)) * transforms * Math.ceil(c.batch / 2);
}

const bytesOf = (c: Convolution) =>
  4 * (c.batch * c.length * (c.features + c.rows) + c.rows * (c.taps + c.reverseTaps));

function forwardGeometry(inputs: Parameters<KernelOperation["infer"]>[0], attrs: Attrs) {
  return convolution("fftConv", inputs[0], inputs[2], inputs[3], whole(attrs, "offset"));
}

const convOperation: KernelOperation = {
  name: "fftConv",
  kind: "kernel",
  infer(inputs, attrs) {
    requireTypes("fftConv", inputs, ["f32"]);
    const c = forwardGeometry(inputs, attrs);
    return [{ shape: [c.batch, c.length, c.rows], dtype: "f32" }];
  },
  vjp(node, [dy]) {
    if (dy === undefined) return [];
    const [x, table, ...kernels] = node.inputs;
    const c = forwardGeometry(node.inputs, node.attrs);
    const channels = Array.from(
      { length: c.rows / c.features },
      (_, channel) =>
        apply1(adjointOperation, [dy, table, ...kernels], {
          ...node.attrs,
          features: c.features,
          channel,
        }),
    );
    const { outputs } = apply(gradientOperation, [x, table, dy], {
      ...node.attrs,
      taps: c.taps,
      reverseTaps: c.reverseTaps,
    });
    return [channels.reduce((sum, one) => add(sum, one)), undefined, ...outputs];
  },
  reference: (inputs, attrs) => {
    const [x, , kernel, reverse] = inputs;
    const types = inputs.map(({ shape }) => ({ shape, dtype: "f32" as const }));
    return [referenceConvolution(forwardGeometry(types, attrs), x, kernel, reverse)];
  },
  cost(inputs, _outputs, attrs) {
    const c = forwardGeometry(inputs, attrs);
    return { flops: c.rows * workOf(c, attrs, 2), bytes: bytesOf(c) };
  },
  fusesInput: (input) => input === 0,
  fusesOutput: () => true,
  lower(node, ctx) {
    const c = forwardGeometry(node.inputs, node.attrs);
    const columns: Columns = {
      width: c.rows,
      feature: c.rows === c.features ? "m" : `m % ${c.features}u`,
      row: "m",
      conjugate: false,
    };
    return isDirect(node.attrs) ? lowerDirect(c, columns, ctx) : lowerConvolution(c, columns, ctx);
  },
};

/** Extents of the convolution whose adjoint is taken, from dy [B, L, M] and the kernels. */
function adjointGeometry(inputs: Parameters<KernelOperation["infer"]>[0], attrs: Attrs) {
  const [dy, , kernel, reverse] = inputs;
  if (dy.shape.length !== 3) throw new ShapeError("fftConvAdjoint", "dy must be [B, L, M]");
  const x = { shape: [dy.shape[0], dy.shape[1], whole(attrs, "features")], dtype: dy.dtype };
  const c = convolution("fftConvAdjoint", x, kernel, reverse, whole(attrs, "offset"));
  if (dy.shape[2] !== c.rows) {
    throw new ShapeError("fftConvAdjoint", `dy [${dy.shape}] needs ${c.rows} features`);
  }
  return c;
}

/** dx of one channel: the correlation of dy with the kernels. */
const adjointOperation: KernelOperation = {
  name: "fftConvAdjoint",
  kind: "kernel",
  infer(inputs, attrs) {
    requireTypes("fftConvAdjoint", inputs, ["f32"]);
    const c = adjointGeometry(inputs, attrs);
    return [{ shape: [c.batch, c.length, c.features], dtype: "f32" }];
  },
  vjp() {
    throw new Error("fftConvAdjoint: second derivatives are not available");
  },
  reference: (inputs, attrs) => {
    const [dy, , kernel, reverse] = inputs;
    const types = inputs.map(({ shape }) => ({ shape, dtype: "f32" as const }));
    const c = adjointGeometry(types, attrs);
    const [from, to] = [0, 1].map((k) => (whole(attrs, "channel") + k) * c.features);
    const inChannel = (i: number) => i % c.rows >= from && i % c.rows < to;
    const data = dy.data.map((value, i) => inChannel(i) ? value : 0);
    return [referenceAdjoint(c, { shape: dy.shape, data }, kernel, reverse)];
  },
  cost(inputs, _outputs, attrs) {
    const c = adjointGeometry(inputs, attrs);
    return { flops: c.features * workOf(c, attrs, 2), bytes: bytesOf(c) };
  },
  fusesInput: (input) => input === 0,
  fusesOutput: () => true,
  lower(node, ctx) {
    const c = adjointGeometry(node.inputs, node.attrs);
    const row = `(m + ${whole(node.attrs, "channel") * c.features}u)`;
    const columns: Columns = { width: c.features, feature: row, row, conjugate: true };
    return isDirect(node.attrs) ? lowerDirect(c, columns, ctx) : lowerConvolution(c, columns, ctx);
  },
};

/** Extents from x, dy and the numbers of taps. */
function gradientGeometry(inputs: Parameters<KernelOperation["infer"]>[0], attrs: Attrs) {
  const [x, , dy] = inputs;
  const rows = dy.shape[2];
  const [taps, reverseTaps] = [whole(attrs, "taps"), whole(attrs, "reverseTaps")];
  const kernel = { shape: [rows, taps], dtype: "f32" as const };
  const reverse = reverseTaps > 0 ? { ...kernel, shape: [rows, reverseTaps] } : undefined;
  return convolution("fftConvGradient", x, kernel, reverse, whole(attrs, "offset"));
}

/** dk and dr: the correlation of dy with x, summed over the batch. */
const gradientOperation: KernelOperation = {
  name: "fftConvGradient",
  kind: "kernel",
  infer(inputs, attrs) {
    requireTypes("fftConvGradient", inputs, ["f32"]);
    const c = gradientGeometry(inputs, attrs);
    return [c.taps, c.reverseTaps].filter((taps, i) => i === 0 || taps > 0)
      .map((taps) => ({ shape: [c.rows, taps], dtype: "f32" }));
  },
  vjp() {
    throw new Error("fftConvGradient: second derivatives are not available");
  },
  reference: ([x, , dy], attrs) => {
    const types = [x, x, dy].map(({ shape }) => ({ shape, dtype: "f32" as const }));
    return referenceCorrelation(gradientGeometry(types, attrs), x, dy);
  },
  cost(inputs, _outputs, attrs) {
    const c = gradientGeometry(inputs, attrs);
    return { flops: c.rows * workOf(c, attrs, 2), bytes: bytesOf(c) };
  },
  fusesInput: () => false,
  fusesOutput: () => true,
  lower(node, ctx) {
    const c = gradientGeometry(node.inputs, node.attrs);
    return isDirect(node.attrs) ? lowerDirectGradient(c, ctx) : lowerCorrelation(c, ctx);
  },
};

/** A kernel that looks at the future. */
export interface ReverseKernel {
  /** Taps r [M, R]; tap j belongs to lag j + offset. */
  readonly kernel: Tensor;
  /** 0 (default): starts at the present, as in Mega. 1: starts at the next step, as in S4. */
  readonly offset?: number;
}

/** Options of {@link fftConv}. */
export interface ConvolutionOptions {
  readonly reverse?: ReverseKernel;
  /** By default the defining sum for few taps, Fourier transforms otherwise. */
  readonly method?: ConvolutionMethod;
}

/**
 * Convolves `x` [B, L, D] along time with `kernel` [M, K] (into the past) and optionally a reverse
 * kernel (into the future). Returns [B, L, M].
 *
 * @throws {ShapeError} when M is not a multiple of D or a kernel is longer than L.
 */
export function fftConv(x: Tensor, kernel: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { reverse } = options;
  const offset = reverse?.offset ?? 0;
  const c = convolution("fftConv", x, kernel, reverse?.kernel, offset);
  const kernels = reverse ? [kernel, reverse.kernel] : [kernel];
  const method = options.method ?? (c.taps + c.reverseTaps <= directTaps ? "direct" : "fft");
  return apply1(convOperation, [x, twiddles(transformLength(c)), ...kernels], { offset, method });
}
