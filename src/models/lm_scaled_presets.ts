/**
 * Presets of language models of every profile. The scaled ones are small models of the published
 * shape; nothing is chosen per model:
 *
 * - Mega has h = F = 2D, z = D/2 and the published 16 dimensions of its moving average; Mega-chunk cuts
 *   the block of training into four chunks;
 * - the Transformer keeps F = 4D and S4 its stages of two S4 blocks and a feed-forward block, at the
 *   width for which the parameter count is closest to that of Mega;
 * - all see the same blocks, without state from the block before, and have the same weight decay,
 *   clipping and schedule; no dropout where a run sees most of its text once;
 * - the peak of the learning rate is the best of the same five for every model and text, by the
 *   validation score of `quick` (`bench --suite lm --learning-rates`).
 *
 * Evaluation carries Mega's recurrent state from piece to piece, as published; windows of the other
 * models overlap by half.
 */
import { closestWidth } from "./closest_width.ts";
import { languageModelParameters } from "./language_model.ts";
import type {
  DecoderConfig,
  LanguageModelConfig,
  MegaDecoderConfig,
  TransformerDecoderConfig,
} from "./language_model_config.ts";
import type {
  LanguageModelBatching,
  LanguageModelName,
  LanguageModelPreset,
  LanguageModelRequest,
  LanguageModelTask,
} from "./lm_preset_types.ts";
import { fixedBlocks, languageModelOf, publishedLanguageModel, s4DecoderAt } from "./lm_presets.ts";
import type { ProfileName } from "../data/profile_names.ts";
import { leastWarmup, type ScaledProfile } from "./profiles.ts";
import { type TrainingSettings, trainingSettings } from "./training_settings.ts";

/** How large the models of a scaled profile are, whatever the text. */
interface Size {
  /** D of Mega. */
  readonly width: number;
  readonly layers: number;
  /** Attention heads of the Transformer. */
  readonly heads: number;
  /** Stages of S4, each with three blocks. */
  readonly stages: number;
  readonly dropout: number;
}

/** How long a scaled profile trains on a text, the same for every model. */
interface Budget {
  /** Tokens of a block. */
  readonly length: number;
  /** Blocks of an update. */
  readonly batch: number;
  readonly updates: number;
  /** Most tokens of the validation and of the test split; the rest is left out. */
  readonly valid: number;
  readonly test: number;
}

type Scale = Size & Budget;

const sizes: Readonly<Record<ScaledProfile, Size>> = {
  smoke: { width: 32, layers: 1, heads: 2, stages: 1, dropout: 0 },
  quick: { width: 48, layers: 2, heads: 2, stages: 1, dropout: 0 },
  small: { width: 256, layers: 6, heads: 4, stages: 3, dropout: 0.1 },
};

const budgets: Readonly<Record<ScaledProfile, Readonly<Record<LanguageModelTask, Budget>>>> = {
  smoke: {
    characters: { length: 64, batch: 4, updates: 20, valid: 1_000, test: 1_000 },
    words: { length: 64, batch: 4, updates: 20, valid: 1_000, test: 1_000 },
  },
  quick: {
    characters: { length: 256, batch: 8, updates: 250, valid: 8_000, test: 20_000 },
    words: { length: 128, batch: 8, updates: 250, valid: 8_000, test: 20_000 },
  },
  small: {
    characters: { length: 512, batch: 32, updates: 5_000, valid: 50_000, test: 60_000 },
    words: { length: 512, batch: 32, updates: 5_000, valid: 60_000, test: 70_000 },
  },
};

/** Learning rates by the trials of `quick`. */
const peaks: Readonly<Record<LanguageModelTask, Readonly<Record<LanguageModelName, number>>>> = {
  characters: { "mega": 4e-2, "mega-chunk": 2e-2, "transformer": 1e-2, "s4": 8e-2 },
  words: { "mega": 4e-2, "mega-chunk": 4e-2, "transformer": 4e-2, "s4": 8e-2 },
};

/** Contexts of the further evaluations, relative to the length of training. */
const contextFactors = [0.5, 1, 2, 4] as const;

/** Most tokens of the splits that a profile evaluates; no limit in `paper`. */
export function evaluationLimits(
  task: LanguageModelTask,
  profile: ProfileName,
): { readonly valid?: number; readonly test?: number } {
  if (profile === "paper") return {};
  const { valid, test } = budgets[profile][task];
  return { valid, test };
}

/** Chunks of a block of Mega-chunk. */
const chunksPerBlock = 4;

function megaDecoderOf(
  { width, layers, length, dropout }: Scale,
  chunk: number | null,
): MegaDecoderConfig {
  return {
    kind: "mega",
    width,
    layers,
    hidden: 2 * width,
    feedForward: 2 * width,
    z: width / 2,
    mixer: { kind: "ema", dimensions: 16, truncation: null },
    attention: "softmax",
    relativeBias: "rotary",
    maxPositions: length,
    chunk,
    activation: "silu",
    norm: "layernorm",
    normBefore: true,
    normalizeEmbedding: false,
    affineFinalNorm: false,
    dropout,
    attentionDropout: 0,
    hiddenDropout: 0,
    activationDropout: 0,
    featureDropout: false,
  };
}

function transformerDecoderOf(
  { layers, heads, length, dropout }: Scale,
  width: number,
): TransformerDecoderConfig {
  return {
    kind: "transformer",
    width,
    outputWidth: width,
    layers,
    heads,
    feedForward: 4 * width,
    positions: "sinusoidal",
    maxPositions: length,
    activation: "relu",
    normalizeEmbedding: false,
    finalNorm: true,
    dropout,
    attentionDropout: 0,
    activationDropout: 0,
  };
}

function scaledConfig(
  { task, model, vocabulary }: LanguageModelRequest,
  scale: Scale,
): LanguageModelConfig {
  // Every token of these blocks is text, and a causal model does not see what follows.
  const of = (decoder: DecoderConfig): LanguageModelConfig => ({
    ...languageModelOf(task, decoder, vocabulary, scale.dropout),
    padding: null,
  });
  const mega = of(megaDecoderOf(scale, null));
  if (model === "mega") return mega;
  if (model === "mega-chunk") return of(megaDecoderOf(scale, scale.length / chunksPerBlock));
  const target = languageModelParameters(mega).count;
  const at = (width: number) =>
    of(
      model === "transformer" ? transformerDecoderOf(scale, width) : {
        ...s4DecoderAt(width, scale.stages),
        dropout: scale.dropout,
        maxPositions: scale.length,
      },
    );
  const count = (width: number) => languageModelParameters(at(width)).count;
  const step = model === "transformer" ? 2 * scale.heads : 2;
  // The narrowest of three bands has a sixteenth of the width.
  return at(closestWidth(target, step, count, 16));
}

function scaledTraining({ batch, updates }: Scale, peak: number, isS4: boolean): TrainingSettings {
  const settings = trainingSettings({
    peak,
    weightDecay: 0.1,
    clipNorm: 0.25,
    batch,
    accumulation: 1,
    updates,
    warmupUpdates: Math.round(updates * leastWarmup),
  });
  if (!isS4) return settings;
  const stateSpaceRates = { dt: 1e-3, a: 1e-3, b: 1e-3, c: null };
  return { ...settings, optimizer: { ...settings.optimizer, stateSpaceRates } };
}

/** Pieces and windows of several lengths, with carried state and without, for models that carry it. */
function contextSettings(length: number, carries: boolean): LanguageModelBatching["settings"] {
  return contextFactors.flatMap((factor) =>
    (carries ? [false, true] : [false]).map((carried) => ({
      contextLength: factor * length,
      carried,
    }))
  );
}

/** The model, its training settings and its batches. */
export function languageModelPreset(request: LanguageModelRequest): LanguageModelPreset {
  const { task, model, profile, vocabulary } = request;
  if (profile === "paper") return publishedLanguageModel(task, model, vocabulary);
  const scale = { ...sizes[profile], ...budgets[profile][task] };
  const { batch, length } = scale;
  const carried = model === "mega" || model === "mega-chunk";
  return {
    config: scaledConfig(request, scale),
    training: scaledTraining(scale, peaks[task][model], model === "s4"),
    batching: {
      training: fixedBlocks(length, batch * length),
      evaluation: { rows: batch, length, carried },
      settings: profile === "smoke" ? [] : contextSettings(length, carried),
    },
  };
}
