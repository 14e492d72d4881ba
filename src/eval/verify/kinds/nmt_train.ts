/** Kind `nmt_train`: a training trajectory of a translation model through the session itself. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import { buildTranslation, translationInputs } from "../../../models/translation_model.ts";
import type { TranslationConfig } from "../../../models/translation_config.ts";
import { ModelContext } from "../../../nn/context.ts";
import { learningRate } from "../../../train/schedule.ts";
import type { ProgramBatch } from "../../../train/model_programs.ts";
import { Session } from "../../../train/session.ts";
import { type CompareOptions, outputTolerance } from "../../tolerance.ts";
import type { Golden } from "../golden.ts";
import type { Produced } from "../run_module.ts";
import { translationConfigOf } from "./nmt_config.ts";
import {
  adamSettingsOf,
  initialState,
  scheduleOf,
  type TrajectoryCase,
  trajectorySchema,
} from "./trajectory.ts";

const caseSchema = z.object({ label_smoothing: z.number() });

/** Losses, norms and rates, each relative to itself. */
const scalars: CompareOptions = {
  tolerance: { relative: 1e-5, absolute: 0 },
  elementwise: true,
};

/** A batch and the number of its target words. */
interface CountedBatch {
  readonly batch: ProgramBatch;
  readonly words: number;
}

const feedNames = {
  source: "src_tokens",
  previous: "prev_output_tokens",
  target: "target",
} as const;

/** The batch of every update: inputs have all of them along the first axis. */
function batchesOf(golden: Golden, { updates, optim }: TrajectoryCase): CountedBatch[] {
  const { shape: [count, batch, source] } = golden.inputTensor("src_tokens");
  const target = golden.inputTensor("target").shape[2];
  if (count !== updates || optim.update_freq !== 1) {
    throw new UserError(`${golden.where}: input.src_tokens: one batch per update is expected`);
  }
  const extents = { batch, source, target };
  return Array.from({ length: updates }, (_, update) => {
    const feeds = new Map(
      Object.entries(feedNames).map(([name, input]) => {
        const { values } = golden.inputTensor(input);
        const size = values.length / updates;
        return [name, Int32Array.from(values.subarray(update * size, (update + 1) * size))];
      }),
    );
    const words = feeds.get("target")?.filter((word) => word !== PAD_ID).length ?? 0;
    return { batch: { feeds, extents }, words };
  });
}

/**
 * Elements whose true gradient is zero: key offsets under softmax. Their float32 gradient is rounding
 * noise, which Adam scales up.
 */
function hasNoGradient(config: TranslationConfig, name: string): (index: number) => boolean {
  const stack = name.startsWith("encoder.") ? config.encoder : config.decoder;
  if (stack.kind === "transformer") return () => name.endsWith("attn.k_proj.bias");
  if (stack.attention !== "softmax") return () => false;
  if (name.endsWith("cross_attn.k_proj.bias")) return () => true;
  return (index) => name.endsWith("mega_layer.beta") && index >= stack.z;
}

function sessionOf(
  device: Device,
  config: TranslationConfig,
  training: TrajectoryCase,
  labelSmoothing: number,
  { extents }: ProgramBatch,
): Session {
  return new Session(device, {
    extents: { train: extents, evaluate: extents },
    model: (ctx, { batch, source, target }) => {
      // The reference measures the loss after an update in training mode too.
      const context = ctx.training ? ctx : new ModelContext({ training: true });
      const inputs = translationInputs(batch, source, target);
      const { lossSum, nllSum } = buildTranslation(config, context, inputs, { labelSmoothing });
      return { lossSum, metrics: { nll: nllSum } };
    },
    optimizer: adamSettingsOf(training.optim),
    accumulation: 1,
    seed: 0,
  });
}

/** Everything a trajectory is checked for. */
export async function verifyTranslationTraining(
  device: Device,
  golden: Golden,
): Promise<Produced[]> {
  const config = translationConfigOf(golden);
  const training = golden.config(trajectorySchema);
  const { label_smoothing: labelSmoothing } = golden.config(caseSchema);
  const schedule = scheduleOf(training);
  const batches = batchesOf(golden, training);
  const session = sessionOf(device, config, training, labelSmoothing, batches[0].batch);
  try {
    golden.checkParameters(session.model.parameters);
    session.restore(initialState(golden, session));
    const series: Record<string, number[]> = {
      lr: [],
      grad_norm: [],
      loss_sum: [],
      loss_before: [],
      loss_after: [],
      nll_sum: [],
      nll_before: [],
      nll_after: [],
      sample_size: [],
    };
    const produced: Produced[] = [];
    let drift = 0;
    for (const [done, { batch, words }] of batches.entries()) {
      const rate = learningRate(schedule, done);
      // What Adam can have moved an element by.
      drift += rate;
      session.update(done + 1, rate, [batch], words);
      session.evaluate(batch);
      const [update, after] = await session.readMetrics();
      series.lr.push(rate);
      series.grad_norm.push(update.gradientNorm);
      series.loss_sum.push(update.lossSum);
      series.loss_before.push(update.lossSum / words);
      series.loss_after.push(after.lossSum / words);
      series.nll_sum.push(update.metrics.nll);
      series.nll_before.push(update.metrics.nll / words);
      series.nll_after.push(after.metrics.nll / words);
      series.sample_size.push(words);
      if (done + 1 === training.snapshot) {
        const name = `params_after_${training.snapshot}`;
        produced.push(...await compareParameters(config, session, name, drift));
      }
      if (done + 1 === training.updates) {
        produced.push(...await compareParameters(config, session, "final_params", drift));
      }
    }
    for (const [name, values] of Object.entries(series)) {
      produced.push({ name: `output.${name}`, values, compare: scalars });
    }
    return produced;
  } finally {
    session.destroy();
  }
}

/** @param drift Bound for elements that have no gradient. */
async function compareParameters(
  config: TranslationConfig,
  session: Session,
  prefix: string,
  drift: number,
): Promise<Produced[]> {
  const { parameters } = await session.trained();
  return [...parameters].map(([name, values]) => {
    const vanishes = hasNoGradient(config, name);
    const exception = (index: number) => vanishes(index) ? drift : undefined;
    const compare = { tolerance: outputTolerance, exception };
    return { name: `output.${prefix}.${name}`, values, compare };
  });
}
