/**
 * The Transformer decoder of translation models (`fairseq/models/transformer.py` of
 * facebookresearch/mega).
 */
import type { ModelContext } from "../nn/context.ts";
import type { EncodedSource } from "../nn/encoded_source.ts";
import { encoderDecoderAttention } from "../nn/encoder_decoder_attention.ts";
import type { TransformerDecoderConfig } from "./language_model_config.ts";
import { transformerDecoder } from "./transformer_decoder.ts";
import type { TranslationTransformerConfig } from "./translation_config.ts";
import { type DecodedTarget, ObservedAttention, type SentenceInput } from "./translation_parts.ts";

/** The decoder of a language model that is this one but for its source and the place of its norms. */
export function plainDecoderConfig(
  { normBefore, ...config }: TranslationTransformerConfig,
): TransformerDecoderConfig {
  return { ...config, outputWidth: config.width, finalNorm: normBefore };
}

/** Features of a whole target; those of padded positions mean nothing. */
export function transformerTranslationDecoder(
  ctx: ModelContext,
  target: SentenceInput,
  source: EncodedSource,
  config: TranslationTransformerConfig,
): DecodedTarget {
  const { heads, attentionDropout, normBefore } = config;
  const observed = new ObservedAttention((inner, x) =>
    encoderDecoderAttention(inner, x, source, { heads, attentionDropout })
  );
  const extras = { normBefore, cross: observed.cross };
  return {
    features: transformerDecoder(
      ctx,
      target,
      plainDecoderConfig(config),
      { carried: false },
      extras,
    ),
    attention: () => observed.weights(),
  };
}
