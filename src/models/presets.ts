/**
 * Presets of every profile. Smaller profiles are the published presets times the factors in
 * `profiles.ts`; nothing is chosen per model:
 *
 * - layers, widths, attention heads: times the factors, rounded;
 * - chunk: the longest sequence over the number of chunks;
 * - batch, updates: the profile's budget for the task; warm-up: the published share of the updates,
 *   but not below the profile's least;
 * - the Transformer keeps its published proportions (F/D, head/D, tying), at the width for which its
 *   parameter count is closest to that of Mega; so do S4 and S4D, with the published number of states;
 *   Mega-chunk has Mega's parameters but for shorter tables of relative positions;
 * - learning rate: the published peak, but not below the profile's least.
 *
 * Everything else (dropout, weight decay, norms) stays as published.
 */
import { closestWidth } from "./closest_width.ts";
import type {
  ClassifierConfig,
  MegaEncoderConfig,
  S4EncoderConfig,
  TransformerEncoderConfig,
} from "./config.ts";
import {
  type DataShape,
  type LraModel,
  type LraTask,
  paperPreset,
  type Preset,
} from "./lra_presets.ts";
import {
  chunksPerSequence,
  leastPeak,
  leastWarmup,
  type ProfileName,
  type TaskScale,
  taskScales,
} from "./profiles.ts";
import { fastKernelLength } from "./s4_presets.ts";
import { classifierParameters } from "./sequence_classifier.ts";
import { withTotalUpdates } from "./training_settings.ts";

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
  { depth, width }: TaskScale,
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
      chunk: encoder.chunk === null ? null : Math.ceil(maxLength / chunksPerSequence),
    },
    head: { ...config.head, width: scaled(config.head.width, width) },
  };
}

/** The Transformer at width `d`. */
function transformerAt(
  d: number,
  config: ClassifierConfig,
  encoder: TransformerEncoderConfig,
  { depth, width }: TaskScale,
  maxLength: number,
): ClassifierConfig {
  const factor = d / encoder.width;
  return {
    ...config,
    encoder: {
      ...encoder,
      width: d,
      heads: scaled(encoder.heads, width),
      layers: scaled(encoder.layers, depth),
      feedForward: scaled(encoder.feedForward, factor),
      maxPositions: maxLength,
    },
    head: { ...config.head, width: scaled(config.head.width, factor) },
  };
}

/** The S4 encoder at width `d`; its states stay as published. */
function s4At(
  d: number,
  config: ClassifierConfig,
  encoder: S4EncoderConfig,
  { depth }: TaskScale,
  maxLength: number,
): ClassifierConfig {
  return {
    ...config,
    encoder: {
      ...encoder,
      width: d,
      layers: scaled(encoder.layers, depth),
      maxPositions: fastKernelLength(maxLength),
    },
    head: { ...config.head, width: scaled(config.head.width, d / encoder.width) },
  };
}

/** Smallest step between widths that a model can have. */
function widthStep(encoder: TransformerEncoderConfig | S4EncoderConfig, factor: number): number {
  if (encoder.kind === "s4") return encoder.copies ?? 1;
  const heads = scaled(encoder.heads, factor);
  // Sinusoidal positions need an even width of at least 4.
  return heads % 2 === 0 ? heads : 2 * heads;
}

function scaledConfig(request: PresetRequest, scale: TaskScale): ClassifierConfig {
  const { task, model, data } = request;
  const { config } = paperPreset(task, model, data);
  const { encoder } = config;
  if (encoder.kind === "mega") return scaleMega(config, encoder, scale, data.maxLength);
  const target = classifierParameters(scaledConfig({ ...request, model: "mega" }, scale)).count;
  const at = (width: number) =>
    encoder.kind === "s4"
      ? s4At(width, config, encoder, scale, data.maxLength)
      : transformerAt(width, config, encoder, scale, data.maxLength);
  const count = (width: number) => classifierParameters(at(width)).count;
  return at(closestWidth(target, widthStep(encoder, scale.width), count));
}

/** The model and its training settings. */
export function preset(request: PresetRequest): Preset {
  const { task, model, profile, data } = request;
  const paper = paperPreset(task, model, data);
  if (profile === "paper") return paper;
  const scale = taskScales[profile][task];
  const { batch, updates } = scale;
  const { schedule } = paper.training;
  const warmup = Math.max(leastWarmup, schedule.warmupUpdates / paper.training.updates);
  return {
    config: scaledConfig(request, scale),
    training: {
      ...paper.training,
      batch,
      accumulation: 1,
      updates,
      schedule: withTotalUpdates({
        ...schedule,
        peak: Math.max(schedule.peak, leastPeak),
        warmupUpdates: Math.round(updates * warmup),
      }, updates),
    },
  };
}
