/**
 * Presets of every profile. Smaller profiles are the published presets times the factors in
 * `profiles.ts`; nothing is chosen per model:
 *
 * - layers, widths, attention heads: times the factors, rounded;
 * - chunk: the longest sequence over the number of chunks;
 * - batch, updates: the profile's budget for the task; warm-up: the published share of the updates;
 * - the Transformer keeps its published proportions (F/D, head/D, tying), at the width for which its
 *   parameter count is closest to that of Mega.
 *
 * Everything else (learning rate, dropout, weight decay, norms) stays as published.
 */
import { NotImplementedError } from "../errors.ts";
import type { ClassifierConfig, MegaEncoderConfig, TransformerEncoderConfig } from "./config.ts";
import {
  type DataShape,
  type LraModel,
  type LraTask,
  paperPreset,
  type Preset,
} from "./lra_presets.ts";
import { budgets, type ProfileName, type ProfileScale, profileScales } from "./profiles.ts";
import { classifierParameters } from "./sequence_classifier.ts";

/** What to build a preset for. */
export interface PresetRequest {
  readonly task: LraTask;
  readonly model: LraModel;
  readonly profile: ProfileName;
  readonly data: DataShape;
}

const scaled = (value: number, factor: number) => Math.max(1, Math.round(value * factor));

function scaleMega(
  config: ClassifierConfig,
  encoder: MegaEncoderConfig,
  { depth, width, chunks }: ProfileScale,
  maxLength: number,
): ClassifierConfig {
  return {
    ...config,
    encoder: {
      ...encoder,
      width: scaled(encoder.width, width),
      layers: scaled(encoder.layers, depth),
      hidden: scaled(encoder.hidden, width),
      feedForward: scaled(encoder.feedForward, width),
      z: scaled(encoder.z, width),
      maxPositions: maxLength,
      chunk: encoder.chunk === null ? null : Math.ceil(maxLength / chunks),
    },
    head: { ...config.head, width: scaled(config.head.width, width) },
  };
}

/** The Transformer at every width, smallest first, until it has more than `limit` parameters. */
function* transformersUpTo(
  limit: number,
  config: ClassifierConfig,
  encoder: TransformerEncoderConfig,
  { depth, width }: ProfileScale,
  maxLength: number,
): Generator<{ readonly config: ClassifierConfig; readonly count: number }> {
  const heads = scaled(encoder.heads, width);
  // Sinusoidal positions need an even width of at least 4.
  const step = heads % 2 === 0 ? heads : 2 * heads;
  for (let d = step;; d += step) {
    if (d < 4) continue;
    const factor = d / encoder.width;
    const candidate: ClassifierConfig = {
      ...config,
      encoder: {
        ...encoder,
        width: d,
        heads,
        layers: scaled(encoder.layers, depth),
        feedForward: scaled(encoder.feedForward, factor),
        maxPositions: maxLength,
      },
      head: { ...config.head, width: scaled(config.head.width, factor) },
    };
    const { count } = classifierParameters(candidate);
    yield { config: candidate, count };
    if (count > limit) return;
  }
}

function scaledConfig(request: PresetRequest, scale: ProfileScale): ClassifierConfig {
  const { task, model, data } = request;
  const { config } = paperPreset(task, model, data);
  const { encoder } = config;
  if (encoder.kind === "mega") return scaleMega(config, encoder, scale, data.maxLength);
  const target = classifierParameters(scaledConfig({ ...request, model: "mega" }, scale)).count;
  let best: { readonly config: ClassifierConfig; readonly distance: number } | undefined;
  for (const each of transformersUpTo(target, config, encoder, scale, data.maxLength)) {
    const distance = Math.abs(each.count - target);
    if (best === undefined || distance < best.distance) best = { config: each.config, distance };
  }
  return best?.config ?? config;
}

/**
 * The model and its training settings.
 *
 * @throws {NotImplementedError} when the profile has no budget for the task yet.
 */
export function preset(request: PresetRequest): Preset {
  const { task, model, profile, data } = request;
  const paper = paperPreset(task, model, data);
  if (profile === "paper") return paper;
  const budget = budgets[profile][task];
  if (budget === undefined) throw new NotImplementedError(`profile ${profile} of task ${task}`);
  const { batch, updates } = budget;
  const { schedule } = paper.training;
  return {
    config: scaledConfig(request, profileScales[profile]),
    training: {
      ...paper.training,
      batch,
      accumulation: 1,
      updates,
      schedule: {
        ...schedule,
        warmupUpdates: Math.round(updates * schedule.warmupUpdates / paper.training.updates),
        totalUpdates: updates,
      },
    },
  };
}
