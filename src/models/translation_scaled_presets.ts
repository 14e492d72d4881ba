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
 * - the peak of the learning rate is the best of the same rates for every model, three for `numbers` and
 *   two for Multi30k, by BLEU on the validation split of `quick` (`bench --suite translation
 *   --learning-rates`).
 */
import { closestWidth } from "./closest_width.ts";
import { leastWarmup, type ScaledProfile } from "./profiles.ts";
import { trainingSettings } from "./training_settings.ts";
import type { TranslationConfig } from "./translation_config.ts";
import { translationParameters } from "./translation_model.ts";
import type {
  TranslationBatching,
  TranslationName,
  TranslationPreset,
  TranslationRequest,
  TranslationTask,
} from "./translation_preset_types.ts";
import {
  megaStack,
  publishedTranslation,
  transformerStack,
  translationOf,
} from "./translation_presets.ts";

/** How large the models of a scaled profile are on a text, the same for every model. */
interface Size {
  /** D of Mega. */
  readonly width: number;
  /** Of the encoder, and of the decoder. */
  readonly layers: number;
  /** Attention heads of the Transformer. */
  readonly heads: number;
  readonly dropout: number;
}

/** How long a scaled profile trains on a text and what it evaluates, the same for every model. */
interface Budget {
  /** Longest sentence of training, tokens. */
  readonly maxLength: number;
  /** Most positions of either side of a batch. */
  readonly maxTokens: number;
  /** Most batch shapes: each costs a compilation. */
  readonly shapes: number;
  /** Batches of an update: several shapes share one, as they do at full size. */
  readonly accumulation: number;
  readonly updates: number;
  /** Sentences of the validation and of the test split that are translated. */
  readonly valid: number;
  readonly test: number;
}

type Scale = Size & Budget;

const smoke: Scale = {
  width: 32,
  layers: 1,
  heads: 2,
  dropout: 0,
  maxLength: 64,
  maxTokens: 256,
  shapes: 2,
  accumulation: 2,
  updates: 20,
  valid: 16,
  test: 16,
};

const captions: Scale = {
  width: 96,
  layers: 2,
  heads: 4,
  dropout: 0,
  maxLength: 40,
  maxTokens: 1_280,
  shapes: 3,
  accumulation: 1,
  updates: 400,
  valid: 200,
  test: 1_000,
};

const long = { heads: 4, shapes: 8, accumulation: 1 } as const;

const scales: Readonly<Record<ScaledProfile, Readonly<Record<TranslationTask, Scale>>>> = {
  smoke: { "numbers": smoke, "multi30k": smoke, "wmt16-en-de": smoke },
  quick: {
    "numbers": {
      ...captions,
      width: 64,
      maxLength: 64,
      maxTokens: 1_024,
      shapes: 2,
      updates: 500,
    },
    "multi30k": captions,
    "wmt16-en-de": { ...captions, test: 500 },
  },
  small: {
    "numbers": {
      ...long,
      width: 128,
      layers: 3,
      dropout: 0.1,
      maxLength: 64,
      maxTokens: 8_192,
      shapes: 2,
      updates: 4_000,
      valid: 1_000,
      test: 2_000,
    },
    "multi30k": {
      ...long,
      width: 256,
      layers: 3,
      dropout: 0.2,
      maxLength: 100,
      maxTokens: 8_192,
      updates: 10_000,
      valid: 1_014,
      test: 1_000,
    },
    "wmt16-en-de": {
      ...long,
      width: 256,
      layers: 4,
      dropout: 0.1,
      maxLength: 150,
      maxTokens: 16_384,
      updates: 20_000,
      valid: 1_000,
      test: 3_003,
    },
  },
};

/** Learning rates by the trials of `quick`. */
const rates: Readonly<Record<"numbers" | "multi30k", Readonly<Record<TranslationName, number>>>> = {
  "numbers": { "mega": 1.2e-2, "mega-laplace": 6e-3, "transformer": 6e-3 },
  "multi30k": { "mega": 6e-3, "mega-laplace": 3e-3, "transformer": 3e-3 },
};

/** Those of Multi30k serve for WMT16 too, where nothing was tried. */
const peaks = { ...rates, "wmt16-en-de": rates["multi30k"] };

/** Positions of the relative bias and of the caches: sentences to translate may be longer. */
const maxPositions = 256;

function scaledConfig(
  { model, vocabulary }: TranslationRequest,
  { width, layers, heads, dropout }: Size,
): TranslationConfig {
  const shared = { layers, maxPositions, dropout, attentionDropout: 0, activationDropout: 0 };
  const stack = megaStack({
    ...shared,
    width,
    hidden: 2 * width,
    feedForward: 2 * width,
    z: width / 2,
    attention: model === "mega-laplace" ? "laplace" : "softmax",
    hiddenDropout: 0,
  });
  const mega = translationOf(stack, vocabulary);
  if (model !== "transformer") return mega;
  const at = (width: number) =>
    translationOf(transformerStack({ ...shared, width, heads }), vocabulary);
  const target = translationParameters(mega).count;
  const count = (width: number) => translationParameters(at(width)).count;
  return at(closestWidth(target, 2 * heads, count));
}

const lengths = { maxLengthA: 1.5, maxLengthB: 10 };

/** Search while training is greedy; at the end it is that of the paper's protocol. */
const searches: Pick<TranslationBatching, "validation" | "final"> = {
  validation: { beam: 1, lengthPenalty: 1, ...lengths },
  final: { beam: 5, lengthPenalty: 0.5, ...lengths },
};

/** The model, its training settings and its batches. */
export function translationPreset(request: TranslationRequest): TranslationPreset {
  const { task, model, profile } = request;
  if (profile === "paper") return publishedTranslation(request);
  const scale = scales[profile][task];
  const { maxLength, maxTokens, shapes, accumulation, updates, valid, test } = scale;
  return {
    config: scaledConfig(request, scale),
    training: trainingSettings({
      peak: peaks[task][model],
      weightDecay: 0.05,
      clipNorm: 1,
      batch: 1,
      accumulation,
      updates,
      warmupUpdates: Math.round(updates * leastWarmup),
    }),
    labelSmoothing: 0.1,
    batching: {
      sourcePadding: "right",
      maxTokens,
      shapes,
      maxLength,
      ...searches,
      limits: { valid, test },
    },
  };
}
