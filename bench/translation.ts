/** Translation (the paper's Table 7), from raw text to BLEU. */
import { SPLIT_NAMES } from "../src/data/dataset.ts";
import {
  choosePairShapes,
  coverPairShapes,
  type PairShape,
} from "../src/data/translation/buckets.ts";
import { paddingOf } from "../src/data/translation/pair_batches.ts";
import { directionName } from "../src/data/translation/directions.ts";
import { limitParallel } from "../src/data/translation/limit_parallel.ts";
import type { TranslationData } from "../src/data/translation/parallel_corpus.ts";
import { translationParameters } from "../src/models/translation_model.ts";
import {
  translationNames,
  type TranslationRequest,
  translationTasks,
} from "../src/models/translation_preset_types.ts";
import { translationPreset } from "../src/models/translation_scaled_presets.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { translationHead } from "../src/workloads/translation/translation_file.ts";
import { translationWorkload } from "../src/workloads/translation/workload.ts";
import type { PreparedRun, PrepareRequest, TrainingSuite } from "./spec.ts";

function taskRecord(data: TranslationData): ResultRow["task"] {
  return {
    name: data.id,
    kind: "translation",
    direction: directionName(data.direction),
    version: data.version,
    origin: data.origin,
    splits: Object.fromEntries(
      SPLIT_NAMES.map((split) => {
        const { source, target } = data.splits[split];
        return [split, {
          sha256: data.hash[split],
          examples: source.count,
          tokens: sum(target.lengths),
        }];
      }),
    ),
  };
}

/** Shapes of batches and how much of them is padding. */
function batchesText(data: TranslationData, shapes: readonly PairShape[]): string {
  const { target, skipped } = paddingOf(data.splits.train, shapes);
  const each = shapes.map(({ rows, source, target }) => `${rows} x ${source}/${target}`);
  const left = skipped === 0 ? "" : `, ${skipped} pairs are too long`;
  return `batches of ${shapes.length} shapes (sentences x tokens: ${each.join(", ")}), ` +
    `${(100 * target).toFixed(0)} % of the target is padding${left}`;
}

const sum = (values: Int32Array) => values.reduce((total, value) => total + value, 0);

/** Prepares a run of a translation model. */
function translationRun(
  task: TranslationRequest["task"],
  model: TranslationRequest["model"],
  { profile, data: whole, batchSize }: PrepareRequest,
): PreparedRun {
  if (whole.kind !== "translation") throw new TypeError(`${task} is no parallel text`);
  const preset = translationPreset({ task, model, profile, vocabulary: whole.dictionary.size });
  const { config, training, labelSmoothing } = preset;
  const data = limitParallel(whole, preset.batching.limits);
  const { source, target } = data.splits.train;
  const mean = sum(target.lengths) / target.count;
  const batching = batchSize === undefined
    ? preset.batching
    : { ...preset.batching, maxTokens: Math.ceil(batchSize * mean) };
  const shapes = choosePairShapes(data.splits.train, batching);
  const evaluationShapes = [data.splits.valid, data.splits.test].reduce(
    (all, split) => coverPairShapes(all, split, batching),
    shapes,
  );
  const longest = shapes[shapes.length - 1];
  const perUpdate = Math.round(batching.maxTokens / mean) * training.accumulation;
  return {
    recipe: { kind: "translation", config, training, labelSmoothing, batching, shapes },
    workload: translationWorkload({
      config,
      data,
      labelSmoothing,
      batching,
      shapes,
      evaluationShapes,
    }),
    task: taskRecord(data),
    batchSize: perUpdate,
    sequenceLength: Math.max(longest.source, longest.target),
    updatesPerEpoch: Math.ceil(source.count / perUpdate),
    batches: () => batchesText(data, shapes),
    parameterCount: translationParameters(config).count,
    modelHead: (seed) => translationHead(config, data, batching, model, seed),
  };
}

/** Every model on every parallel text; texts that have to be fetched run when they are named. */
export const translationSuite: TrainingSuite = {
  name: "translation",
  description: "Translation: Mega and Transformer encoder-decoders (paper, Table 7)",
  models: [...translationNames],
  tasks: ["numbers"],
  specs: translationTasks.flatMap((task) =>
    translationNames.map((model) => ({
      task,
      model,
      prepare: (request: PrepareRequest) => translationRun(task, model, request),
    }))
  ),
};
