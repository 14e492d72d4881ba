/** Language modelling (the paper's Table 5): the next character, and the next word. */
import { limitCorpus } from "../src/data/lm/limit_corpus.ts";
import type { LanguageModelData } from "../src/data/lm/corpus.ts";
import { SPLIT_NAMES } from "../src/data/dataset.ts";
import { languageModelParameters } from "../src/models/language_model.ts";
import type { TrainingBatching } from "../src/data/lm/batches.ts";
import {
  languageModelNames,
  type LanguageModelPreset,
  type LanguageModelRequest,
  type LanguageModelTask,
  languageModelTasks,
} from "../src/models/lm_preset_types.ts";
import { evaluationLimits, languageModelPreset } from "../src/models/lm_scaled_presets.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import {
  languageModelExtents,
  languageModelWorkload,
  trainingLength,
} from "../src/workloads/language_model.ts";
import { languageModelHead } from "../src/workloads/language_model_file.ts";
import type { PreparedRun, PrepareRequest, TrainingSuite } from "./spec.ts";

/** Texts, and which kind of task each is. */
const texts: Readonly<Record<string, LanguageModelTask>> = {
  "characters": "characters",
  "words": "words",
  "enwik8": "characters",
  "wikitext-2": "words",
  "wikitext-103": "words",
};

function taskRecord(data: LanguageModelData): ResultRow["task"] {
  return {
    name: data.id,
    kind: "language-modelling",
    version: data.version,
    origin: data.origin,
    splits: Object.fromEntries(
      SPLIT_NAMES.map((split) => [split, {
        sha256: data.hash[split],
        examples: data.splits[split].lines,
        tokens: data.splits[split].tokens.length,
      }]),
    ),
  };
}

/** Batches of training: the preset's, with the departures that the user asked for. */
function trainingOf(
  { batching: { training } }: LanguageModelPreset,
  batchSize: number | undefined,
  carryState: boolean,
): TrainingBatching {
  if (training.mode === "lanes") return training;
  const length = trainingLength(training);
  const rows = batchSize ?? Math.floor(training.maxTokens / length);
  return carryState
    ? { mode: "lanes", lanes: rows, length }
    : { ...training, maxTokens: rows * length };
}

/** Tokens of a sample that only shows that sampling runs. */
const smokeSample = 16;

/** Prepares a run of a language model. */
function languageModelRun(
  text: string,
  model: LanguageModelRequest["model"],
  { profile, data: whole, batchSize, carryState }: PrepareRequest,
): PreparedRun {
  if (whole.kind !== "language-modelling") throw new TypeError(`${text} is no text`);
  const task = texts[text];
  const data = limitCorpus(whole, evaluationLimits(task, profile));
  const preset = languageModelPreset({ task, model, profile, vocabulary: data.dictionary.size });
  const { config, training } = preset;
  const length = trainingLength(preset.batching.training);
  const batching = { ...preset.batching, training: trainingOf(preset, batchSize, carryState) };
  const { train } = languageModelExtents(batching);
  const perUpdate = train.batch * training.accumulation;
  return {
    recipe: { kind: "language-model", config, training, batching },
    workload: languageModelWorkload({
      config,
      data,
      batching,
      ...(profile === "smoke" ? { sampleLength: smokeSample } : {}),
    }),
    task: taskRecord(data),
    batchSize: perUpdate,
    sequenceLength: length,
    updatesPerEpoch: Math.ceil(data.splits.train.tokens.length / (perUpdate * length)),
    parameterCount: languageModelParameters(config).count,
    modelHead: (seed) => languageModelHead(config, data, model, seed),
  };
}

/**
 * Models that hand no state from batch to batch in training: the Transformer has none, and S4 reads
 * whole pieces from zero.
 */
export const withoutCarriedState: readonly string[] = ["transformer", "s4"];

/** Every language model on every text; texts that have to be fetched run when they are named. */
export const lmSuite: TrainingSuite = {
  name: "lm",
  description: "Language modelling: Mega, Transformer and S4 (paper, Table 5)",
  models: [...languageModelNames],
  tasks: [...languageModelTasks],
  specs: Object.keys(texts).flatMap((task) =>
    languageModelNames.map((model) => ({
      task,
      model,
      prepare: (request: PrepareRequest) => languageModelRun(task, model, request),
    }))
  ),
};
