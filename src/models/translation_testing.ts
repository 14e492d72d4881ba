/** Small translation models, for tests. */
import type { TranslationConfig, TranslationMegaConfig } from "./translation_config.ts";
import { parseTranslationConfig } from "./translation_config.ts";
import type { TranslationName } from "./translation_preset_types.ts";

/** A Mega stack of one layer for sentences of up to 16 words. */
export function tinyTranslationMega(
  changes: Partial<TranslationMegaConfig> = {},
): TranslationMegaConfig {
  return {
    kind: "mega",
    width: 8,
    layers: 1,
    hidden: 6,
    feedForward: 10,
    z: 4,
    mixer: { kind: "ema", dimensions: 2, truncation: null },
    attention: "softmax",
    relativeBias: "simple",
    maxPositions: 16,
    chunk: null,
    activation: "silu",
    norm: "layernorm",
    normBefore: false,
    normalizeEmbedding: false,
    dropout: 0,
    attentionDropout: 0,
    hiddenDropout: 0,
    activationDropout: 0,
    featureDropout: false,
    ...changes,
  };
}

/** A model of one layer on each side for sentences of up to 16 words. */
export function tinyTranslation(
  model: TranslationName,
  changes: Partial<TranslationConfig> = {},
): TranslationConfig {
  const stack = model === "transformer"
    ? {
      kind: "transformer",
      width: 8,
      layers: 1,
      heads: 2,
      feedForward: 10,
      positions: "sinusoidal",
      maxPositions: 16,
      activation: "relu",
      normBefore: false,
      normalizeEmbedding: false,
      dropout: 0,
      attentionDropout: 0,
      activationDropout: 0,
    }
    : tinyTranslationMega({ attention: model === "mega" ? "softmax" : "laplace" });
  return parseTranslationConfig({
    vocabulary: 13,
    padding: 1,
    sharedEmbeddings: "all",
    scaleEmbedding: true,
    encoder: stack,
    decoder: stack,
    ...changes,
  }, "tiny");
}
