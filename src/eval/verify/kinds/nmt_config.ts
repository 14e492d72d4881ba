/** From the options of the reference (`resolved_args`) to the configuration of a translation model. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import {
  parseTranslationConfig,
  type TranslationConfig,
} from "../../../models/translation_config.ts";
import type { Golden } from "../golden.ts";

const common = {
  activation_fn: z.string(),
  decoder_embed_dim: z.int(),
  decoder_ffn_embed_dim: z.int(),
  decoder_layers: z.int(),
  encoder_embed_dim: z.int(),
  encoder_ffn_embed_dim: z.int(),
  encoder_layers: z.int(),
  max_source_positions: z.int(),
  max_target_positions: z.int(),
  no_scale_embedding: z.boolean(),
  share_all_embeddings: z.boolean(),
  share_decoder_input_output_embed: z.boolean(),
};

const megaArgs = z.object({
  ...common,
  attention_activation_fn: z.string(),
  decoder_chunk_size: z.int(),
  decoder_hidden_dim: z.int(),
  decoder_n_dim: z.int(),
  decoder_z_dim: z.int(),
  encoder_chunk_size: z.int(),
  encoder_hidden_dim: z.int(),
  encoder_n_dim: z.int(),
  encoder_z_dim: z.int(),
  normalization_type: z.string(),
  normalize_before: z.boolean(),
  normalize_embedding: z.boolean().default(false),
  rel_pos_bias: z.string(),
  truncation_length: z.int().nullable(),
});

const transformerArgs = z.object({
  ...common,
  decoder_attention_heads: z.int(),
  decoder_learned_pos: z.boolean(),
  decoder_normalize_before: z.boolean(),
  encoder_attention_heads: z.int(),
  encoder_learned_pos: z.boolean(),
  encoder_normalize_before: z.boolean(),
  layernorm_embedding: z.boolean().default(false),
  no_token_positional_embeddings: z.boolean().default(false),
});

const caseSchema = z.object({ model: z.enum(["mega", "transformer"]), vocab: z.int() });

const drops = { dropout: 0, attentionDropout: 0, activationDropout: 0 };
const sides = ["encoder", "decoder"] as const;
type Side = typeof sides[number];

function megaOf(args: z.infer<typeof megaArgs>, side: Side) {
  const chunk = args[`${side}_chunk_size`];
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
    maxPositions: side === "encoder" ? args.max_source_positions : args.max_target_positions,
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

function transformerOf(args: z.infer<typeof transformerArgs>, side: Side) {
  const positions = args[`${side}_learned_pos`] ? "learned" : "sinusoidal";
  return {
    kind: "transformer",
    width: args[`${side}_embed_dim`],
    layers: args[`${side}_layers`],
    heads: args[`${side}_attention_heads`],
    feedForward: args[`${side}_ffn_embed_dim`],
    positions: args.no_token_positional_embeddings ? "none" : positions,
    maxPositions: side === "encoder" ? args.max_source_positions : args.max_target_positions,
    activation: args.activation_fn,
    normBefore: args[`${side}_normalize_before`],
    normalizeEmbedding: args.layernorm_embedding,
    ...drops,
  };
}

/** The model of a file of kind `nmt`, `nmt_train` or `beam`; all dropouts are 0. */
export function translationConfigOf(golden: Golden): TranslationConfig {
  const { model, vocab } = golden.config(caseSchema);
  const key = "resolved_args";
  const args = golden.config(z.object(common), key);
  const stacks = model === "mega"
    ? sides.map((side) => megaOf(golden.config(megaArgs, key), side))
    : sides.map((side) => transformerOf(golden.config(transformerArgs, key), side));
  return parseTranslationConfig({
    vocabulary: vocab,
    padding: PAD_ID,
    sharedEmbeddings: args.share_all_embeddings
      ? "all"
      : args.share_decoder_input_output_embed
      ? "decoder"
      : "none",
    scaleEmbedding: !args.no_scale_embedding,
    encoder: stacks[0],
    decoder: stacks[1],
  }, golden.where);
}
