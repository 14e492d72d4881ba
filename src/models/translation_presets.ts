/**
 * The published translation models and their training (Mega, section 4.5 and Table 10;
 * `mega_wmt_en_de` in `fairseq/models/mega.py`, `transformer_wmt_en_de` in `transformer.py`,
 * `examples/mega/README.mt.md`). Batches of eight devices become micro-batches of one. The recipe's
 * truncation of the moving average to 0 taps means none.
 */
import { PAD_ID } from "../data/vocabulary.ts";
import type { AttentionKind } from "../nn/gated_attention.ts";
import type { Schedule, TrainingSettings } from "./training_settings.ts";
import type {
  TranslationConfig,
  TranslationMegaConfig,
  TranslationTransformerConfig,
} from "./translation_config.ts";

/** Translation models; `mega` has softmax attention. */
export const translationModelNames = ["mega", "mega-laplace", "transformer"] as const;
/** See {@link translationModelNames}. */
export type TranslationModelName = typeof translationModelNames[number];

/** What fits into a device batch. */
export interface TranslationBatching {
  /** Most positions of the longer side of a batch: sentences times the longest one, padding included. */
  readonly tokens: number;
  /** Most sentence pairs. */
  readonly sentences: number;
}

/** A model, how it is trained, and on which batches. */
export interface TranslationPreset {
  readonly config: TranslationConfig;
  /** Gradients are means over target words. `batch` is the most sentence pairs of a device batch. */
  readonly training: TrainingSettings;
  readonly batching: TranslationBatching;
}

const maxPositions = 1024;

const mega = (attention: AttentionKind): TranslationMegaConfig => ({
  kind: "mega",
  width: 512,
  layers: 6,
  hidden: 1024,
  feedForward: 1024,
  z: 128,
  mixer: { kind: "ema", dimensions: 16, truncation: null },
  attention,
  relativeBias: "simple",
  maxPositions,
  chunk: null,
  activation: "silu",
  norm: "layernorm",
  normBefore: false,
  normalizeEmbedding: false,
  dropout: 0.15,
  attentionDropout: 0.1,
  hiddenDropout: 0.1,
  activationDropout: 0.1,
  featureDropout: false,
});

const transformer: TranslationTransformerConfig = {
  kind: "transformer",
  width: 512,
  layers: 6,
  heads: 8,
  feedForward: 2048,
  positions: "sinusoidal",
  maxPositions,
  activation: "relu",
  normBefore: false,
  normalizeEmbedding: false,
  dropout: 0.1,
  attentionDropout: 0.1,
  activationDropout: 0.1,
};

const updates = 500_000;
const warmup = { warmupInitial: 1e-7, warmupUpdates: 4000 };
/** Of one device; eight of them made an update. */
const batching: TranslationBatching = { tokens: 8192, sentences: 1024 };

function settings(weightDecay: number, schedule: Schedule): TrainingSettings {
  return {
    optimizer: {
      kind: "adam",
      beta1: 0.9,
      beta2: 0.98,
      epsilon: 1e-8,
      weightDecay,
      clipNorm: 1,
    },
    schedule,
    labelSmoothing: 0.1,
    batch: batching.sentences,
    accumulation: 8,
    updates,
  };
}

function stackOf(model: TranslationModelName) {
  switch (model) {
    case "mega":
      return mega("softmax");
    case "mega-laplace":
      return mega("laplace");
    case "transformer":
      return transformer;
  }
}

/**
 * The published model (base size, encoder and decoder alike, all tables of words shared) for a joint
 * vocabulary.
 *
 * @param vocabulary Number of words, those that stand for padding, line ends and the unknown included.
 */
export function paperTranslationPreset(
  model: TranslationModelName,
  vocabulary: number,
): TranslationPreset {
  const stack = stackOf(model);
  return {
    config: {
      vocabulary,
      padding: PAD_ID,
      sharedEmbeddings: "all",
      scaleEmbedding: true,
      encoder: stack,
      decoder: stack,
    },
    training: model === "transformer"
      ? settings(1e-4, { kind: "inverse-sqrt", peak: 5e-4, ...warmup })
      : settings(0.05, {
        kind: "linear",
        peak: 1e-3,
        ...warmup,
        warmupPower: 1,
        end: 0,
        totalUpdates: updates,
      }),
    batching,
  };
}
