/**
 * Multi-head attention of a decoder to an encoded source (`fairseq/modules/multihead_attention.py` of
 * facebookresearch/mega).
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { attention, attentionWeights } from "../../kernels/attention/mod.ts";
import { mul } from "../../kernels/elementwise/mod.ts";
import { mean } from "../../kernels/reduce/mod.ts";
import { expandDims } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";
import type { EncodedSource, SourceAttention } from "./encoded_source.ts";
import { weightDropout } from "./dropout.ts";
import { xavierUniform, zeros } from "./initializers.ts";
import { linear } from "./linear.ts";
import { joinHeads, projectionInitializers, splitHeads } from "./self_attention.ts";

/** Options of {@link encoderDecoderAttention}. */
export interface EncoderDecoderAttentionOptions {
  readonly heads: number;
  /** Of the attention weights. */
  readonly attentionDropout: number;
}

/** Scaled queries [B, heads, T, d] of x [B, T, D] (`q_proj`). */
export function sourceQueries(ctx: ModelContext, x: Tensor, heads: number): Tensor {
  const width = x.shape[2];
  const rows = linear(ctx, "q_proj", x, width, projectionInitializers(width));
  return mul(splitHeads(rows, heads), (width / heads) ** -0.5);
}

/** Keys and values [B, heads, S, d] of an encoded source [B, S, D] (`k_proj`, `v_proj`). */
export function headedSourceKeys(
  ctx: ModelContext,
  encoded: Tensor,
  heads: number,
): { readonly keys: Tensor; readonly values: Tensor } {
  const width = encoded.shape[2];
  const head = (name: string) =>
    splitHeads(linear(ctx, name, encoded, width, projectionInitializers(width)), heads);
  return { keys: head("k_proj"), values: head("v_proj") };
}

/** The output map of attended heads [B, heads, T, d] (`out_proj`); [B, T, D]. */
export function projectHeads(ctx: ModelContext, attended: Tensor): Tensor {
  const joined = joinHeads(attended);
  const width = joined.shape[2];
  return linear(ctx, "out_proj", joined, width, {
    weight: xavierUniform(width, width),
    bias: zeros,
  });
}

/**
 * Scaled dot-product attention of x [B, T, D] to a source of the same width; the weights are means
 * over the heads. A source that is all padding is attended to as if it had none; the reference gives
 * NaN.
 *
 * @throws {ShapeError} when the heads do not divide the width, or the source has another width.
 */
export function encoderDecoderAttention(
  ctx: ModelContext,
  x: Tensor,
  { encoded, valid }: EncodedSource,
  { heads, attentionDropout: rate }: EncoderDecoderAttentionOptions,
): SourceAttention {
  const width = x.shape[2];
  if (width % heads !== 0 || encoded.shape[2] !== width) {
    throw new ShapeError(
      "encoderDecoderAttention",
      `${heads} heads, width ${width}, source of width ${encoded.shape[2]}`,
    );
  }
  const q = sourceQueries(ctx, x, heads);
  const { keys, values } = headedSourceKeys(ctx, encoded, heads);
  const scores = {
    kind: "softmax",
    ...(valid === undefined ? {} : { keyMask: expandDims(valid, 1) }),
  } as const;
  const attended = attention(q, keys, values, { ...scores, ...weightDropout(ctx, rate) });
  return {
    y: projectHeads(ctx, attended),
    weights: () => mean(attentionWeights(q, keys, scores), [1]),
  };
}
