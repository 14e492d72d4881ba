/**
 * A layer of Mega: gated attention, attention to a source where there is one, then the feed-forward part
 * (Mega, section 3.4; `fairseq/modules/mega_layer.py`).
 */
import type { Tensor } from "../graph/contract.ts";
import type { ModelContext } from "../nn/context.ts";
import type { CrossAttention } from "../nn/encoded_source.ts";
import { multiHeadEma } from "../nn/ema.ts";
import { normalizedFeedForward } from "../nn/feed_forward.ts";
import {
  gatedAttention,
  type GatedAttentionOptions,
  type SequenceMixer,
} from "../nn/gated_attention.ts";
import type { NormOptions } from "../nn/norm.ts";
import type { MegaEncoderConfig, MixerConfig } from "./config.ts";

/** The mixer that a configuration names, over both directions or the past alone. */
export function sequenceMixer(config: MixerConfig, bidirectional: boolean): SequenceMixer {
  const { dimensions, truncation } = config;
  return (ctx, x, valid) => multiHeadEma(ctx, x, { dimensions, truncation, bidirectional }, valid);
}

/**
 * x [B, L, D] to [B, L, D], with parameters `mega_layer.*`, `cross_attn.*` and `nffn.*`.
 *
 * @param valid [B, L], 0 at padding.
 */
export function megaLayer(
  ctx: ModelContext,
  x: Tensor,
  config: Omit<MegaEncoderConfig, "kind">,
  how: Pick<GatedAttentionOptions, "mixer" | "causal" | "cache"> & {
    readonly cross?: CrossAttention;
  },
  valid?: Tensor,
): Tensor {
  const { cross, ...attention } = how;
  const norm: NormOptions = { kind: config.norm, affine: true, before: config.normBefore };
  const { activation, featureDropout } = config;
  const { y } = ctx.scope("mega_layer", () =>
    gatedAttention(ctx, x, {
      hidden: config.hidden,
      z: config.z,
      attention: config.attention,
      relativeBias: config.relativeBias,
      maxPositions: config.maxPositions,
      chunk: config.chunk,
      activation,
      norm,
      dropout: config.dropout,
      hiddenDropout: config.hiddenDropout,
      attentionDropout: config.attentionDropout,
      featureDropout,
      ...attention,
    }, valid));
  const informed = cross === undefined ? y : ctx.scope("cross_attn", () => cross(ctx, y));
  if (config.feedForward === 0) return informed;
  return ctx.scope("nffn", () =>
    normalizedFeedForward(ctx, informed, {
      hidden: config.feedForward,
      activation,
      norm,
      dropout: config.dropout,
      hiddenDropout: config.activationDropout,
      featureDropout,
    }));
}

/** Positions that are missing to a multiple of the chunk; none for sequences within one chunk. */
export function missingPositions(length: number, chunk: number | null): number {
  return chunk === null || length <= chunk ? 0 : (chunk - length % chunk) % chunk;
}
