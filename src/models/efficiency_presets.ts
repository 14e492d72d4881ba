/**
 * Models of the efficiency suite: the text presets of a profile, with the same parameters at all
 * lengths, so that only the length changes along a curve.
 *
 * - Positions: the longest length of the suite, at every length, so that parameter counts stay; the
 *   kernel of S4, which has no parameters per position, is as long as the sequence.
 * - Chunk of Mega-chunk: the published one (128) in every profile and at every length. The lengths
 *   are the published ones too, and a chunk that grew with the length would not be linear.
 * - Batch: one per profile for all models and lengths, with one batch per update.
 */
import type { ClassifierConfig } from "./config.ts";
import { type LraModel, paperPreset, type Preset } from "./lra_presets.ts";
import { preset } from "./presets.ts";
import type { ProfileName } from "./profiles.ts";
import { fastKernelLength } from "./s4_presets.ts";

/** Models that are measured unless others are asked for; the first is what others relate to. */
export const efficiencyModels = [
  "transformer",
  "transformer-unfused",
  "mega",
  "mega-chunk",
  "s4",
  "s4d-legs",
] as const;

/** All models that can be measured; the last two cost what `s4d-legs` costs. */
export const allEfficiencyModels = [...efficiencyModels, "s4d-lin", "s4d-inv"] as const;
/** A model of the suite. */
export type EfficiencyModel = typeof allEfficiencyModels[number];

/** Longest length that the models have positions for. */
export const longestLength = 4096;

/** Lengths of the text presets that the configurations are derived from (they end at 4002). */
const presetLength = 4000;

/** Lengths that a profile measures, in tokens. */
export const efficiencyLengths: Readonly<Record<ProfileName, readonly number[]>> = {
  smoke: [1024, 2048, 4096],
  quick: [1024, 2048, 3072, 4096],
  small: [1024, 2048, 3072, 4096],
  paper: [1024, 2048, 3072, 4096],
};

/** Sequences per update, for all models and lengths of a profile. */
export const efficiencyBatches: Readonly<Record<ProfileName, number>> = {
  smoke: 1,
  quick: 1,
  small: 2,
  paper: 4,
};

/** What to build a model for. */
export interface EfficiencyRequest {
  readonly model: EfficiencyModel;
  readonly profile: ProfileName;
  /** Number of token ids. */
  readonly vocabulary: number;
  /** Length of the sequences, tokens. */
  readonly length: number;
}

/** Is a name one of {@link allEfficiencyModels}? */
export function isEfficiencyModel(name: string): name is EfficiencyModel {
  return allEfficiencyModels.some((model) => model === name);
}

function atLength(
  config: ClassifierConfig,
  chunk: number | null,
  length: number,
): ClassifierConfig {
  const { encoder } = config;
  switch (encoder.kind) {
    case "mega":
      return { ...config, encoder: { ...encoder, maxPositions: longestLength, chunk } };
    case "s4":
      return {
        ...config,
        encoder: { ...encoder, maxPositions: fastKernelLength(length) },
      };
    case "transformer":
      return { ...config, encoder: { ...encoder, maxPositions: longestLength } };
  }
}

function unfused(config: ClassifierConfig): ClassifierConfig {
  const { encoder } = config;
  if (encoder.kind !== "transformer") throw new RangeError(`${encoder.kind} is no Transformer`);
  return { ...config, encoder: { ...encoder, unfusedAttention: true } };
}

/** The published chunk of a model on text; null for full attention. */
function publishedChunk({ encoder }: ClassifierConfig): number | null {
  return encoder.kind === "mega" ? encoder.chunk : null;
}

/**
 * A model of the suite and how it is trained: as in the profile's text task, not accumulated.
 *
 * @throws {RangeError} when the length exceeds {@link longestLength}.
 */
export function efficiencyPreset(request: EfficiencyRequest): Preset {
  const { model, profile, vocabulary, length } = request;
  if (length > longestLength) throw new RangeError(`length ${length} exceeds ${longestLength}`);
  const isUnfused = model === "transformer-unfused";
  const name: LraModel = isUnfused ? "transformer" : model;
  const data = { vocabulary, maxLength: presetLength };
  const { config, training } = preset({ task: "text", model: name, profile, data });
  const chunk = publishedChunk(paperPreset("text", name, data).config);
  const own = atLength(config, chunk, length);
  return {
    config: isUnfused ? unfused(own) : own,
    training: { ...training, batch: efficiencyBatches[profile], accumulation: 1 },
  };
}
