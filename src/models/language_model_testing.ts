/** A small language model, for tests. */
import { freshGraph } from "../graph/build.ts";
import { input } from "../../kernels/source/mod.ts";
import { ModelContext } from "../nn/context.ts";
import { decode } from "./language_model.ts";
import type { LanguageModelConfig, MegaDecoderConfig } from "./language_model_config.ts";

/** A Mega decoder of one layer for sequences of up to 16 tokens. */
export function tinyMegaDecoder(changes: Partial<MegaDecoderConfig> = {}): MegaDecoderConfig {
  return {
    kind: "mega",
    width: 6,
    layers: 1,
    hidden: 5,
    feedForward: 7,
    z: 4,
    mixer: { kind: "ema", dimensions: 2, truncation: null },
    attention: "softmax",
    relativeBias: "rotary",
    maxPositions: 16,
    chunk: null,
    activation: "silu",
    norm: "layernorm",
    normBefore: true,
    normalizeEmbedding: false,
    affineFinalNorm: false,
    dropout: 0,
    attentionDropout: 0,
    hiddenDropout: 0,
    activationDropout: 0,
    featureDropout: false,
    ...changes,
  };
}

/** A language model with that decoder. @param vocabulary V */
export function tinyMega(
  vocabulary: number,
  changes: Partial<MegaDecoderConfig> = {},
): LanguageModelConfig {
  return {
    vocabulary,
    padding: null,
    embedding: { kind: "table", width: 6 },
    scaleEmbedding: true,
    output: { kind: "untied" },
    decoder: tinyMegaDecoder(changes),
  };
}

/** Initial parameters of a model by name. */
export function initialParameters(
  config: LanguageModelConfig,
  seed: number,
): Map<string, Float32Array<ArrayBuffer>> {
  return freshGraph(() => {
    const context = new ModelContext({ training: false });
    decode(config, context, input("tokens", [1, 4], "i32"), { carried: false });
    return context.collected.initialize(seed);
  });
}
