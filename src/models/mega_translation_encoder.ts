/** The Mega encoder of translation models (`fairseq/models/mega.py` of facebookresearch/mega). */
import { pad, slice } from "../../kernels/view/mod.ts";
import type { ModelContext } from "../nn/context.ts";
import { nonPadding } from "../nn/embedding.ts";
import type { EncodedSource } from "../nn/encoded_source.ts";
import { megaEncoderLayers } from "./mega_encoder.ts";
import { missingPositions } from "./mega_layer.ts";
import type { TranslationMegaConfig } from "./translation_config.ts";
import type { SentenceInput } from "./translation_parts.ts";

/**
 * Encodes a source, zero at padding. Sources that are longer than a chunk and no multiple of it are
 * padded inside.
 */
export function megaTranslationEncoder(
  ctx: ModelContext,
  { tokens, padding, embed }: SentenceInput,
  config: TranslationMegaConfig,
): EncodedSource {
  const length = tokens.shape[1];
  const padded = pad(tokens, 1, 0, missingPositions(length, config.chunk), padding);
  const x = embed(padded);
  const encoded = megaEncoderLayers(ctx, x, config, nonPadding(padded, padding));
  return { encoded: slice(encoded, 1, 0, length), valid: nonPadding(tokens, padding) };
}
