/**
 * Kind `lm_train`: a training trajectory of a language model through the session itself, and its
 * validation in pieces with carried state.
 */
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import { buildLanguageModel, languageModelInputs } from "../../../models/language_model.ts";
import type { LanguageModelConfig } from "../../../models/language_model_config.ts";
import { ModelContext } from "../../../nn/context.ts";
import { learningRate } from "../../../train/schedule.ts";
import { Session } from "../../../train/session.ts";
import type { CompareOptions } from "../../tolerance.ts";
import type { Golden } from "../golden.ts";
import type { Produced } from "../run_module.ts";
import { languageModelConfigOf } from "./lm_config.ts";
import {
  columns,
  countTokens,
  feedsOf,
  piecesOf,
  readPieces,
  summary,
  type TokenRows,
  total,
} from "./lm_pieces.ts";
import {
  adamSettingsOf,
  type NoGradient,
  parametersAfter,
  scalars,
  scheduleOf,
  startFromFile,
  type TrajectoryCase,
  trajectorySchema,
} from "./trajectory.ts";

/** The micro-batches of every update: inputs have all of them along the first axis. */
function microBatches(golden: Golden, { updates, optim }: TrajectoryCase): TokenRows[][] {
  const { shape: [count, batch, length], values } = golden.inputTensor("src_tokens");
  const targets = golden.inputTensor("target").values;
  const perUpdate = optim.update_freq;
  if (count !== updates * perUpdate) {
    throw new UserError(`${golden.where}: input.src_tokens: ${count} batches`);
  }
  const size = batch * length;
  return Array.from(
    { length: updates },
    (_, update) =>
      Array.from({ length: perUpdate }, (_, micro) => {
        const start = (update * perUpdate + micro) * size;
        return {
          tokens: values.subarray(start, start + size),
          targets: targets.subarray(start, start + size),
          batch,
          length,
        };
      }),
  );
}

/** Key offsets under softmax have no gradient. */
function noGradientIn({ decoder }: LanguageModelConfig): NoGradient {
  return (name) => {
    if (decoder.kind === "transformer") return () => name.endsWith("self_attn.k_proj.bias");
    if (decoder.kind !== "mega" || decoder.attention !== "softmax") return () => false;
    return (index) => name.endsWith("mega_layer.beta") && index >= decoder.z;
  };
}

/** The validations that a file may hold after `done` updates. */
function validationNames({ snapshot, updates }: TrajectoryCase, done: number): string[] {
  return [
    ...done === snapshot ? [`valid_after_${snapshot}`] : [],
    ...done === updates ? ["valid_final"] : [],
  ];
}

function sessionOf(
  device: Device,
  config: LanguageModelConfig,
  { optim }: TrajectoryCase,
  { batch, length }: TokenRows,
): Session {
  const extents = { batch, length };
  return new Session(device, {
    extents: { train: extents, evaluate: extents },
    model: (ctx, { batch, length, carried = 0 }) => {
      // The reference measures the loss after an update in training mode too.
      const context = ctx.training || carried > 0 ? ctx : new ModelContext({ training: true });
      const inputs = languageModelInputs(batch, length);
      const options = { carried: carried > 0, ignoreTailPadding: true };
      return { lossSum: buildLanguageModel(config, context, inputs, options).lossSum };
    },
    optimizer: adamSettingsOf(optim),
    accumulation: optim.update_freq,
    seed: 0,
  });
}

/** Everything a trajectory is checked for. */
export async function verifyLanguageModelTraining(
  device: Device,
  golden: Golden,
): Promise<Produced[]> {
  const config = languageModelConfigOf(golden);
  const training = golden.config(trajectorySchema);
  const schedule = scheduleOf(training);
  const noGradient = noGradientIn(config);
  const batches = microBatches(golden, training);
  const session = sessionOf(device, config, training, batches[0][0]);
  try {
    startFromFile(golden, session);
    const series: Record<string, number[]> = {
      lr: [],
      grad_norm: [],
      loss_before: [],
      loss_after: [],
      loss_sum: [],
      sample_size: [],
      micro_loss_sum: [],
    };
    const produced = await validate(device, golden, config, session, "valid_initial");
    for (const [done, rows] of batches.entries()) {
      const micro = rows.map((each) => ({
        feeds: feedsOf(each),
        extents: { batch: each.batch, length: each.length },
      }));
      const rate = learningRate(schedule, done);
      const tokens = total(rows.map(({ targets }) => countTokens(targets)));
      for (const batch of micro) session.evaluate(batch);
      session.update(done + 1, rate, micro, tokens);
      for (const batch of micro) session.evaluate(batch);
      const metrics = await session.readMetrics();
      const before = metrics.slice(0, micro.length).map(({ lossSum }) => lossSum);
      const update = metrics[micro.length];
      const after = total(metrics.slice(micro.length + 1).map(({ lossSum }) => lossSum));
      series.lr.push(rate);
      series.grad_norm.push(update.gradientNorm);
      series.loss_sum.push(update.lossSum);
      series.loss_before.push(update.lossSum / tokens);
      series.loss_after.push(after / tokens);
      series.sample_size.push(tokens);
      series.micro_loss_sum.push(...before);
      const drift = total(series.lr);
      produced.push(...await parametersAfter(session, training, done + 1, noGradient, drift));
      for (const name of validationNames(training, done + 1)) {
        produced.push(...await validate(device, golden, config, session, name));
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

/**
 * Validation in pieces of one chunk: losses by the session with the state that it carries, and by a
 * decoder with a cache, whose state and keys are compared too.
 */
async function validate(
  device: Device,
  golden: Golden,
  config: LanguageModelConfig,
  session: Session,
  name: string,
): Promise<Produced[]> {
  const { decoder } = config;
  const chunk = decoder.kind === "mega" ? decoder.chunk : null;
  if (chunk === null || !golden.inputs.has("valid_src_tokens")) return [];
  const { shape: [batch, length], values: tokens } = golden.inputTensor("valid_src_tokens");
  const targets = golden.inputTensor("valid_target").values;
  const rows = { tokens, targets, batch, length };
  const places = piecesOf(length, chunk);
  for (const { start, size } of places) {
    const extents = { batch, length: size, carried: 1 };
    session.evaluate({ feeds: feedsOf(rows, start, size), extents, fresh: start === 0 });
  }
  const losses = (await session.readMetrics()).map(({ lossSum }) => lossSum);
  const counts = places.map(({ start, size }) =>
    countTokens(columns(targets, batch, length, start, size))
  );
  const prefix = `output.${name}.`;
  const measured = (values: number[], via: string): Produced[] =>
    [
      { name: `${prefix}piece_loss_sum`, values },
      { name: `${prefix}piece_ntokens`, values: counts },
      ...summary(prefix, total(values), total(counts)),
    ].map((each) => ({ ...each, via, compare: scalars }));
  if (name !== "valid_final") return measured(losses, "session");
  const { parameters } = await session.trained();
  const pieces = await readPieces(device, parameters, config, rows, {
    piece: chunk,
    run: { carried: true, step: { capacity: chunk } },
    ignoreTailPadding: true,
  });
  const stepped = pieces.map((piece) => total(piece.losses));
  const states = pieces.map(({ state }) => state);
  return [
    ...measured(losses, "session"),
    ...measured(stepped, "step"),
    ...cacheState(prefix, config, batch, states),
  ];
}

/** EMA states after every piece, and the keys and values that are left after the last one. */
function cacheState(
  prefix: string,
  config: LanguageModelConfig,
  batch: number,
  states: readonly ReadonlyMap<string, Float32Array>[],
): Produced[] {
  const { decoder } = config;
  if (decoder.kind !== "mega") return [];
  const stateOf = (state: ReadonlyMap<string, Float32Array>, name: string) => {
    const values = state.get(`decoder.${name}`);
    if (values === undefined) throw new RangeError(`decoder.${name} is not carried`);
    return values;
  };
  const counts = states.map((state) => stateOf(state, "cached_tokens")[0]);
  const last = states[states.length - 1];
  const rows = counts[counts.length - 1];
  const head = (values: Float32Array) => {
    const perRow = values.length / batch;
    const kept = perRow / (decoder.chunk ?? 1) * rows;
    return Array.from(
      { length: batch },
      (_, b) => Array.from(values.subarray(b * perRow, b * perRow + kept)),
    )
      .flat();
  };
  // Keys hold the offsets of all keys, which drift.
  const keys: CompareOptions = { tolerance: { relative: 1e-3, absolute: 1e-4 } };
  return [
    { name: `${prefix}cached_keys_after_piece`, values: counts },
    ...Array.from({ length: decoder.layers }, (_, i) => {
      const layer = `layers.${i}`;
      return [
        {
          name: `${prefix}ema_state.${layer}`,
          values: states.flatMap((state) => [
            ...stateOf(state, `${layer}.mega_layer.move.ema_state`),
          ]),
        },
        {
          name: `${prefix}prev_key.${layer}`,
          values: head(stateOf(last, `${layer}.mega_layer.prev_key`)),
          ...(decoder.attention === "softmax" ? { compare: keys } : {}),
        },
        {
          name: `${prefix}prev_value.${layer}`,
          values: head(stateOf(last, `${layer}.mega_layer.prev_value`)),
        },
      ];
    }).flat(),
  ];
}
