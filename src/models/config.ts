/** Configurations of sequence classifiers: what a model is, as plain JSON. */
import { z } from "zod";
import { activationNames } from "../nn/activations.ts";
import { attentionKinds } from "../nn/gated_attention.ts";
import { normKinds } from "../nn/norm.ts";
import { relativeBiasKinds } from "../nn/relative_bias.ts";
import { s4Discretizations, s4Inits, s4Modes } from "../nn/s4/options.ts";
import { checkMega, checkTransformer, parseConfig } from "./parse_config.ts";
import { canonicalHash } from "../util/canonical_hash.ts";

const count = z.int().positive();
const rate = z.number().min(0).lt(1);
const activation = z.enum(activationNames);

/** Mixes positions before the attention of a Mega layer. */
export const mixerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ema"),
    /** N, hidden dimensions per feature. */
    dimensions: count,
    /** Number of taps after which the kernel is cut; `null` for none. */
    truncation: count.nullable(),
  }),
]);

/** A bidirectional Mega encoder. */
export const megaEncoderSchema = z.strictObject({
  kind: z.literal("mega"),
  /** D */
  width: count,
  layers: count,
  /** h, width of attention values. */
  hidden: count,
  /** F, inner width of the feed-forward part; 0 leaves it out. */
  feedForward: z.int().nonnegative(),
  /** z, width of queries and keys. */
  z: count,
  mixer: mixerSchema,
  attention: z.enum(attentionKinds),
  relativeBias: z.enum(relativeBiasKinds),
  maxPositions: count,
  /** Positions per attention chunk; `null` for attention over the full length. */
  chunk: count.nullable(),
  activation,
  norm: z.enum(normKinds),
  /** Norms before the layers, with one more at the end, instead of after them. */
  normBefore: z.boolean(),
  normalizeEmbedding: z.boolean(),
  dropout: rate,
  attentionDropout: rate,
  /** Of the attention values. */
  hiddenDropout: rate,
  /** Of the inner values of the feed-forward part. */
  activationDropout: rate,
  featureDropout: z.boolean(),
});

/** A Transformer encoder with norms after the sublayers. */
export const transformerEncoderSchema = z.strictObject({
  kind: z.literal("transformer"),
  width: count,
  layers: count,
  heads: count,
  feedForward: count,
  positions: z.enum(["sinusoidal", "learned", "none"]),
  maxPositions: count,
  activation,
  normalizeEmbedding: z.boolean(),
  /** One layer's parameters, applied `layers` times. */
  tieLayers: z.boolean(),
  initialization: z.enum(["default", "bert"]),
  dropout: rate,
  attentionDropout: rate,
  activationDropout: rate,
  /** Attention as separate products with L x L weights in memory; absent for fused attention. */
  unfusedAttention: z.literal(true).exactOptional(),
});

/** An encoder of S4 or S4D blocks. */
export const s4EncoderSchema = z.strictObject({
  kind: z.literal("s4"),
  width: count,
  layers: count,
  mode: z.enum(s4Modes),
  init: z.enum(s4Inits),
  /** Of the diagonal mode; the low-rank mode is always bilinear. */
  discretization: z.enum(s4Discretizations),
  /** N, even. */
  states: z.int().positive().multipleOf(2),
  channels: count,
  /** Independent state matrices, a divisor of the width; `null` for one per feature. */
  copies: count.nullable(),
  bidirectional: z.boolean(),
  dtMin: z.number().positive(),
  dtMax: z.number().positive(),
  dtTransform: z.enum(["exp", "softplus"]),
  /** Taps of the kernels. */
  maxPositions: count,
  activation,
  norm: z.enum(normKinds),
  normBefore: z.boolean(),
  dropout: rate,
  featureDropout: z.boolean(),
});

/** A sequence classifier. */
export const classifierSchema = z.strictObject({
  input: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("tokens"),
      /** V */
      vocabulary: count,
      padding: z.int().nonnegative(),
    }),
    /** Real numbers (pixels, samples), without padding. */
    z.strictObject({ kind: z.literal("values") }),
  ]),
  /** Two documents per example, encoded by the same encoder. */
  pair: z.boolean(),
  classes: count,
  /** Representation of a sequence: mean over its positions, or its first position. */
  pooling: z.enum(["mean", "first"]),
  encoder: z.discriminatedUnion("kind", [
    megaEncoderSchema,
    transformerEncoderSchema,
    s4EncoderSchema,
  ]),
  head: z.strictObject({
    layers: z.int().nonnegative(),
    width: count,
    activation,
    dropout: rate,
  }),
}).superRefine((config, ctx) => {
  const { encoder, input } = config;
  const refuse = (path: string[], message: string) =>
    ctx.addIssue({ code: "custom", path, message });
  if (input.kind === "values" && config.pooling !== "mean") {
    refuse(["pooling"], "real-valued input needs mean pooling");
  }
  if (input.kind === "values" && config.pair) refuse(["pair"], "pairs need token input");
  if (encoder.kind === "mega") {
    checkMega(encoder, "encoder", refuse);
  } else if (encoder.kind === "s4") {
    if (config.pooling !== "mean") refuse(["pooling"], "must be mean for an S4 encoder");
    if (encoder.copies !== null && encoder.width % encoder.copies !== 0) {
      refuse(["encoder", "copies"], "must divide the width");
    }
    if (encoder.dtMin > encoder.dtMax) refuse(["encoder", "dtMin"], "must not exceed dtMax");
  } else {
    checkTransformer(encoder, "encoder", refuse);
  }
});

/** See {@link mixerSchema}. */
export type MixerConfig = z.infer<typeof mixerSchema>;
/** See {@link megaEncoderSchema}. */
export type MegaEncoderConfig = z.infer<typeof megaEncoderSchema>;
/** See {@link transformerEncoderSchema}. */
export type TransformerEncoderConfig = z.infer<typeof transformerEncoderSchema>;
/** See {@link s4EncoderSchema}. */
export type S4EncoderConfig = z.infer<typeof s4EncoderSchema>;
/** See {@link classifierSchema}. */
export type ClassifierConfig = z.infer<typeof classifierSchema>;

/**
 * Reads a configuration from JSON data.
 *
 * @param where Named in the message, such as a path.
 * @throws {UserError} naming the first field that is wrong.
 */
export function parseClassifierConfig(value: unknown, where: string): ClassifierConfig {
  return parseConfig(classifierSchema, value, where);
}

/** Identifies a configuration: equal ones have equal hashes, whatever the order of their fields. */
export function classifierHash(config: ClassifierConfig): string {
  return canonicalHash(config);
}
