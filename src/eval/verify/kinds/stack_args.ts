/** The options of the reference (`resolved_args`) that stacks of layers have, and what they mean. */
import { z } from "zod";

/** Which stack: prefix of its options. */
type Side = "encoder" | "decoder";

/** Options of every decoder. */
export const decoderArgs = {
  decoder_embed_dim: z.int(),
  decoder_ffn_embed_dim: z.int(),
  decoder_layers: z.int(),
  max_target_positions: z.int(),
  no_scale_embedding: z.boolean(),
  share_decoder_input_output_embed: z.boolean(),
};

const commonMegaArgs = {
  activation_fn: z.string(),
  attention_activation_fn: z.string(),
  normalization_type: z.string(),
  normalize_before: z.boolean(),
  normalize_embedding: z.boolean().default(false),
  rel_pos_bias: z.string(),
  truncation_length: z.int().nullable(),
};

/** Options of a decoder of Mega layers beside {@link decoderArgs}. */
export const megaDecoderArgs = {
  ...commonMegaArgs,
  decoder_chunk_size: z.int(),
  decoder_hidden_dim: z.int(),
  decoder_n_dim: z.int(),
  decoder_z_dim: z.int(),
};

const commonTransformerArgs = {
  activation_fn: z.string(),
  layernorm_embedding: z.boolean().default(false),
  no_token_positional_embeddings: z.boolean().default(false),
};

/** Options of a decoder of Transformer layers beside {@link decoderArgs}. */
export const transformerDecoderArgs = {
  ...commonTransformerArgs,
  decoder_attention_heads: z.int(),
  decoder_learned_pos: z.boolean().default(false),
};

type Values<Fields extends z.ZodRawShape> = z.infer<z.ZodObject<Fields>>;
type Sizes<S extends Side, Name extends string> = Readonly<Record<`${S}_${Name}`, number>>;
type MegaArgs<S extends Side> =
  & Values<typeof commonMegaArgs>
  & Sizes<
    S,
    "chunk_size" | "embed_dim" | "ffn_embed_dim" | "hidden_dim" | "layers" | "n_dim" | "z_dim"
  >;
type TransformerArgs<S extends Side> =
  & Values<typeof commonTransformerArgs>
  & Sizes<S, "attention_heads" | "embed_dim" | "ffn_embed_dim" | "layers">
  & Readonly<Record<`${S}_learned_pos`, boolean>>;

const drops = { dropout: 0, attentionDropout: 0, activationDropout: 0 };

/** A stack of Mega layers; all dropouts are 0. */
export function megaStackOf<S extends Side>(args: MegaArgs<S>, side: S, maxPositions: number) {
  const chunk: number = args[`${side}_chunk_size`];
  return {
    kind: "mega",
    width: args[`${side}_embed_dim`],
    layers: args[`${side}_layers`],
    hidden: args[`${side}_hidden_dim`],
    feedForward: Math.max(0, args[`${side}_ffn_embed_dim`]),
    z: args[`${side}_z_dim`],
    mixer: {
      kind: "ema",
      dimensions: args[`${side}_n_dim`],
      truncation: args.truncation_length,
    },
    attention: args.attention_activation_fn,
    relativeBias: args.rel_pos_bias,
    maxPositions,
    chunk: chunk < 0 ? null : chunk,
    activation: args.activation_fn,
    norm: args.normalization_type,
    normBefore: args.normalize_before,
    normalizeEmbedding: args.normalize_embedding,
    hiddenDropout: 0,
    featureDropout: false,
    ...drops,
  };
}

/** A stack of Transformer layers but for its norms; all dropouts are 0. */
export function transformerStackOf<S extends Side>(
  args: TransformerArgs<S>,
  side: S,
  maxPositions: number,
) {
  const positions = args[`${side}_learned_pos`] ? "learned" : "sinusoidal";
  return {
    kind: "transformer",
    width: args[`${side}_embed_dim`],
    layers: args[`${side}_layers`],
    heads: args[`${side}_attention_heads`],
    feedForward: args[`${side}_ffn_embed_dim`],
    positions: args.no_token_positional_embeddings ? "none" : positions,
    maxPositions,
    activation: args.activation_fn,
    normalizeEmbedding: args.layernorm_embedding,
    ...drops,
  };
}
