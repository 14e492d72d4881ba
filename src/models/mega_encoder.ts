/**
 * The bidirectional Mega encoder (`fairseq/models/lra/mega_lra_encoder.py` and
 * `fairseq/modules/mega_sentence_encoder_layer.py` of facebookresearch/mega).
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { pad } from "../../kernels/view/mod.ts";
import type { ModelContext } from "../nn/context.ts";
import { dropout } from "../nn/dropout.ts";
import { embedding, nonPadding, realNumberEmbedding, zeroPadding } from "../nn/embedding.ts";
import { sequenceNorm } from "../nn/norm.ts";
import type { ClassifierConfig, MegaEncoderConfig } from "./config.ts";
import { megaLayer, missingPositions, sequenceMixer } from "./mega_layer.ts";

/**
 * Encodes tokens (i32) or values (f32) [B, L] to [B, L', D]; L' is L, or for tokens the next multiple
 * of the chunk. Padded positions are zero.
 *
 * @throws {ShapeError} when values are longer than a chunk and not a multiple of it.
 */
export function megaEncoder(
  ctx: ModelContext,
  sequence: Tensor,
  config: MegaEncoderConfig,
  input: ClassifierConfig["input"],
): Tensor {
  const missing = missingPositions(sequence.shape[1], config.chunk);
  let x: Tensor;
  let valid: Tensor | undefined;
  if (input.kind === "tokens") {
    const tokens = pad(sequence, 1, 0, missing, input.padding);
    const mask = nonPadding(tokens, input.padding);
    const table = { entries: input.vocabulary, width: config.width, trained: mask };
    x = ctx.scope("embed_tokens.embed", () => embedding(ctx, tokens, table));
    valid = mask;
  } else {
    if (missing > 0) {
      throw new ShapeError(
        "megaEncoder",
        `${sequence.shape[1]} values are not a multiple of the chunk ${config.chunk}`,
      );
    }
    x = ctx.scope("embed_tokens", () => realNumberEmbedding(ctx, sequence, config.width));
  }
  return megaEncoderLayers(ctx, x, config, valid);
}

/**
 * Everything after the embedding x [B, L, D]: norm of the embedding, layers, last norm. Padded
 * positions are zero before the layers and in the result.
 *
 * @param valid [B, L], 0 at padding.
 */
export function megaEncoderLayers(
  ctx: ModelContext,
  embedding: Tensor,
  config: MegaEncoderConfig,
  valid: Tensor | undefined,
): Tensor {
  let x = embedding;
  if (config.normalizeEmbedding) {
    const embedded = x;
    x = ctx.scope("embed_norm", () => sequenceNorm(ctx, config.norm, embedded));
  }
  x = zeroPadding(dropout(ctx, x, config.dropout), valid);
  const how = { mixer: sequenceMixer(config.mixer, true), causal: false };
  for (let layer = 0; layer < config.layers; layer++) {
    const before = x;
    x = ctx.scope(`layers.${layer}`, () => megaLayer(ctx, before, config, how, valid));
  }
  if (config.normBefore) {
    const last = x;
    x = ctx.scope("final_norm", () => sequenceNorm(ctx, config.norm, last));
  }
  return zeroPadding(x, valid);
}
