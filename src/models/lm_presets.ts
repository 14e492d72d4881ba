/**
 * The published language models and their training (Mega, section 4.3 and appendix D;
 * `fairseq/models/mega_lm.py`, `transformer_lm.py`, `examples/mega/README.lm.md`; the S4 model of
 * `state-spaces/s4`, experiment `lm/s4-wt103`). Batches of several devices become micro-batches of
 * one. The published Megas are the chunked ones; `mega` differs in attending to whole blocks.
 *
 * Where nothing is published for a model and text, or not for an optimiser that exists here:
 *
 * - the Transformer of WikiText-103 was trained with Nesterov's accelerated gradient and restarts of a
 *   cosine schedule; here it has Adam with the schedule of Mega at a tenth of its peak;
 * - the Transformer of enwik8 is the base language model of fairseq with 12 layers, which is the size of
 *   Mega, trained in the same way;
 * - S4 has no model for characters: it is the published one at the width that gives the size of Mega.
 */
import { PAD_ID } from "../data/vocabulary.ts";
import { closestWidth } from "./closest_width.ts";
import { languageModelParameters } from "./language_model.ts";
import type {
  DecoderConfig,
  LanguageModelConfig,
  MegaDecoderConfig,
  S4DecoderConfig,
  TransformerDecoderConfig,
} from "./language_model_config.ts";
import type {
  LanguageModelBatching,
  LanguageModelName,
  LanguageModelPreset,
  LanguageModelTask,
} from "./lm_preset_types.ts";
import { type TrainingSettings, trainingSettings } from "./training_settings.ts";

const mega = {
  kind: "mega",
  mixer: { kind: "ema", dimensions: 16, truncation: 8192 },
  attention: "softmax",
  relativeBias: "rotary",
  activation: "silu",
  norm: "layernorm",
  normBefore: true,
  normalizeEmbedding: false,
  affineFinalNorm: false,
  featureDropout: false,
} as const;

const megas: Readonly<Record<LanguageModelTask, MegaDecoderConfig>> = {
  // mega_lm_enwik8_base
  characters: {
    ...mega,
    width: 512,
    layers: 12,
    hidden: 1024,
    feedForward: 1024,
    z: 128,
    maxPositions: 10_384,
    chunk: 2048,
    evaluationChunk: 4096,
    dropout: 0.1,
    attentionDropout: 0,
    hiddenDropout: 0,
    activationDropout: 0,
  },
  // mega_lm_adaptive_big
  words: {
    ...mega,
    width: 1024,
    layers: 16,
    hidden: 2048,
    feedForward: 2048,
    z: 256,
    maxPositions: 8096,
    chunk: 1024,
    evaluationChunk: 2048,
    dropout: 0.3,
    attentionDropout: 0.1,
    hiddenDropout: 0.1,
    activationDropout: 0.1,
  },
};

const transformer = {
  kind: "transformer",
  heads: 8,
  positions: "sinusoidal",
  activation: "relu",
  normalizeEmbedding: false,
} as const;

const transformers: Readonly<Record<LanguageModelTask, TransformerDecoderConfig>> = {
  characters: {
    ...transformer,
    width: 512,
    outputWidth: 512,
    layers: 12,
    feedForward: 2048,
    maxPositions: 2048,
    finalNorm: true,
    dropout: 0.1,
    attentionDropout: 0,
    activationDropout: 0,
  },
  // transformer_lm_baevski_wiki103
  words: {
    ...transformer,
    width: 1024,
    outputWidth: 1024,
    layers: 16,
    feedForward: 4096,
    maxPositions: 3072,
    finalNorm: false,
    dropout: 0.3,
    attentionDropout: 0.1,
    activationDropout: 0.1,
  },
};

/** The published S4 decoder, of WikiText-103. */
const s4: S4DecoderConfig = {
  kind: "s4",
  width: 1024,
  layers: 16,
  blocks: 2,
  feedForward: 4096,
  mode: "dplr",
  init: "legs",
  discretization: "zoh",
  states: 64,
  channels: 1,
  copies: 1,
  dtMin: 1e-3,
  dtMax: 0.1,
  dtTransform: "exp",
  maxPositions: 8192,
  activation: "gelu",
  norm: "layernorm",
  dropout: 0.25,
};

/** The published S4 decoder with its proportions at another width and number of stages. */
export function s4DecoderAt(width: number, layers: number): S4DecoderConfig {
  return { ...s4, width, layers, feedForward: 4 * width };
}

/** The published decoder of a model. */
function decoderOf(task: LanguageModelTask, model: LanguageModelName): DecoderConfig {
  switch (model) {
    case "mega": {
      const { evaluationChunk: _, ...rest } = megas[task];
      return { ...rest, chunk: null };
    }
    case "mega-chunk":
      return megas[task];
    case "transformer":
      return transformers[task];
    case "s4":
      return s4;
  }
}

/** Ends of the first two bands of the published vocabulary of WikiText-103. */
const publishedCutoffs = [20_000, 60_000] as const;
const publishedVocabulary = 267_744;

/** Cutoffs of a vocabulary: the published ones, or for a smaller one the same shares of its words. */
function cutoffsOf(vocabulary: number): number[] {
  if (vocabulary > publishedCutoffs[1]) return [...publishedCutoffs];
  return publishedCutoffs.map((end) => Math.round(end / publishedVocabulary * vocabulary));
}

/**
 * A decoder with the embedding and the softmax of its text: a shared table for characters, adaptive
 * ones with shared weights for words.
 *
 * @param softmaxDropout Of an adaptive softmax.
 */
export function languageModelOf(
  task: LanguageModelTask,
  decoder: DecoderConfig,
  vocabulary: number,
  softmaxDropout: number,
  cutoffs = cutoffsOf(vocabulary),
): LanguageModelConfig {
  const common = { vocabulary, padding: PAD_ID, scaleEmbedding: true, decoder };
  const { width } = decoder;
  if (task === "characters") {
    return { ...common, embedding: { kind: "table", width }, output: { kind: "tied" } };
  }
  const bands = { kind: "adaptive", cutoffs, factor: 4 } as const;
  return {
    ...common,
    embedding: { ...bands, width },
    output: { ...bands, tieWeights: true, tieProjections: true, dropout: softmaxDropout },
  };
}

/** S4's own cutoffs, where the vocabulary has words beyond them. */
function s4Cutoffs(vocabulary: number): number[] {
  const own = [19_997, 39_997, 199_997];
  return vocabulary > own[2] ? own : cutoffsOf(vocabulary);
}

function megaTraining(peak: number, devices: number): TrainingSettings {
  return trainingSettings({
    peak,
    weightDecay: 0.1,
    clipNorm: 0.25,
    batch: 1,
    accumulation: devices,
    updates: 400_000,
    warmupUpdates: 24_000,
  });
}

/** GPUs of the published runs of Mega, and tokens of each. */
const devices = { characters: 8, words: 24 } as const;
const tokensPerDevice = { characters: 8192, words: 6144 } as const;
const s4Rate = 5e-4;

function trainingOf(task: LanguageModelTask, model: LanguageModelName): TrainingSettings {
  switch (model) {
    case "mega":
    case "mega-chunk":
      return megaTraining(5e-3, devices[task]);
    case "transformer":
      return megaTraining(5e-4, devices[task]);
    case "s4":
      return {
        optimizer: {
          kind: "adam",
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay: 0.1,
          clipNorm: 0,
          stateSpaceRates: { dt: s4Rate, a: s4Rate, b: s4Rate, c: s4Rate },
        },
        schedule: {
          kind: "cosine",
          peak: s4Rate,
          warmupInitial: 0,
          warmupUpdates: 1_000,
          totalUpdates: 800_000,
        },
        batch: 1,
        accumulation: 8,
        updates: 800_000,
      };
  }
}

/** Blocks of exactly `length` tokens. */
export function fixedBlocks(length: number, maxTokens: number): LanguageModelBatching["training"] {
  const multiples = [1, 1] as const;
  return { mode: "blocks", breakMode: "none", chunk: length, multiples, maxTokens, last: "drop" };
}

function batchingOf(task: LanguageModelTask, model: LanguageModelName): LanguageModelBatching {
  const settings: LanguageModelBatching["settings"] = [];
  switch (model) {
    case "mega":
    case "mega-chunk": {
      const words = task === "words";
      return {
        training: {
          mode: "blocks",
          breakMode: "complete",
          chunk: words ? 1024 : 2048,
          multiples: words ? [2, 6] : [2, 4],
          maxTokens: tokensPerDevice[task],
          last: "fill",
        },
        evaluation: { rows: 1, length: words ? 2 * 2048 : 3 * 4096, carried: true },
        settings,
      };
    }
    case "transformer": {
      const length = task === "words" ? 3072 : 2048;
      return {
        training: fixedBlocks(length, task === "words" ? 3072 : 8192),
        evaluation: { rows: 1, length, carried: false },
        settings,
      };
    }
    case "s4":
      return {
        training: fixedBlocks(8192, 8192),
        evaluation: { rows: 1, length: 8192, carried: false },
        settings,
      };
  }
}

/** The published model of a text, see the module comment. @param vocabulary V of the text. */
export function publishedLanguageModel(
  task: LanguageModelTask,
  model: LanguageModelName,
  vocabulary: number,
): LanguageModelPreset {
  const of = (decoder: DecoderConfig) => languageModelOf(task, decoder, vocabulary, 0.2);
  const s4Of = (decoder: DecoderConfig) =>
    languageModelOf(task, decoder, vocabulary, 0.25, s4Cutoffs(vocabulary));
  let config = model === "s4" ? s4Of(s4) : of(decoderOf(task, model));
  if (model === "s4" && task === "characters") {
    const target = languageModelParameters(of(megas.characters)).count;
    const at = (width: number) => of(s4DecoderAt(width, 6));
    config = at(closestWidth(target, 8, (width) => languageModelParameters(at(width)).count));
  }
  return { config, training: trainingOf(task, model), batching: batchingOf(task, model) };
}
