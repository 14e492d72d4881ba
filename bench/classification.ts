/** A classifier run from a preset and the data of its task. */
import type { TaskData } from "../src/data/dataset.ts";
import { SPLIT_NAMES } from "../src/data/dataset.ts";
import type { Preset } from "../src/models/lra_presets.ts";
import { classifierParameters } from "../src/models/sequence_classifier.ts";
import { classifierWorkload } from "../src/workloads/classifier.ts";
import type { PreparedRun } from "./spec.ts";

/** Prepares a run. @param batchSize Sentences per batch instead of the preset's. */
export function classifierRun(
  { config, training }: Preset,
  data: TaskData,
  batchSize: number = training.batch,
): PreparedRun {
  const batches = { batchSize, sequenceLength: data.maxLength };
  const perUpdate = batchSize * training.accumulation;
  return {
    recipe: { kind: "classifier", config, training, ...batches },
    workload: classifierWorkload({ config, data, ...batches }),
    task: {
      name: data.id,
      kind: "classification",
      version: String(data.version),
      origin: data.origin,
      splits: Object.fromEntries(
        SPLIT_NAMES.map((split) => [split, {
          sha256: data.hash[split],
          examples: data.splits[split].length,
          tokens: null,
        }]),
      ),
    },
    batchSize: perUpdate,
    sequenceLength: data.maxLength,
    updatesPerEpoch: Math.ceil(data.splits.train.length / perUpdate),
    parameterCount: classifierParameters(config).count,
  };
}
