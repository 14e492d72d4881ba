/**
 * The Transformer encoder of the LRA baselines (`fairseq/models/lra/transformer_lra_encoder.py` of
 * facebookresearch/mega).
 */
import type { Tensor } from "../graph/contract.ts";
import { add, mul } from "../../kernels/elementwise/mod.ts";
import type { ModelContext } from "../nn/context.ts";
import { dropout } from "../nn/dropout.ts";
import { embedding, nonPadding, realNumberEmbedding, zeroPadding } from "../nn/embedding.ts";
import type { Initializer } from "../nn/initializers.ts";
import { layerNorm } from "../nn/norm.ts";
import { positionEmbedding } from "../nn/positions.ts";
import { transformerLayer } from "../nn/self_attention.ts";
import type { ClassifierConfig, TransformerEncoderConfig } from "./config.ts";

function embed(
  ctx: ModelContext,
  sequence: Tensor,
  config: TransformerEncoderConfig,
  input: ClassifierConfig["input"],
  valid: Tensor | undefined,
): Tensor {
  return ctx.scope("embed_tokens", () => {
    if (input.kind === "values") return realNumberEmbedding(ctx, sequence, config.width);
    const bert: Initializer = { kind: "normal", deviation: 0.02, zeroRow: input.padding };
    return embedding(ctx, sequence, {
      entries: input.vocabulary,
      width: config.width,
      ...(valid === undefined ? {} : { trained: valid }),
      ...(config.initialization === "bert" ? { initializer: bert } : {}),
    });
  });
}

/** Encodes tokens (i32) or values (f32) [B, L] to [B, L, D]; padded positions are zero. */
export function transformerEncoder(
  ctx: ModelContext,
  sequence: Tensor,
  config: TransformerEncoderConfig,
  input: ClassifierConfig["input"],
): Tensor {
  const [batch, length] = sequence.shape;
  const { width, positions: kind, maxPositions } = config;
  const valid = input.kind === "tokens" ? nonPadding(sequence, input.padding) : undefined;
  const embedded = embed(ctx, sequence, config, input, valid);
  // Learned positions go with unscaled embeddings.
  let x = kind === "learned" ? embedded : mul(embedded, Math.sqrt(width));
  if (kind !== "none") {
    const tokens = input.kind === "tokens" && valid !== undefined
      ? { tokens: { valid, padding: input.padding } }
      : {};
    const place = ctx.scope(
      "embed_positions",
      () => positionEmbedding(ctx, { kind, batch, length, width, maxPositions, ...tokens }),
    );
    x = add(x, place);
  }
  if (config.normalizeEmbedding) x = layerNorm(ctx, "emb_layer_norm", x);
  x = zeroPadding(dropout(ctx, x, config.dropout), valid);
  for (let layer = 0; layer < config.layers; layer++) {
    const before = x;
    x = ctx.scope(`layers.${config.tieLayers ? 0 : layer}`, () =>
      transformerLayer(ctx, before, {
        heads: config.heads,
        hidden: config.feedForward,
        activation: config.activation,
        dropout: config.dropout,
        attentionDropout: config.attentionDropout,
        hiddenDropout: config.activationDropout,
        initialization: config.initialization,
        unfused: config.unfusedAttention === true,
      }, valid));
  }
  return zeroPadding(x, valid);
}
