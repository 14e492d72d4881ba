/**
 * The Transformer encoder of translation models (`fairseq/models/transformer.py` of
 * facebookresearch/mega).
 */
import { add } from "../../kernels/elementwise/mod.ts";
import type { ModelContext } from "../nn/context.ts";
import { dropout } from "../nn/dropout.ts";
import { nonPadding } from "../nn/embedding.ts";
import type { EncodedSource } from "../nn/encoded_source.ts";
import { layerNorm } from "../nn/norm.ts";
import { positionEmbedding } from "../nn/positions.ts";
import { transformerLayer } from "../nn/self_attention.ts";
import type { TranslationTransformerConfig } from "./translation_config.ts";
import type { SentenceInput } from "./translation_parts.ts";

/** Encodes a source; what stands at padding is not zero and means nothing. */
export function transformerTranslationEncoder(
  ctx: ModelContext,
  { tokens, padding, embed }: SentenceInput,
  config: TranslationTransformerConfig,
): EncodedSource {
  const [batch, length] = tokens.shape;
  const { width, positions: kind, maxPositions } = config;
  const valid = nonPadding(tokens, padding);
  let x = embed(tokens);
  if (kind !== "none") {
    const known = { kind, batch, length, width, maxPositions, tokens: { valid, padding } };
    x = add(x, ctx.scope("embed_positions", () => positionEmbedding(ctx, known)));
  }
  if (config.normalizeEmbedding) x = layerNorm(ctx, "layernorm_embedding", x);
  x = dropout(ctx, x, config.dropout);
  for (let layer = 0; layer < config.layers; layer++) {
    const before = x;
    x = ctx.scope(`layers.${layer}`, () =>
      transformerLayer(ctx, before, {
        heads: config.heads,
        hidden: config.feedForward,
        activation: config.activation,
        normBefore: config.normBefore,
        dropout: config.dropout,
        attentionDropout: config.attentionDropout,
        hiddenDropout: config.activationDropout,
        initialization: "default",
      }, valid));
  }
  return { encoded: config.normBefore ? layerNorm(ctx, "layer_norm", x) : x, valid };
}
