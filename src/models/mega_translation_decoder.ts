/** The Mega decoder of translation models (`fairseq/models/mega.py` of facebookresearch/mega). */
import { slice } from "../../kernels/view/mod.ts";
import type { ModelContext } from "../nn/context.ts";
import type { EncodedSource } from "../nn/encoded_source.ts";
import {
  gatedCrossAttention,
  type GatedCrossAttentionOptions,
} from "../nn/gated_cross_attention.ts";
import { megaDecoder } from "./mega_decoder.ts";
import type { TranslationMegaConfig } from "./translation_config.ts";
import { type DecodedTarget, ObservedAttention, type SentenceInput } from "./translation_parts.ts";

/** The attention of a decoder to its source. @param maxPositions Most words of a source or target. */
export function megaCrossOptions(
  config: TranslationMegaConfig,
  maxPositions: number,
): GatedCrossAttentionOptions {
  return {
    z: config.z,
    attention: config.attention,
    relativeBias: config.relativeBias,
    maxPositions,
    activation: config.activation,
    norm: { kind: config.norm, affine: true, before: config.normBefore },
    dropout: config.dropout,
    hiddenDropout: config.hiddenDropout,
    attentionDropout: config.attentionDropout,
    featureDropout: config.featureDropout,
  };
}

/**
 * Features of a whole target, zero at padding. Targets that are longer than a chunk and no multiple of
 * it are padded inside.
 *
 * @param maxPositions Most words of a source or target.
 */
export function megaTranslationDecoder(
  ctx: ModelContext,
  target: SentenceInput,
  source: EncodedSource,
  config: TranslationMegaConfig,
  maxPositions: number,
): DecodedTarget {
  const options = megaCrossOptions(config, maxPositions);
  const observed = new ObservedAttention((inner, x) =>
    gatedCrossAttention(inner, x, source, options)
  );
  const decoder = { ...config, affineFinalNorm: true };
  return {
    features: megaDecoder(ctx, target, decoder, { carried: false }, observed.cross),
    attention: () => slice(observed.weights(), 1, 0, target.tokens.shape[1]),
  };
}
