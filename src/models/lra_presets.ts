/**
 * The published models and training settings of the Long Range Arena, to the letter
 * (`fairseq/models/lra/model.py` and `examples/mega/README.lra.md` of facebookresearch/mega).
 */
import type { LraTask } from "../data/lra_tasks.ts";
import { PAD_ID } from "../data/vocabulary.ts";
import type { ClassifierConfig, MegaEncoderConfig, TransformerEncoderConfig } from "./config.ts";
import { isS4Model, s4EncoderOf, type S4Model, s4TrainingOf } from "./s4_presets.ts";
import { type TaskTraining, type TrainingSettings, trainingSettings } from "./training_settings.ts";

export { type LraTask, lraTasks } from "../data/lra_tasks.ts";

/** Models of the table. */
export const lraModels = ["mega", "mega-chunk", "transformer"] as const;
/** A model of the table; see `s4Models` for the state-space models. */
export type LraModel = typeof lraModels[number] | S4Model;

/** What a model must know about the data. */
export interface DataShape {
  /** Number of token ids; `undefined` for real-valued input. */
  readonly vocabulary: number | undefined;
  /** Longest sequence. */
  readonly maxLength: number;
}

/** A model and how it is trained. */
export interface Preset {
  readonly config: ClassifierConfig;
  readonly training: TrainingSettings;
}

interface MegaRow {
  readonly width: number;
  readonly hidden: number;
  readonly z: number;
  readonly layers: number;
  readonly truncation: number;
  readonly maxPositions: number;
  readonly norm: MegaEncoderConfig["norm"];
  readonly normBefore: boolean;
  readonly attention: MegaEncoderConfig["attention"];
  readonly dropout: number;
  /** Chunk of Mega-chunk. */
  readonly chunk: number;
}

interface TransformerRow {
  readonly width: number;
  readonly feedForward: number;
  readonly layers: number;
  readonly heads: number;
  readonly tieLayers: boolean;
  readonly headWidth: number;
  readonly maxPositions: number;
  readonly initialization: TransformerEncoderConfig["initialization"];
}

interface TaskRow {
  readonly input: "tokens" | "values";
  readonly pair: boolean;
  readonly classes: number;
  readonly mega: MegaRow;
  readonly transformer: TransformerRow;
  readonly training: TaskTraining;
}

const textNorm = { norm: "scalenorm", normBefore: false, attention: "softmax" } as const;
const pixelNorm = {
  norm: "batchnorm",
  normBefore: true,
  attention: "laplace",
  dropout: 0,
} as const;
const pathfinderTransformer: TransformerRow = {
  width: 128,
  feedForward: 128,
  layers: 1,
  heads: 4,
  tieLayers: false,
  headWidth: 256,
  maxPositions: 1026,
  initialization: "default",
};

const tasks: Readonly<Record<LraTask, TaskRow>> = {
  listops: {
    input: "tokens",
    pair: false,
    classes: 10,
    mega: {
      ...textNorm,
      width: 80,
      hidden: 160,
      z: 64,
      layers: 6,
      truncation: 1024,
      maxPositions: 2002,
      norm: "layernorm",
      dropout: 0.1,
      chunk: 128,
    },
    transformer: {
      width: 512,
      feedForward: 2048,
      layers: 6,
      heads: 8,
      tieLayers: true,
      headWidth: 2048,
      maxPositions: 2002,
      initialization: "bert",
    },
    training: {
      peak: 1e-3,
      weightDecay: 0.01,
      batch: 64,
      accumulation: 1,
      updates: 90_000,
      warmupUpdates: 3_000,
    },
  },
  text: {
    input: "tokens",
    pair: false,
    classes: 2,
    mega: {
      ...textNorm,
      width: 128,
      hidden: 256,
      z: 64,
      layers: 4,
      truncation: 1024,
      maxPositions: 4002,
      dropout: 0.1,
      chunk: 128,
    },
    transformer: {
      width: 256,
      feedForward: 1024,
      layers: 4,
      heads: 4,
      tieLayers: false,
      headWidth: 1024,
      maxPositions: 4002,
      initialization: "bert",
    },
    training: {
      peak: 4e-3,
      weightDecay: 0.01,
      batch: 25,
      accumulation: 2,
      updates: 25_000,
      warmupUpdates: 10_000,
    },
  },
  retrieval: {
    input: "tokens",
    pair: true,
    classes: 2,
    mega: {
      ...textNorm,
      width: 128,
      hidden: 256,
      z: 64,
      layers: 6,
      truncation: 1024,
      maxPositions: 4002,
      dropout: 0.1,
      chunk: 128,
    },
    transformer: {
      width: 128,
      feedForward: 512,
      layers: 4,
      heads: 4,
      tieLayers: false,
      headWidth: 512,
      maxPositions: 4002,
      initialization: "default",
    },
    training: {
      peak: 3e-3,
      weightDecay: 0.04,
      batch: 8,
      accumulation: 8,
      updates: 91_960,
      warmupUpdates: 10_000,
    },
  },
  image: {
    input: "values",
    pair: false,
    classes: 10,
    mega: {
      ...pixelNorm,
      width: 160,
      hidden: 320,
      z: 96,
      layers: 8,
      truncation: 1024,
      maxPositions: 1024,
      chunk: 128,
    },
    transformer: {
      width: 64,
      feedForward: 128,
      layers: 1,
      heads: 8,
      tieLayers: false,
      headWidth: 128,
      maxPositions: 1024,
      initialization: "default",
    },
    training: {
      peak: 1e-2,
      weightDecay: 0.02,
      batch: 50,
      accumulation: 1,
      updates: 180_000,
      warmupUpdates: 9_000,
    },
  },
  pathfinder: {
    input: "values",
    pair: false,
    classes: 2,
    mega: {
      ...pixelNorm,
      width: 128,
      hidden: 256,
      z: 64,
      layers: 6,
      truncation: 1024,
      maxPositions: 1024,
      chunk: 128,
    },
    transformer: pathfinderTransformer,
    training: {
      peak: 1e-2,
      weightDecay: 0.01,
      batch: 128,
      accumulation: 1,
      updates: 250_000,
      warmupUpdates: 50_000,
    },
  },
  pathx: {
    input: "values",
    pair: false,
    classes: 2,
    mega: {
      ...pixelNorm,
      norm: "syncbatchnorm",
      width: 64,
      hidden: 128,
      z: 32,
      layers: 4,
      truncation: 4096,
      maxPositions: 16_384,
      chunk: 4096,
    },
    // The repository has no Transformer for this task: the one of Pathfinder, over all positions.
    transformer: { ...pathfinderTransformer, maxPositions: 16_384 },
    training: {
      peak: 1e-2,
      weightDecay: 0.01,
      // Eight devices with two examples each, accumulated eight times.
      batch: 16,
      accumulation: 8,
      updates: 125_000,
      warmupUpdates: 25_000,
      warmupPower: 2,
    },
  },
};

function megaEncoderOf(row: MegaRow, chunked: boolean): MegaEncoderConfig {
  return {
    kind: "mega",
    width: row.width,
    layers: row.layers,
    hidden: row.hidden,
    feedForward: row.hidden,
    z: row.z,
    mixer: { kind: "ema", dimensions: 16, truncation: row.truncation },
    attention: row.attention,
    relativeBias: "simple",
    maxPositions: row.maxPositions,
    chunk: chunked ? row.chunk : null,
    activation: "silu",
    norm: row.norm,
    normBefore: row.normBefore,
    normalizeEmbedding: false,
    dropout: row.dropout,
    attentionDropout: 0,
    hiddenDropout: 0,
    activationDropout: 0,
    featureDropout: false,
  };
}

function transformerEncoderOf(row: TransformerRow): TransformerEncoderConfig {
  return {
    kind: "transformer",
    width: row.width,
    layers: row.layers,
    heads: row.heads,
    feedForward: row.feedForward,
    positions: "sinusoidal",
    maxPositions: row.maxPositions,
    activation: "gelu",
    normalizeEmbedding: true,
    tieLayers: row.tieLayers,
    initialization: row.initialization,
    dropout: 0.1,
    attentionDropout: 0.1,
    activationDropout: 0,
  };
}

/**
 * The published model of a task. The Transformer's own training commands are not published: it gets
 * the settings of the task, and mean pooling like Mega.
 *
 * @throws {RangeError} when a token task comes without a vocabulary or sequences are too long.
 */
export function paperPreset(task: LraTask, model: LraModel, data: DataShape): Preset {
  const row = tasks[task];
  if (isS4Model(model)) return s4Preset(task, model, data);
  const encoder = model === "transformer"
    ? transformerEncoderOf(row.transformer)
    : megaEncoderOf(row.mega, model === "mega-chunk");
  if (data.maxLength > encoder.maxPositions) {
    throw new RangeError(`${task}: length ${data.maxLength} exceeds ${encoder.maxPositions}`);
  }
  return {
    config: {
      input: inputOf(task, row.input, data),
      pair: row.pair,
      classes: row.classes,
      pooling: "mean",
      encoder,
      head: {
        layers: 1,
        width: model === "transformer" ? row.transformer.headWidth : row.mega.hidden,
        activation: "gelu",
        dropout: encoder.dropout,
      },
    },
    training: trainingSettings(row.training),
  };
}

/** Mean pooling and a linear read-out; pairs go through one hidden layer first. */
function s4Preset(task: LraTask, model: S4Model, data: DataShape): Preset {
  const { input, pair, classes } = tasks[task];
  const encoder = s4EncoderOf(task, model, data.maxLength);
  return {
    config: {
      input: inputOf(task, input, data),
      pair,
      classes,
      pooling: "mean",
      encoder,
      head: { layers: pair ? 1 : 0, width: encoder.width, activation: "gelu", dropout: 0 },
    },
    training: s4TrainingOf(task),
  };
}

function inputOf(
  task: LraTask,
  kind: "tokens" | "values",
  data: DataShape,
): ClassifierConfig["input"] {
  if (kind === "values") return { kind };
  if (data.vocabulary === undefined) {
    throw new RangeError(`${task}: the vocabulary size is missing`);
  }
  return { kind, vocabulary: data.vocabulary, padding: PAD_ID };
}
