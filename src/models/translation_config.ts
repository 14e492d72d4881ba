/** Configurations of translation models: what a model is, as plain JSON. */
import { z } from "zod";
import { activationNames } from "../nn/activations.ts";
import { megaEncoderSchema } from "./config.ts";
import { checkMega, checkTransformer, parseConfig } from "./parse_config.ts";

const count = z.int().positive();
const rate = z.number().min(0).lt(1);

/** A Transformer encoder or decoder (`fairseq/models/transformer.py`). */
export const translationTransformerSchema = z.strictObject({
  kind: z.literal("transformer"),
  width: count,
  layers: count,
  heads: count,
  feedForward: count,
  positions: z.enum(["sinusoidal", "learned", "none"]),
  /** Most tokens of a sentence: the size of a learned table, and of the cache in decoding. */
  maxPositions: count,
  activation: z.enum(activationNames),
  /** Norms before the sublayers, with one more at the end, instead of after them. */
  normBefore: z.boolean(),
  normalizeEmbedding: z.boolean(),
  dropout: rate,
  attentionDropout: rate,
  activationDropout: rate,
});

/**
 * A Mega encoder or decoder (`fairseq/models/mega.py`). A decoder attends to its source with the same
 * z, attention function, bias, norm and dropout as to itself.
 */
export const translationMegaSchema = megaEncoderSchema;

const stack = z.discriminatedUnion("kind", [translationMegaSchema, translationTransformerSchema]);

/** Which of the tables of words are one. */
export const sharedEmbeddings = ["all", "decoder", "none"] as const;

/** A translation model: words of a source in, distributions over the next word of the target out. */
export const translationSchema = z.strictObject({
  /** V, words of both languages together. */
  vocabulary: count,
  /** Word that stands for nothing. */
  padding: z.int().nonnegative(),
  /** `all`: encoder input, decoder input and output; `decoder`: the latter two. */
  sharedEmbeddings: z.enum(sharedEmbeddings),
  /** Multiplies embeddings by √D. */
  scaleEmbedding: z.boolean(),
  encoder: stack,
  decoder: stack,
}).superRefine((config, ctx) => {
  const refuse = (path: string[], message: string) =>
    ctx.addIssue({ code: "custom", path, message });
  const { vocabulary, padding, encoder, decoder } = config;
  if (padding >= vocabulary) refuse(["padding"], "must be a word");
  if (encoder.width !== decoder.width) refuse(["decoder", "width"], "must be that of the encoder");
  for (const [part, name] of [[encoder, "encoder"], [decoder, "decoder"]] as const) {
    if (part.kind === "mega") {
      checkMega(part, name, refuse);
      if (part.norm === "batchnorm" || part.norm === "syncbatchnorm") {
        refuse([name, "norm"], "statistics of a batch would show later words and padding");
      }
    } else checkTransformer(part, name, refuse);
  }
});

/** See {@link translationMegaSchema}. */
export type TranslationMegaConfig = z.infer<typeof translationMegaSchema>;
/** See {@link translationTransformerSchema}. */
export type TranslationTransformerConfig = z.infer<typeof translationTransformerSchema>;
/** See {@link translationSchema}. */
export type TranslationConfig = z.infer<typeof translationSchema>;

/**
 * Reads a configuration from JSON data.
 *
 * @param where Named in the message, such as a path.
 * @throws {UserError} naming the first field that is wrong.
 */
export function parseTranslationConfig(value: unknown, where: string): TranslationConfig {
  return parseConfig(translationSchema, value, where);
}

/** Most words of a source, a target, and either, that a model knows, the last `</s>` included. */
export function positionLimits(
  { encoder, decoder }: TranslationConfig,
): { readonly source: number; readonly target: number; readonly longest: number } {
  const [source, target] = [encoder.maxPositions, decoder.maxPositions];
  return { source, target, longest: Math.max(source, target) };
}
