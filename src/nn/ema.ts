/**
 * Multi-head damped exponential moving average (Mega, equations 2 to 4;
 * `fairseq/modules/exponential_moving_average.py` of facebookresearch/mega).
 *
 *   p = σ(delta),  q = 1 − p σ(alpha),  k[d, j] = √(1/N) Σ_n p β γ q^j
 *   y = silu(k * x + ω x)
 *
 * delta, alpha, beta [D', N, 1], gamma [D', N], omega [D]; D' = 2D when both directions are used, the
 * first D rows for the past and the last D for the future, both with lag 0.
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { add, exp, log, mul, sigmoid, silu, sub } from "../../kernels/elementwise/mod.ts";
import { emaScan, emaScanBidirectional } from "../../kernels/ema/ema_scan.ts";
import { emaScanWithState } from "../../kernels/ema/ema_scan_state.ts";
import { emaStep } from "../../kernels/ema/ema_step.ts";
import { fftConv } from "../../kernels/fft/fft_conv.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { iota } from "../../kernels/source/generate.ts";
import { expandDims, reshape, split } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";
import { zeroPadding } from "./embedding.ts";
import { normal } from "./initializers.ts";

/** Ways to compute an EMA: the linear-time recurrence, or a convolution by Fourier transforms. */
export const emaMethods = ["scan", "fft"] as const;
/** Way to compute an EMA. */
export type EmaMethod = typeof emaMethods[number];

/** Options of an EMA. */
export interface EmaOptions {
  /** N, hidden dimensions per feature. */
  readonly dimensions: number;
  readonly bidirectional: boolean;
  /** Number of taps after which the kernel is cut; `null` for none. */
  readonly truncation: number | null;
  /** Default `scan`; the result is the same up to rounding. */
  readonly method?: EmaMethod;
}

/** Coefficients of an EMA; all [D', N]. */
export interface EmaCoefficients {
  /** σ(delta) */
  readonly p: Tensor;
  /** 1 − p σ(alpha), the decay. */
  readonly q: Tensor;
  /** p · beta, the weight of an input. */
  readonly input: Tensor;
  /** gamma · √(1/N), the weight of a state. */
  readonly output: Tensor;
  /** omega [D], the weight of the residual. */
  readonly omega: Tensor;
}

/** The coefficients from the parameters in the present scope. */
export function emaCoefficients(
  ctx: ModelContext,
  width: number,
  { dimensions, bidirectional }: EmaOptions,
): EmaCoefficients {
  const rows = bidirectional ? 2 * width : width;
  const flat = [rows, dimensions];
  const shape = [...flat, 1];
  const p = sigmoid(reshape(ctx.parameter("delta", shape, normal(0.2)), flat));
  const alpha = reshape(ctx.parameter("alpha", shape, normal(0.2)), flat);
  const initial = { kind: "alternating", deviation: 0.02, axis: 1 } as const;
  const beta = reshape(ctx.parameter("beta", shape, initial), flat);
  const gamma = ctx.parameter("gamma", flat, normal(1));
  return {
    p,
    q: sub(1, mul(p, sigmoid(alpha))),
    input: mul(p, beta),
    output: mul(gamma, Math.sqrt(1 / dimensions)),
    omega: ctx.parameter("omega", [width], normal(1)),
  };
}

/** The convolution kernel [D', taps]: element j is the weight of lag j. */
export function emaKernel({ q, input, output }: EmaCoefficients, taps: number): Tensor {
  const weight = expandDims(mul(input, output), 2);
  const lag = iota([1, 1, taps], 2);
  return sum(mul(weight, exp(mul(expandDims(log(q), 2), lag))), [1]);
}

/**
 * EMA of x [B, L, D] with parameters in the present scope.
 *
 * @param valid [B, L], 0 at padding: zeroes the input of the moving average, not the residual.
 */
export function multiHeadEma(
  ctx: ModelContext,
  x: Tensor,
  options: EmaOptions,
  valid?: Tensor,
): Tensor {
  const coefficients = emaCoefficients(ctx, x.shape[2], options);
  const average = movingAverage(zeroPadding(x, valid), coefficients, options);
  return silu(add(average, mul(x, coefficients.omega)));
}

function movingAverage(x: Tensor, coefficients: EmaCoefficients, options: EmaOptions): Tensor {
  const [, length, width] = x.shape;
  const { bidirectional, truncation, method = "scan" } = options;
  const taps = Math.min(length, truncation ?? length);
  if (method === "fft") {
    const kernel = emaKernel(coefficients, taps);
    if (!bidirectional) return fftConv(x, kernel, { method: "fft" });
    const [past, future] = split(kernel, 0, [width, width]);
    return fftConv(x, past, { reverse: { kernel: future }, method: "fft" });
  }
  const { q, input, output } = coefficients;
  const scan = bidirectional ? emaScanBidirectional : emaScan;
  return scan(x, mul(input, output), q, taps < length ? { truncation: taps } : {});
}

/** Most tokens that advance the state by `emaStep` instead of a scan. */
const fewTokens = 8;

/** Result of {@link statefulEma}. */
export interface StatefulEma {
  /** silu(average + ω x), [B, L, D]. */
  readonly y: Tensor;
  /** State after the last position, [B, D, N]. */
  readonly state: Tensor;
  /** The moving average alone, [B, L, D]. */
  readonly average: Tensor;
}

/**
 * EMA of the next positions x [B, L, D] of a sequence, from the state [B, D, N] after the previous
 * ones (zero at the start), with parameters in the present scope. Consecutive pieces equal one pass of
 * {@link multiHeadEma} without truncation: a state forgets nothing, so `truncation` is not applied, nor
 * is `method`. Differentiable; gradients reach the given state.
 *
 * @param valid [B, L], 0 at padding: zeroes the input of the moving average, not the residual; the
 * state decays at padding too.
 * @throws {ShapeError} when the EMA is bidirectional or the state does not fit.
 */
export function statefulEma(
  ctx: ModelContext,
  x: Tensor,
  state: Tensor,
  options: EmaOptions,
  valid?: Tensor,
): StatefulEma {
  if (options.bidirectional) {
    throw new ShapeError("statefulEma", "a bidirectional EMA has no state to carry");
  }
  const { q, input, output, omega } = emaCoefficients(ctx, x.shape[2], options);
  const seen = zeroPadding(x, valid);
  const next = x.shape[1] <= fewTokens
    ? emaStep(seen, state, input, q, output)
    : emaScanWithState(seen, input, q, output, state);
  return { average: next.y, y: silu(add(next.y, mul(x, omega))), state: next.state };
}
