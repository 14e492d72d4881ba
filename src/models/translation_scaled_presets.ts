/**
 * Presets of translation models of every profile. The scaled ones are small models of the published
 * shape; nothing is chosen per model:
 *
 * - Mega has h = F = 2D, z = D/2 and the published 16 dimensions of its moving average, a simple
 *   relative bias and norms after the layers;
 * - the Transformer keeps F = 4D, norms after the sublayers and sinusoidal positions, at the width for
 *   which the parameter count is closest to that of Mega;
 * - all share one table of words, see the same batches, and have the same weight decay, clipping,
 *   label smoothing and schedule; no dropout where a run sees most of its text once;
 * - sources are padded on the right, so that a translation does not depend on its neighbours in a
 *   batch (the reference pads on the left, as the published presets do);
 * - the peak of the learning rate is the best of the same rates for every model and text, by BLEU on
 *   the validation split of `quick` (`bench --suite translation --learning-rates`).
 */
import { PAD_ID } from "../data/vocabulary.ts";
import { closestWidth } from "./closest_width.ts";
import { leastWarmup, type ScaledProfile } from "./profiles.ts";
import { trainingSettings } from "./training_settings.ts";
import type {
  TranslationConfig,
  TranslationMegaConfig,
  TranslationTransformerConfig,
} from "./translation_config.ts";
import { translationParameters } from "./translation_model.ts";
import type {
  TranslationBatching,
  TranslationName,
  TranslationPreset,
  TranslationRequest,
  TranslationTask,
} from "./translation_preset_types.ts";
import { publishedTranslation } from "./translation_presets.ts";

/** How large the models of a scaled profile are, and how long they train, the same for every model. */
interface Scale {
  /** D of Mega. */
  readonly width: number;
  /** Of the encoder, and of the decoder. */
  readonly layers: number;
  /** Attention heads of the Transformer. */
  readonly heads: number;
  readonly dropout: number;
  /** Longest sentence of training, tokens. */
  readonly maxLength: number;
  /** Most positions of either side of a batch. */
  readonly maxTokens: number;
  readonly updates: number;
  /** Sentences of the validation and of the test split that are translated. */
  readonly valid: number;
  readonly test: number;
}

type ScaledTask = TranslationTask;

const scales: Readonly<Record<ScaledProfile, Readonly<Record<ScaledTask, Scale>>>> = {
  smoke: {
    "numbers": scale(32, 1, 2, 0, 64, 256, 20, 16, 16),
    "multi30k": scale(32, 1, 2, 0, 64, 256, 20, 16, 16),
    "wmt16-en-de": scale(32, 1, 2, 0, 64, 256, 20, 16, 16),
  },
  quick: {
    "numbers": scale(64, 2, 4, 0, 64, 1_024, 500, 200, 1_000),
    "multi30k": scale(96, 2, 4, 0, 40, 1_280, 400, 200, 1_000),
    "wmt16-en-de": scale(96, 2, 4, 0, 40, 1_280, 400, 200, 500),
  },
  small: {
    "numbers": scale(128, 3, 4, 0.1, 64, 8_192, 4_000, 1_000, 2_000),
    "multi30k": scale(256, 3, 4, 0.2, 100, 8_192, 10_000, 1_014, 1_000),
    "wmt16-en-de": scale(256, 4, 4, 0.1, 150, 16_384, 20_000, 1_000, 3_003),
  },
};

function scale(
  width: number,
  layers: number,
  heads: number,
  dropout: number,
  maxLength: number,
  maxTokens: number,
  updates: number,
  valid: number,
  test: number,
): Scale {
  return { width, layers, heads, dropout, maxLength, maxTokens, updates, valid, test };
}

/** Learning rates by the trials of `quick`. */
const peaks: Readonly<Record<ScaledTask, Readonly<Record<TranslationName, number>>>> = {
  "numbers": { "mega": 1.2e-2, "mega-laplace": 6e-3, "transformer": 6e-3 },
  "multi30k": { "mega": 6e-3, "mega-laplace": 3e-3, "transformer": 3e-3 },
  "wmt16-en-de": { "mega": 6e-3, "mega-laplace": 3e-3, "transformer": 3e-3 },
};

/** Positions of the relative bias and of the caches: sentences to translate may be longer. */
const maxPositions = 256;

function megaStack(
  { width, layers, dropout }: Scale,
  attention: TranslationMegaConfig["attention"],
): TranslationMegaConfig {
  return {
    kind: "mega",
    width,
    layers,
    hidden: 2 * width,
    feedForward: 2 * width,
    z: width / 2,
    mixer: { kind: "ema", dimensions: 16, truncation: null },
    attention,
    relativeBias: "simple",
    maxPositions,
    chunk: null,
    activation: "silu",
    norm: "layernorm",
    normBefore: false,
    normalizeEmbedding: false,
    dropout,
    attentionDropout: 0,
    hiddenDropout: 0,
    activationDropout: 0,
    featureDropout: false,
  };
}

function transformerStack(
  { layers, heads, dropout }: Scale,
  width: number,
): TranslationTransformerConfig {
  return {
    kind: "transformer",
    width,
    layers,
    heads,
    feedForward: 4 * width,
    positions: "sinusoidal",
    maxPositions,
    activation: "relu",
    normBefore: false,
    normalizeEmbedding: false,
    dropout,
    attentionDropout: 0,
    activationDropout: 0,
  };
}

function scaledConfig(
  { model, vocabulary }: TranslationRequest,
  scale: Scale,
): TranslationConfig {
  const of = (stack: TranslationConfig["encoder"]): TranslationConfig => ({
    vocabulary,
    padding: PAD_ID,
    sharedEmbeddings: "all",
    scaleEmbedding: true,
    encoder: stack,
    decoder: stack,
  });
  const mega = of(megaStack(scale, model === "mega-laplace" ? "laplace" : "softmax"));
  if (model !== "transformer") return mega;
  const at = (width: number) => of(transformerStack(scale, width));
  const target = translationParameters(mega).count;
  const count = (width: number) => translationParameters(at(width)).count;
  return at(closestWidth(target, 2 * scale.heads, count));
}

/** Search while training is greedy; at the end it is that of the paper's protocol. */
function searches(): Pick<TranslationBatching, "validation" | "final"> {
  const limits = { maxLengthA: 1.5, maxLengthB: 10 };
  return {
    validation: { beam: 1, lengthPenalty: 1, ...limits },
    final: { beam: 5, lengthPenalty: 0.5, ...limits },
  };
}

/** Batch shapes of the scaled profiles: each costs a compilation. */
const mostShapes: Readonly<Record<ScaledProfile, number>> = { smoke: 2, quick: 3, small: 8 };

/** Batches of an update: several shapes share one, as they do at full size. */
const accumulations: Readonly<Record<ScaledProfile, number>> = { smoke: 2, quick: 1, small: 1 };

/** The model, its training settings and its batches. */
export function translationPreset(request: TranslationRequest): TranslationPreset {
  const { task, model, profile } = request;
  if (profile === "paper") return publishedTranslation(request);
  const scale = scales[profile][task];
  const { maxLength, maxTokens, updates, valid, test } = scale;
  return {
    config: scaledConfig(request, scale),
    training: trainingSettings({
      peak: peaks[task][model],
      weightDecay: 0.05,
      clipNorm: 1,
      batch: 1,
      accumulation: accumulations[profile],
      updates,
      warmupUpdates: Math.round(updates * leastWarmup),
    }),
    labelSmoothing: 0.1,
    batching: {
      sourcePadding: "right",
      maxTokens,
      shapes: task === "numbers" ? Math.min(2, mostShapes[profile]) : mostShapes[profile],
      maxLength,
      ...searches(),
      limits: { valid, test },
    },
  };
}
