/**
 * The published translation models and their training (Mega, section 4.4 and Table 10;
 * `mega_wmt_en_de` in `fairseq/models/mega.py`, `transformer_wmt_en_de` in `transformer.py`,
 * `examples/mega/README.mt.md`). Batches of eight devices become micro-batches of one. The recipe's
 * truncation of the moving average to 0 taps means none.
 */
import { PAD_ID } from "../data/vocabulary.ts";
import type { AttentionKind } from "../nn/gated_attention.ts";
import { type Schedule, type TrainingSettings, trainingSettings } from "./training_settings.ts";
import type {
  TranslationConfig,
  TranslationMegaConfig,
  TranslationTransformerConfig,
} from "./translation_config.ts";
import type {
  SearchSettings,
  TranslationBatching,
  TranslationName,
  TranslationPreset,
  TranslationRequest,
} from "./translation_preset_types.ts";

/** What differs between Mega stacks of one shape. */
type MegaSize = Pick<
  TranslationMegaConfig,
  | "width"
  | "layers"
  | "hidden"
  | "feedForward"
  | "z"
  | "attention"
  | "maxPositions"
  | "dropout"
  | "attentionDropout"
  | "hiddenDropout"
  | "activationDropout"
>;

/** An encoder or decoder of the published shape: a simple relative bias, norms after the layers. */
export function megaStack(size: MegaSize): TranslationMegaConfig {
  return {
    kind: "mega",
    ...size,
    mixer: { kind: "ema", dimensions: 16, truncation: null },
    relativeBias: "simple",
    chunk: null,
    activation: "silu",
    norm: "layernorm",
    normBefore: false,
    normalizeEmbedding: false,
    featureDropout: false,
  };
}

/** What differs between Transformer stacks of one shape. */
type TransformerSize = Pick<
  TranslationTransformerConfig,
  | "width"
  | "layers"
  | "heads"
  | "maxPositions"
  | "dropout"
  | "attentionDropout"
  | "activationDropout"
>;

/** An encoder or decoder of the published shape: F = 4D, sinusoidal positions, norms after sublayers. */
export function transformerStack(size: TransformerSize): TranslationTransformerConfig {
  return {
    kind: "transformer",
    ...size,
    feedForward: 4 * size.width,
    positions: "sinusoidal",
    activation: "relu",
    normBefore: false,
    normalizeEmbedding: false,
  };
}

/** Encoder and decoder alike, all tables of words shared. */
export function translationOf(
  stack: TranslationConfig["encoder"],
  vocabulary: number,
): TranslationConfig {
  return {
    vocabulary,
    padding: PAD_ID,
    sharedEmbeddings: "all",
    scaleEmbedding: true,
    encoder: stack,
    decoder: stack,
  };
}

const maxPositions = 1024;

const mega = (attention: AttentionKind) =>
  megaStack({
    width: 512,
    layers: 6,
    hidden: 1024,
    feedForward: 1024,
    z: 128,
    attention,
    maxPositions,
    dropout: 0.15,
    attentionDropout: 0.1,
    hiddenDropout: 0.1,
    activationDropout: 0.1,
  });

const transformer = transformerStack({
  width: 512,
  layers: 6,
  heads: 8,
  maxPositions,
  dropout: 0.1,
  attentionDropout: 0.1,
  activationDropout: 0.1,
});

const updates = 500_000;
const warmup = { warmupInitial: 1e-7, warmupUpdates: 4000 };

/** An update of eight devices. Batches are cut by tokens: the number of pairs is not given. */
const shared = { batch: 1, accumulation: 8, updates, warmupUpdates: warmup.warmupUpdates };

function trainingOf(model: TranslationName): TrainingSettings {
  if (model !== "transformer") {
    return trainingSettings({ ...shared, peak: 1e-3, weightDecay: 0.05, clipNorm: 1 });
  }
  const schedule: Schedule = { kind: "inverse-sqrt", peak: 5e-4, ...warmup };
  const { peak } = schedule;
  return { ...trainingSettings({ ...shared, peak, weightDecay: 1e-4, clipNorm: 1 }), schedule };
}

const search: SearchSettings = { beam: 5, lengthPenalty: 1, maxLengthA: 0, maxLengthB: 200 };

const batching: TranslationBatching = {
  sourcePadding: "left",
  // Of one device.
  maxTokens: 8192,
  shapes: 16,
  // Cleaning leaves 150 pieces, and the end of the sentence is one more.
  maxLength: 151,
  validation: search,
  final: { ...search, lengthPenalty: 0.5 },
  limits: {},
};

function stackOf(model: TranslationName) {
  switch (model) {
    case "mega":
      return mega("softmax");
    case "mega-laplace":
      return mega("laplace");
    case "transformer":
      return transformer;
  }
}

/** The published model of base size: encoder and decoder alike, all tables of words shared. */
export function publishedTranslation(
  { model, vocabulary }: Pick<TranslationRequest, "model" | "vocabulary">,
): TranslationPreset {
  return {
    config: translationOf(stackOf(model), vocabulary),
    training: trainingOf(model),
    labelSmoothing: 0.1,
    batching,
  };
}
