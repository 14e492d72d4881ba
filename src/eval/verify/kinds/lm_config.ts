/** From the options of the reference (`resolved_args`) to the configuration of a language model. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import {
  type LanguageModelConfig,
  parseLanguageModelConfig,
} from "../../../models/language_model_config.ts";
import type { Golden } from "../golden.ts";

const cutoffs = z.string().nullable().default(null);

const common = {
  activation_fn: z.string(),
  adaptive_input: z.boolean().default(false),
  adaptive_input_cutoff: cutoffs,
  adaptive_input_factor: z.number().default(4),
  adaptive_softmax_cutoff: cutoffs,
  adaptive_softmax_factor: z.number().default(4),
  decoder_embed_dim: z.int(),
  decoder_ffn_embed_dim: z.int(),
  decoder_input_dim: z.int(),
  decoder_layers: z.int(),
  max_target_positions: z.int(),
  no_scale_embedding: z.boolean(),
  share_decoder_input_output_embed: z.boolean(),
  tie_adaptive_proj: z.boolean().default(false),
  tie_adaptive_weights: z.boolean().default(false),
};

const megaArgs = z.object({
  ...common,
  attention_activation_fn: z.string(),
  decoder_chunk_size: z.int(),
  decoder_hidden_dim: z.int(),
  decoder_n_dim: z.int(),
  decoder_z_dim: z.int(),
  no_affine_final_norm: z.boolean().default(false),
  normalization_type: z.string(),
  normalize_before: z.boolean(),
  normalize_embedding: z.boolean().default(false),
  rel_pos_bias: z.string(),
  truncation_length: z.int().nullable(),
});

const transformerArgs = z.object({
  ...common,
  decoder_attention_heads: z.int(),
  decoder_output_dim: z.int(),
  decoder_learned_pos: z.boolean().default(false),
  no_token_positional_embeddings: z.boolean().default(false),
  layernorm_embedding: z.boolean().default(false),
  no_decoder_final_norm: z.boolean().default(false),
});

const caseSchema = z.object({ vocab: z.int() });
const headsSchema = z.object({ decoder_attention_heads: z.int().optional() });

const listOf = (text: string | null) => text === null ? [] : text.split(",").map(Number);
const drops = { dropout: 0, attentionDropout: 0, activationDropout: 0 };

function megaOf(args: z.infer<typeof megaArgs>) {
  return {
    kind: "mega",
    width: args.decoder_embed_dim,
    layers: args.decoder_layers,
    hidden: args.decoder_hidden_dim,
    feedForward: Math.max(0, args.decoder_ffn_embed_dim),
    z: args.decoder_z_dim,
    mixer: { kind: "ema", dimensions: args.decoder_n_dim, truncation: args.truncation_length },
    attention: args.attention_activation_fn,
    relativeBias: args.rel_pos_bias,
    maxPositions: args.max_target_positions,
    chunk: args.decoder_chunk_size < 0 ? null : args.decoder_chunk_size,
    activation: args.activation_fn,
    norm: args.normalization_type,
    normBefore: args.normalize_before,
    normalizeEmbedding: args.normalize_embedding,
    affineFinalNorm: !args.no_affine_final_norm,
    hiddenDropout: 0,
    featureDropout: false,
    ...drops,
  };
}

function transformerOf(args: z.infer<typeof transformerArgs>) {
  return {
    kind: "transformer",
    width: args.decoder_embed_dim,
    outputWidth: args.decoder_output_dim,
    layers: args.decoder_layers,
    heads: args.decoder_attention_heads,
    feedForward: args.decoder_ffn_embed_dim,
    positions: args.no_token_positional_embeddings
      ? "none"
      : args.decoder_learned_pos
      ? "learned"
      : "sinusoidal",
    maxPositions: args.max_target_positions,
    activation: args.activation_fn,
    normalizeEmbedding: args.layernorm_embedding,
    finalNorm: !args.no_decoder_final_norm,
    ...drops,
  };
}

/** The model of a file of kind `lm`, `lm_train` or `lm_eval`; all dropouts are 0. */
export function languageModelConfigOf(golden: Golden): LanguageModelConfig {
  const { vocab } = golden.config(caseSchema);
  const key = "resolved_args";
  const isTransformer = golden.config(headsSchema, key).decoder_attention_heads !== undefined;
  const args = golden.config(isTransformer ? transformerArgs : megaArgs, key);
  const decoder = isTransformer
    ? transformerOf(golden.config(transformerArgs, key))
    : megaOf(golden.config(megaArgs, key));
  return parseLanguageModelConfig({
    vocabulary: vocab,
    padding: PAD_ID,
    embedding: args.adaptive_input
      ? {
        kind: "adaptive",
        width: args.decoder_input_dim,
        cutoffs: listOf(args.adaptive_input_cutoff),
        factor: args.adaptive_input_factor,
      }
      : { kind: "table", width: args.decoder_input_dim },
    scaleEmbedding: !args.no_scale_embedding,
    output: args.adaptive_softmax_cutoff !== null
      ? {
        kind: "adaptive",
        cutoffs: listOf(args.adaptive_softmax_cutoff),
        factor: args.adaptive_softmax_factor,
        tieWeights: args.tie_adaptive_weights,
        // Without tied weights the reference has nothing to tie the projections to.
        tieProjections: args.tie_adaptive_weights && args.tie_adaptive_proj,
        dropout: 0,
      }
      : { kind: args.share_decoder_input_output_embed ? "tied" : "untied" },
    decoder,
  }, golden.where);
}
