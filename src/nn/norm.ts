/**
 * Sequence normalisation of every kind of the reference (`fairseq/modules/sequence_norm.py` of
 * facebookresearch/mega).
 */
import { sizeOf, type Tensor } from "../graph/contract.ts";
import { add, mul, rsqrt, square, sub } from "../../kernels/elementwise/mod.ts";
import { normalize } from "../../kernels/norm/mod.ts";
import { mean } from "../../kernels/reduce/mod.ts";
import type { ModelContext } from "./context.ts";
import { ones, zeros } from "./initializers.ts";

/** Kinds of normalisation. */
export const normKinds = [
  "layernorm",
  "scalenorm",
  "rmsnorm",
  "batchnorm",
  "syncbatchnorm",
] as const;
/** Kind of normalisation. */
export type NormKind = typeof normKinds[number];

/** What a norm is and where it stands. */
export interface NormOptions {
  readonly kind: NormKind;
  readonly affine: boolean;
  /** Before the layer instead of after its residual sum. */
  readonly before: boolean;
}

/** Added to variances and mean squares by every kind. */
export const normEpsilon = 1e-5;
/** Weight of the present batch in the running statistics. */
const momentum = 0.1;

/**
 * Batch normalisation of x [..., D] per feature over all other axes, padding included. Training uses
 * the statistics of the batch and updates the running ones (unbiased variance); otherwise the running
 * ones are used.
 */
function batchNorm(ctx: ModelContext, x: Tensor, affine: boolean): Tensor {
  const features = x.shape[x.rank - 1];
  const runningMean = ctx.state("running_mean", [features], 0);
  const runningVariance = ctx.state("running_var", [features], 1);
  let normalized: Tensor;
  if (ctx.training) {
    const axes = x.shape.map((_, k) => k).slice(0, -1);
    const count = sizeOf(x.shape.slice(0, -1));
    const batchMean = mean(x, axes);
    const centred = sub(x, batchMean);
    const variance = mean(square(centred), axes);
    normalized = mul(centred, rsqrt(add(variance, normEpsilon)));
    const blend = (before: Tensor, now: Tensor) =>
      add(mul(before, 1 - momentum), mul(now, momentum));
    // One value per feature has no unbiased variance; keep the biased one instead of dividing by 0.
    const unbiased = mul(variance, count / Math.max(1, count - 1));
    ctx.updateState("running_mean", blend(runningMean, batchMean));
    ctx.updateState("running_var", blend(runningVariance, unbiased));
  } else {
    normalized = mul(sub(x, runningMean), rsqrt(add(runningVariance, normEpsilon)));
  }
  return affine ? weighted(ctx, normalized) : normalized;
}

function weighted(ctx: ModelContext, normalized: Tensor): Tensor {
  const shape = normalized.shape.slice(-1);
  const weight = ctx.parameter("weight", shape, ones);
  return add(mul(normalized, weight), ctx.parameter("bias", shape, zeros));
}

/** Layer normalisation with weight and bias in the present scope. */
export function layerNorm(ctx: ModelContext, name: string, x: Tensor): Tensor {
  return ctx.scope(name, () => weighted(ctx, normalize(x, "layer", normEpsilon)));
}

/**
 * Normalises x [B, L, D]; parameters and running statistics are `norm.*`. On one device
 * `syncbatchnorm` is `batchnorm`.
 */
export function sequenceNorm(ctx: ModelContext, kind: NormKind, x: Tensor, affine = true): Tensor {
  return ctx.scope("norm", () => {
    switch (kind) {
      case "layernorm": {
        const normalized = normalize(x, "layer", normEpsilon);
        return affine ? weighted(ctx, normalized) : normalized;
      }
      case "scalenorm": {
        const normalized = normalize(x, "rms", normEpsilon);
        return affine ? mul(normalized, ctx.parameter("scalar", [1], ones)) : normalized;
      }
      case "rmsnorm": {
        const normalized = normalize(x, "rms", normEpsilon);
        const shape = x.shape.slice(-1);
        return affine ? mul(normalized, ctx.parameter("weight", shape, ones)) : normalized;
      }
      case "batchnorm":
      case "syncbatchnorm":
        return batchNorm(ctx, x, affine);
    }
  });
}
