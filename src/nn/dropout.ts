/**
 * Element and feature dropout (`fairseq/modules/fairseq_dropout.py` of facebookresearch/mega).
 */
import type { Tensor } from "../graph/contract.ts";
import { dropout as drop } from "../../kernels/random/mod.ts";
import type { ModelContext } from "./context.ts";

/** Which elements are dropped together. */
export interface DropoutSetting {
  /** Probability. */
  readonly rate: number;
  /** Drop a feature of a sample at all positions instead of single elements. */
  readonly feature: boolean;
}

/** Element dropout with 1/(1 − rate) rescaling; the identity outside training. */
export function dropout(ctx: ModelContext, x: Tensor, rate: number): Tensor {
  return ctx.training && rate > 0 ? drop(x, rate, ctx.dropoutStream()) : x;
}

/** Options of attention that drop its weights in training; none where nothing is dropped. */
export function weightDropout(
  ctx: ModelContext,
  rate: number,
): { readonly dropout?: { readonly rate: number; readonly stream: number } } {
  return ctx.training && rate > 0 ? { dropout: { rate, stream: ctx.dropoutStream() } } : {};
}

/** Dropout of a sequence [B, L, D]; feature dropout removes (sample, feature) pairs. */
export function sequenceDropout(ctx: ModelContext, x: Tensor, setting: DropoutSetting): Tensor {
  if (!setting.feature) return dropout(ctx, x, setting.rate);
  if (!ctx.training || setting.rate === 0) return x;
  const [batch, , features] = x.shape;
  return drop(x, setting.rate, ctx.dropoutStream(), [batch, 1, features]);
}

/**
 * Dropout of chunked values [B, K, C, h]. Feature dropout removes whole chunks (all of a sample's
 * values without chunking): the reference transposes the last two axes and then drops 2-D channels.
 */
export function chunkedValueDropout(ctx: ModelContext, v: Tensor, setting: DropoutSetting): Tensor {
  if (!setting.feature) return dropout(ctx, v, setting.rate);
  if (!ctx.training || setting.rate === 0) return v;
  const [batch, chunks] = v.shape;
  return drop(v, setting.rate, ctx.dropoutStream(), [batch, chunks, 1, 1]);
}
