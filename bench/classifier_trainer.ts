/** The trainer of a classifier run. */
import type { Device } from "../src/device/device.ts";
import type { Preset } from "../src/models/lra_presets.ts";
import { parameterScaleOf } from "../src/models/parameter_scale.ts";
import { buildClassifier, classifierInputs } from "../src/models/sequence_classifier.ts";
import type { RunSettings } from "../src/train/run.ts";
import { Trainer } from "../src/train/trainer.ts";

/** What a classifier's kernels depend on; plain data, so that it can be posted to a worker. */
export interface ClassifierRun {
  readonly preset: Preset;
  readonly settings: Pick<RunSettings, "batchSize" | "accumulation" | "sequenceLength" | "seed">;
}

/**
 * Builds model and optimiser and creates their pipelines.
 *
 * @throws {UserError} when the device cannot hold the model.
 */
export function buildTrainer(device: Device, { preset, settings }: ClassifierRun): Trainer {
  const { config, training } = preset;
  const shape = { batch: settings.batchSize, length: settings.sequenceLength };
  const scale = parameterScaleOf(training);
  return new Trainer(device, {
    model: (context) => {
      const output = buildClassifier(config, context, classifierInputs(config, shape));
      return { lossSum: output.lossSum, metrics: { correct: output.correct } };
    },
    optimizer: training.optimizer,
    accumulation: settings.accumulation,
    seed: settings.seed,
    ...(scale === undefined ? {} : { parameterScale: scale }),
  });
}
