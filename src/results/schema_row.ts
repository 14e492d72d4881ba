import { z } from "zod";
import { DATA_ORIGINS } from "../data/data_origin.ts";
import { SPLIT_NAMES } from "../data/dataset.ts";
import { directions } from "../data/translation/directions.ts";
import { checkRow } from "./row_checks.ts";
import {
  countSchema,
  intervalSchema,
  jsonObjectSchema,
  quantitySchema,
  sha256Schema,
  shareSchema,
} from "./schema_common.ts";

/** How a run ended. Everything but `completed` carries a reason and stays in the result. */
export const runStatuses = ["completed", "diverged", "failed", "interrupted"] as const;

/**
 * What a run is for: the runs that a table shows are `final`; a `trial` only helped to choose a
 * setting, such as the learning rate, and enters no statistic.
 */
export const runRoles = ["trial", "final"] as const;

/** What is learned. */
export const taskKinds = ["classification", "language-modelling", "translation"] as const;

/** See {@link taskKinds}. */
export type TaskKind = (typeof taskKinds)[number];

/** What means are taken over. */
export const countedThings = ["sentences", "tokens"] as const;

const taskSchema = z.strictObject({
  name: z.string().min(1).describe("Task identifier, for example listops"),
  kind: z.enum(taskKinds).describe("What is learned"),
  direction: z.enum(directions).exactOptional().describe(
    "Source and target language; absent where nothing is translated",
  ),
  version: z.string().min(1).describe("Version of the task definition; changes with its meaning"),
  origin: z.enum([...DATA_ORIGINS, "folder"]).describe(
    "Data made by our generator (generated), shipped with the program or its packages (embedded), " +
      "of the published size (official), or of other files (custom, in older results folder)",
  ),
  splits: z.partialRecord(
    z.enum(SPLIT_NAMES),
    z.strictObject({
      sha256: sha256Schema.describe("Hash of the content of the split"),
      examples: countSchema.describe("Number of examples in the split"),
      tokens: countSchema.nullable().describe(
        "Number of tokens that are predicted in the split; null where examples are what counts",
      ),
    }),
  ).describe("Content of every split that the run read"),
});

const modelSchema = z.strictObject({
  name: z.string().min(1).describe("Model identifier, for example mega-chunk"),
  configuration: jsonObjectSchema.describe("Every option that shapes the model"),
  sha256: sha256Schema.describe("SHA-256 of the RFC 8785 text of the configuration"),
  parameterCount: countSchema.describe("Number of trained scalars"),
});

const namedConfigurationSchema = z.strictObject({
  name: z.string().min(1).describe("Identifier, for example adamw or linear-decay"),
  configuration: jsonObjectSchema.describe("Every option of the method"),
});

const unitText =
  "Unit; accuracies and exact matches are `fraction` from 0 to 1, BLEU scores `bleu` from 0 to 100";

const scoreSchema = z.strictObject({
  name: z.string().min(1).describe("Metric identifier, for example accuracy or perplexity"),
  unit: z.string().describe(unitText),
  higherIsBetter: z.boolean().describe("Direction of improvement"),
});

/** Conditions of an evaluation beside the usual one. */
export const metricSettingSchema = z.strictObject({
  contextLength: z.int().positive().describe("Length of the evaluated segments, tokens"),
  carried: z.boolean().describe("Whether the state is carried from one segment to the next"),
});

const metricSchema = z.strictObject({
  name: z.string().min(1).describe(
    "Metric identifier: accuracy, loss, perplexity, bits-per-character; of decoded text bleu " +
      "(of tokenised text), sacrebleu and exact-match; source-dependence is the " +
      "loss with shuffled sources less the loss, nats per token",
  ),
  split: z.enum(SPLIT_NAMES).describe("Split on which the metric was taken"),
  setting: metricSettingSchema.nullable().describe(
    "Conditions of an evaluation beside the usual one; null for the usual one",
  ),
  value: z.number().nullable().describe("Value in `unit`; null when it is not a finite number"),
  unit: z.string().describe(unitText),
  signature: z.string().min(1).exactOptional().describe(
    "How a score of text was computed, in the manner of sacreBLEU; absent for other metrics",
  ),
  higherIsBetter: z.boolean().describe("Direction of improvement"),
  per: z.enum(countedThings).describe("What `n` counts, and what the value is a mean over"),
  n: countSchema.describe("Number of sentences or tokens behind the value, as `per` says"),
  interval: intervalSchema.nullable().describe(
    "Uncertainty of this one run from the finite split; null when it has no simple form",
  ),
});

const trainingPointSchema = z.strictObject({
  step: countSchema.describe("Number of updates done before this point"),
  loss: z.number().nullable().describe("Mean training loss, nats; null when not finite"),
  score: z.number().nullable().describe(
    "Score of the row on the training batches, in its unit; null when not measured or not finite",
  ),
  learningRate: quantitySchema.describe("Learning rate of the update"),
  gradientNorm: quantitySchema.nullable().describe(
    "Global gradient norm before clipping; null when not finite or not measured",
  ),
});

const validationPointSchema = z.strictObject({
  step: countSchema.describe("Number of updates done before this evaluation"),
  loss: z.number().nullable().describe("Mean validation loss, nats; null when not finite"),
  score: z.number().nullable().describe(
    "Score of the row on validation, in its unit; null when not measured or not finite",
  ),
});

const performanceSchema = z.strictObject({
  tokensPerSecond: quantitySchema.nullable().describe(
    "Training tokens per second, padding excluded",
  ),
  evaluationTokensPerSecond: quantitySchema.nullable().describe(
    "Evaluation tokens per second, padding excluded; null when not measured",
  ),
  stepMilliseconds: z.strictObject({
    median: quantitySchema.describe("Median time of a training step, milliseconds"),
    spread: quantitySchema.describe("Median absolute deviation of the step time, milliseconds"),
  }).nullable().describe("Time of a training step, milliseconds; null when not measured"),
  hostShare: shareSchema.nullable().describe("Part of the step time spent on the host, fraction"),
  dispatchesPerStep: countSchema.nullable().describe("Compute dispatches per training step"),
  peakPlannedBytes: countSchema.nullable().describe("Peak bytes of the training memory plan"),
  sumOfIntermediateBytes: countSchema.nullable().describe(
    "Bytes of all intermediates if none shared memory",
  ),
  floatingPointOperationsPerStep: quantitySchema.nullable().describe(
    "Floating-point operations per training step, from the cost model",
  ),
  bytesMovedPerStep: quantitySchema.nullable().describe(
    "Bytes read and written per training step, from the cost model",
  ),
  compiledPrograms: countSchema.nullable().describe(
    "Number of batch shapes for which a program was compiled; null when not known",
  ),
  paddingShare: shareSchema.nullable().describe(
    "Part of the training batches that is padding, fraction; null when not known",
  ),
  decodeSeconds: quantitySchema.exactOptional().describe(
    "Seconds of the final decoding, part of the evaluation; absent where nothing was decoded",
  ),
  decodeTokensPerSecond: quantitySchema.exactOptional().describe(
    "Generated tokens per second of the final decoding; absent where nothing was decoded",
  ),
  decodedSentences: countSchema.exactOptional().describe(
    "Sentences of the final decoding; absent where nothing was decoded",
  ),
});

/** Where the translations of one split are kept; see `translations_file.ts`. */
export const translationsRecordSchema = z.strictObject({
  split: z.enum(SPLIT_NAMES).describe("Split that was translated"),
  file: z.string().regex(
    /^(?!\.{1,2}(\/|$))[^/\\]+(\/(?!\.{1,2}(\/|$))[^/\\]+)*$/,
    "expected a path below the folder of the result, with slashes",
  ).describe("File of the translations, relative to the folder of the result file"),
  sha256: sha256Schema.describe("Hash of the content of the file"),
  sentences: countSchema.describe("Number of sentences in the file"),
});

const wallSecondsSchema = z.strictObject({
  data: quantitySchema.describe("Seconds to generate, read and tokenise data"),
  compile: quantitySchema.describe("Seconds to build plans and pipelines, first step included"),
  train: quantitySchema.describe("Seconds of training steps"),
  evaluate: quantitySchema.describe("Seconds of validation and test"),
});

/** One training run: a task, a model and a seed. */
export const rowSchema = z.strictObject({
  role: z.enum(runRoles).describe(
    "Whether the run stands in tables or only helped to choose a setting (a trial)",
  ),
  task: taskSchema.describe("What was learned, with the content of its data"),
  model: modelSchema.describe("What learned it"),
  optimizer: namedConfigurationSchema.describe("Update rule"),
  schedule: namedConfigurationSchema.describe("Learning rate over steps"),
  seed: countSchema.describe("Seed of initialisation, order and dropout"),
  batchSize: countSchema.describe("Sequences per update, accumulation included"),
  sequenceLength: countSchema.describe("Length to which sequences are padded, tokens"),
  updates: countSchema.describe("Updates that the run was asked for"),
  updatesDone: countSchema.describe(
    "Updates that the run did; more than it was asked for only where speed alone is measured",
  ),
  status: z.enum(runStatuses).describe("How the run ended"),
  reason: z.string().nullable().describe("Why it did not complete; null when it did"),
  score: scoreSchema.describe("Primary score of the task, by which the best checkpoint is chosen"),
  lossPer: z.enum(countedThings).describe("What the losses of the row are means over"),
  metrics: z.array(metricSchema).describe("Final metrics, of the best checkpoint by validation"),
  curve: z.array(trainingPointSchema).describe("Training curve, by increasing step"),
  validationCurve: z.array(validationPointSchema).describe(
    "Validation curve, by increasing step",
  ),
  wallSeconds: wallSecondsSchema.describe("Wall clock by phase, seconds"),
  performance: performanceSchema.describe("Speed, memory and work of a training step"),
  sample: z.string().nullable().describe(
    "Short text sampled from the model at the end, for translations a few blocks of lines " +
      "(`source:`, `reference:`, `translation:`, or the last alone) with an empty line between; " +
      "null where it makes no text",
  ),
  warnings: z.array(z.string()).describe("What a reader of this row should know, one line each"),
  provenance: z.literal("measured").describe("Rows are always our own measurements"),
  translations: z.array(translationsRecordSchema).exactOptional().describe(
    "Where the translations of the run are kept; absent where none are",
  ),
}).refine((row) => (row.status === "completed") === (row.reason === null), {
  path: ["reason"],
  message: "must be null for a completed run and a sentence for any other",
}).superRefine(checkRow);

/** One training run; see {@link rowSchema}. */
export type ResultRow = z.infer<typeof rowSchema>;

/** How a run ended; see {@link runStatuses}. */
export type RunStatus = (typeof runStatuses)[number];

/** What a run is for; see {@link runRoles}. */
export type RunRole = (typeof runRoles)[number];

/** Conditions of an evaluation; see {@link metricSettingSchema}. */
export type MetricSetting = z.infer<typeof metricSettingSchema>;

/** Where the translations of a split are kept; see {@link translationsRecordSchema}. */
export type TranslationsRecord = z.infer<typeof translationsRecordSchema>;

/** One final metric of a run. */
export type MetricRecord = z.infer<typeof metricSchema>;
