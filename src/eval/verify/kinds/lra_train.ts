/** Kind `lra_train`: a training trajectory of a classifier, through the session itself. */
import type { Device } from "../../../device/device.ts";
import type { ClassifierConfig } from "../../../models/config.ts";
import { buildClassifier, classifierInputs } from "../../../models/sequence_classifier.ts";
import { ModelContext } from "../../../nn/context.ts";
import { learningRate } from "../../../train/schedule.ts";
import { Session } from "../../../train/session.ts";
import type { BatchFeeds } from "../../../train/workload.ts";
import type { Golden } from "../golden.ts";
import type { Produced } from "../run_module.ts";
import { classifierConfigOf } from "./lra_config.ts";
import {
  adamSettingsOf,
  type NoGradient,
  ofUpdate,
  parametersAfter,
  scalars,
  scheduleOf,
  startFromFile,
  type TrajectoryCase,
  trajectorySchema,
} from "./trajectory.ts";

/** The feeds of every update's batch. */
function batchesOf(
  golden: Golden,
  config: ClassifierConfig,
  training: TrajectoryCase,
): BatchFeeds[] {
  const sources: Record<string, string> = {
    sequence: "src_tokens",
    lengths: "src_lengths",
    labels: "target",
    ...(config.pair ? { "second.sequence": "src_tokens1", "second.lengths": "src_lengths1" } : {}),
  };
  const rows = golden.inputTensor("target").shape[1];
  return Array.from({ length: training.updates }, (_, update) => {
    const feeds = new Map<string, Float32Array | Int32Array>();
    for (const [name, source] of Object.entries(sources)) {
      feeds.set(name, ofUpdate(golden, source, training, update));
    }
    return feeds.set("weights", new Float32Array(rows).fill(1));
  });
}

/** Key offsets under softmax have no gradient, nor have biases right before a batch norm. */
function noGradientIn({ encoder }: ClassifierConfig): NoGradient {
  return (name) => {
    if (encoder.kind !== "mega") return () => name.endsWith("self_attn.k_proj.bias");
    if (name.endsWith("mega_layer.beta") && encoder.attention === "softmax") {
      return (index) => index >= encoder.z;
    }
    const batchNorm = encoder.norm === "batchnorm" || encoder.norm === "syncbatchnorm";
    const before = encoder.normBefore ? `.${encoder.layers - 1}.nffn.fc2.bias` : ".nffn.fc2.bias";
    return () => batchNorm && name.endsWith(before);
  };
}

/** Everything a trajectory is checked for. */
export async function verifyTrajectory(device: Device, golden: Golden): Promise<Produced[]> {
  const config = classifierConfigOf(golden);
  const training = golden.config(trajectorySchema);
  const batches = batchesOf(golden, config, training);
  const { shape } = golden.inputTensor("src_tokens");
  const [, batch, length] = shape;
  const second = config.pair ? { secondLength: golden.inputTensor("src_tokens1").shape[2] } : {};
  const schedule = scheduleOf(training);
  const noGradient = noGradientIn(config);
  const extents = { batch, length };
  const session = new Session(device, {
    extents: { train: extents, evaluate: extents },
    model: (ctx) => {
      // The reference measures the loss after an update in training mode too.
      const context = ctx.training ? ctx : new ModelContext({ training: true });
      const inputs = classifierInputs(config, { batch, length, ...second });
      const { lossSum } = buildClassifier(config, context, inputs);
      return { lossSum, metrics: {} };
    },
    optimizer: adamSettingsOf(training.optim),
    accumulation: 1,
    seed: 0,
  });
  try {
    startFromFile(golden, session);
    const rates: number[] = [];
    const before: number[] = [];
    const after: number[] = [];
    const norms: number[] = [];
    const produced: Produced[] = [];
    for (const [done, feeds] of batches.entries()) {
      const rate = learningRate(schedule, done);
      rates.push(rate);
      session.update(done + 1, rate, [{ feeds, extents }], batch);
      session.evaluate({ feeds, extents });
      const [update, evaluation] = await session.readMetrics();
      before.push(update.lossSum / batch);
      after.push(evaluation.lossSum / batch);
      norms.push(update.gradientNorm);
      const drift = rates.reduce((a, b) => a + b, 0);
      produced.push(...await parametersAfter(session, training, done + 1, noGradient, drift));
    }
    return [
      ...produced,
      { name: "output.lr", values: rates },
      { name: "output.grad_norm", values: norms },
      { name: "output.loss_before", values: before, compare: scalars },
      { name: "output.loss_after", values: after, compare: scalars },
    ];
  } finally {
    session.destroy();
  }
}
