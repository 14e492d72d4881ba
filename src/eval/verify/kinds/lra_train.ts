/** Kind `lra_train`: a training trajectory of a classifier, through the session itself. */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import type { ClassifierConfig } from "../../../models/config.ts";
import { buildClassifier, classifierInputs } from "../../../models/sequence_classifier.ts";
import { ModelContext } from "../../../nn/context.ts";
import { learningRate, type Schedule } from "../../../train/schedule.ts";
import { Session } from "../../../train/session.ts";
import type { SessionState } from "../../../train/session_state.ts";
import type { BatchFeeds } from "../../../train/workload.ts";
import { outputTolerance, trajectoryLossTolerance } from "../../tolerance.ts";
import type { Golden } from "../golden.ts";
import type { Produced } from "../run_module.ts";
import { classifierConfigOf } from "./lra_config.ts";

const trainSchema = z.object({
  updates: z.int().positive(),
  snapshot: z.int().nonnegative(),
  optim: z.object({
    betas: z.tuple([z.number(), z.number()]),
    clip_norm: z.number(),
    end_learning_rate: z.number(),
    eps: z.number(),
    lr: z.number(),
    total_num_update: z.int(),
    warmup_init_lr: z.number(),
    warmup_updates: z.int(),
    weight_decay: z.number(),
  }),
});

/** The feeds of every update's batch from inputs that have the update as first axis. */
function batchesOf(golden: Golden, config: ClassifierConfig, updates: number): BatchFeeds[] {
  const sources: Record<string, string> = {
    sequence: "src_tokens",
    lengths: "src_lengths",
    labels: "target",
    ...(config.pair ? { "second.sequence": "src_tokens1", "second.lengths": "src_lengths1" } : {}),
  };
  return Array.from({ length: updates }, (_, update) => {
    const feeds = new Map<string, Float32Array | Int32Array>();
    for (const [name, source] of Object.entries(sources)) {
      const { values, shape } = golden.inputTensor(source);
      if (shape[0] !== updates) {
        throw new UserError(`${golden.where}: input.${source}: ${shape[0]} of ${updates} updates`);
      }
      const size = values.length / updates;
      const part = values.subarray(update * size, (update + 1) * size);
      feeds.set(name, part instanceof Int32Array ? part : Float32Array.from(part));
    }
    const rows = golden.inputTensor("target").shape[1];
    return feeds.set("weights", new Float32Array(rows).fill(1));
  });
}

/**
 * Elements whose true gradient is zero: key offsets under softmax, and biases right before a batch
 * norm. Their float32 gradient is rounding noise, which Adam scales up.
 */
function hasNoGradient(config: ClassifierConfig, name: string): (index: number) => boolean {
  const { encoder } = config;
  if (encoder.kind !== "mega") return () => name.endsWith("self_attn.k_proj.bias");
  if (name.endsWith("mega_layer.beta") && encoder.attention === "softmax") {
    return (index) => index >= encoder.z;
  }
  const batchNorm = encoder.norm === "batchnorm" || encoder.norm === "syncbatchnorm";
  const before = encoder.normBefore ? `.${encoder.layers - 1}.nffn.fc2.bias` : ".nffn.fc2.bias";
  return () => batchNorm && name.endsWith(before);
}

/** Everything a trajectory is checked for. */
export async function verifyTrajectory(device: Device, golden: Golden): Promise<Produced[]> {
  const config = classifierConfigOf(golden);
  const { updates, snapshot, optim } = golden.config(trainSchema);
  const batches = batchesOf(golden, config, updates);
  const { shape } = golden.inputTensor("src_tokens");
  const [, batch, length] = shape;
  const second = config.pair ? { secondLength: golden.inputTensor("src_tokens1").shape[2] } : {};
  const schedule: Schedule = {
    kind: "linear",
    peak: optim.lr,
    warmupInitial: optim.warmup_init_lr,
    warmupUpdates: optim.warmup_updates,
    warmupPower: 1,
    end: optim.end_learning_rate,
    totalUpdates: optim.total_num_update,
  };
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
    optimizer: {
      beta1: optim.betas[0],
      beta2: optim.betas[1],
      epsilon: optim.eps,
      weightDecay: optim.weight_decay,
      clipNorm: optim.clip_norm,
    },
    accumulation: 1,
    seed: 0,
  });
  try {
    golden.checkParameters([...session.model.parameters, ...session.model.states]);
    session.restore(initialState(golden, session));
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
      const names = [
        ...(done + 1 === snapshot ? [`params_after_${snapshot}`] : []),
        ...(done + 1 === updates ? ["final_params"] : []),
      ];
      if (names.length === 0) continue;
      // Adam moves an element by about the learning rate at most, whatever its gradient.
      const drift = rates.reduce((a, b) => a + b, 0);
      const { parameters } = await session.trained();
      for (const [name, values] of parameters) {
        const vanishes = hasNoGradient(config, name);
        const compare = {
          tolerance: outputTolerance,
          exception: (index: number) => vanishes(index) ? drift : undefined,
        };
        for (const prefix of names) {
          produced.push({ name: `output.${prefix}.${name}`, values, compare });
        }
      }
    }
    const loss = { tolerance: trajectoryLossTolerance, elementwise: true };
    return [
      ...produced,
      { name: "output.lr", values: rates },
      { name: "output.grad_norm", values: norms },
      { name: "output.loss_before", values: before, compare: loss },
      { name: "output.loss_after", values: after, compare: loss },
    ];
  } finally {
    session.destroy();
  }
}

/** Parameters and statistics of the file, moments zero. */
function initialState(golden: Golden, session: Session): SessionState {
  const fromFile = (specs: readonly { readonly name: string }[]) =>
    new Map(specs.map(({ name }) => {
      const values = golden.parameters.get(name)?.values;
      if (values === undefined) throw new UserError(`${golden.where}: param.${name} is missing`);
      return [name, Float32Array.from(values)];
    }));
  const parameters = fromFile(session.model.parameters);
  const zeros = () =>
    new Map([...parameters].map(([name, { length }]) => [name, new Float32Array(length)]));
  return {
    parameters,
    first: zeros(),
    second: zeros(),
    states: fromFile(session.model.states),
    carried: new Map(),
  };
}
