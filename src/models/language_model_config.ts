/** Configurations of language models: what a model is, as plain JSON. */
import { z } from "zod";
import { activationNames } from "../nn/activations.ts";
import { megaEncoderSchema, s4EncoderSchema } from "./config.ts";
import { checkMega, checkTransformer, parseConfig, type Refuse } from "./parse_config.ts";

const count = z.int().positive();
const rate = z.number().min(0).lt(1);
const activation = z.enum(activationNames);
/** Ends of all bands of words but the last, rising. */
const cutoffs = z.array(count).min(1);
const factor = z.number().min(1);

/** A causal Mega decoder without cross attention (`fairseq/models/mega_lm.py`). */
export const megaDecoderSchema = megaEncoderSchema.extend({
  /** Whether the norm at the end, of models with norms before the layers, has weights. */
  affineFinalNorm: z.boolean(),
  /**
   * Positions per chunk when whole sequences are read outside of training; absent for those of
   * training. A simple bias has parameters for one chunk only.
   */
  evaluationChunk: count.exactOptional(),
});

/** A Transformer decoder with norms before the sublayers (`fairseq/models/transformer_lm.py`). */
export const transformerDecoderSchema = z.strictObject({
  kind: z.literal("transformer"),
  width: count,
  /** Width of what is compared with the words; a linear map leads there if it is another one. */
  outputWidth: count,
  layers: count,
  heads: count,
  feedForward: count,
  positions: z.enum(["sinusoidal", "learned", "none"]),
  /** Size of a learned table, and of the cache in decoding. */
  maxPositions: count,
  activation,
  normalizeEmbedding: z.boolean(),
  finalNorm: z.boolean(),
  dropout: rate,
  attentionDropout: rate,
  activationDropout: rate,
});

/** A decoder of causal S4 blocks and feed-forward blocks (S4, arXiv 2111.00396, appendix D). */
export const s4DecoderSchema = s4EncoderSchema.omit({
  bidirectional: true,
  normBefore: true,
  featureDropout: true,
}).extend({
  /** S4 blocks of each of the `layers` stages, which end with one feed-forward block. */
  blocks: count,
  /** Inner width of the feed-forward block. */
  feedForward: count,
});

/** A language model: words in, distributions over the next word out. */
export const languageModelSchema = z.strictObject({
  /** V */
  vocabulary: count,
  /** Word that stands for nothing; `null` for streams without padding. */
  padding: z.int().nonnegative().nullable(),
  embedding: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("table"), width: count }),
    /** The width is that of the first band. */
    z.strictObject({ kind: z.literal("adaptive"), width: count, cutoffs, factor }),
  ]),
  /** Multiplies embeddings by √D. */
  scaleEmbedding: z.boolean(),
  output: z.discriminatedUnion("kind", [
    /** The table of the embedding. */
    z.strictObject({ kind: z.literal("tied") }),
    z.strictObject({ kind: z.literal("untied") }),
    z.strictObject({
      kind: z.literal("adaptive"),
      cutoffs,
      factor,
      tieWeights: z.boolean(),
      tieProjections: z.boolean(),
      dropout: rate,
    }),
  ]),
  decoder: z.discriminatedUnion("kind", [
    megaDecoderSchema,
    transformerDecoderSchema,
    s4DecoderSchema,
  ]),
}).superRefine((config, ctx) => {
  const refuse = (path: string[], message: string) =>
    ctx.addIssue({ code: "custom", path, message });
  const { vocabulary, padding, embedding, output, decoder } = config;
  if (padding !== null && padding >= vocabulary) refuse(["padding"], "must be a word");
  for (const [part, kind] of [[embedding, "embedding"], [output, "output"]] as const) {
    if (part.kind !== "adaptive") continue;
    const rises = part.cutoffs.every((end, i) => i === 0 || end > part.cutoffs[i - 1]);
    const last = part.cutoffs[part.cutoffs.length - 1];
    if (!rises || last > vocabulary || part.cutoffs[0] >= vocabulary) {
      refuse([kind, "cutoffs"], `must rise, and begin below the ${vocabulary} words`);
    }
    const bands = part.cutoffs.length + (last < vocabulary ? 1 : 0);
    const initial = part === embedding ? embedding.width : decoderOutputWidth(decoder);
    if (initial / part.factor ** (bands - 1) < 1) refuse([kind, "factor"], "leaves bands no width");
  }
  if (output.kind === "tied" && embedding.kind !== "table") {
    refuse(["output", "kind"], "tied output needs a table embedding");
  }
  if (output.kind === "tied" && embedding.width !== decoderOutputWidth(decoder)) {
    refuse(["embedding", "width"], "must be the width of the output for a tied one");
  }
  if (output.kind === "adaptive" && output.tieWeights) {
    if (embedding.kind !== "adaptive") {
      refuse(["output", "tieWeights"], "needs an adaptive embedding");
    } else if (
      embedding.cutoffs.join() !== output.cutoffs.join() || embedding.factor !== output.factor
    ) refuse(["output", "cutoffs"], "tied bands must be those of the embedding");
  }
  if (output.kind === "adaptive" && output.tieProjections && !output.tieWeights) {
    refuse(["output", "tieProjections"], "needs tied weights");
  }
  refineDecoder(decoder, refuse);
});

function refineDecoder(decoder: DecoderConfig, refuse: Refuse): void {
  switch (decoder.kind) {
    case "mega":
      checkMega(decoder, "decoder", refuse);
      if (decoder.norm === "batchnorm" || decoder.norm === "syncbatchnorm") {
        refuse(["decoder", "norm"], "statistics of a batch would show later words");
      }
      if (decoder.evaluationChunk !== undefined && decoder.relativeBias !== "rotary") {
        refuse(["decoder", "evaluationChunk"], "needs a rotary bias");
      }
      return;
    case "transformer":
      return checkTransformer(decoder, "decoder", refuse);
    case "s4":
      if (decoder.copies !== null && decoder.width % decoder.copies !== 0) {
        refuse(["decoder", "copies"], "must divide the width");
      }
      if (decoder.dtMin > decoder.dtMax) refuse(["decoder", "dtMin"], "must not exceed dtMax");
      if (decoder.norm === "batchnorm" || decoder.norm === "syncbatchnorm") {
        refuse(["decoder", "norm"], "statistics of a batch would show later words");
      }
  }
}

/** See {@link megaDecoderSchema}. */
export type MegaDecoderConfig = z.infer<typeof megaDecoderSchema>;
/** See {@link transformerDecoderSchema}. */
export type TransformerDecoderConfig = z.infer<typeof transformerDecoderSchema>;
/** See {@link s4DecoderSchema}. */
export type S4DecoderConfig = z.infer<typeof s4DecoderSchema>;
/** A decoder of a language model. */
export type DecoderConfig = MegaDecoderConfig | TransformerDecoderConfig | S4DecoderConfig;
/** See {@link languageModelSchema}. */
export type LanguageModelConfig = z.infer<typeof languageModelSchema>;

/** Width of the features that words are scored with. */
export function decoderOutputWidth(decoder: DecoderConfig): number {
  return decoder.kind === "transformer" ? decoder.outputWidth : decoder.width;
}

/**
 * Reads a configuration from JSON data.
 *
 * @param where Named in the message, such as a path.
 * @throws {UserError} naming the first field that is wrong.
 */
export function parseLanguageModelConfig(value: unknown, where: string): LanguageModelConfig {
  return parseConfig(languageModelSchema, value, where);
}
