/** From the architecture options of the reference (`resolved_args`) to a classifier configuration. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import { type ClassifierConfig, parseClassifierConfig } from "../../../models/config.ts";
import type { Golden } from "../golden.ts";

const argsSchema = z.object({
  layer_type: z.enum(["mega", "transformer"]),
  input_type: z.enum(["text", "image"]),
  sen_rep_type: z.enum(["mp", "cls"]),
  sentence_class_num: z.int(),
  classifier_layers: z.int(),
  classifier_out_dim: z.int(),
  classifier_activation_fn: z.string(),
  encoder_embed_dim: z.int(),
  encoder_hidden_dim: z.int(),
  encoder_ffn_embed_dim: z.int(),
  encoder_layers: z.int(),
  encoder_attention_heads: z.int(),
  encoder_normalize_before: z.boolean(),
  encoder_learned_pos: z.boolean(),
  no_token_positional_embeddings: z.boolean().default(false),
  tie_layer_weights: z.boolean().default(false),
  normalize_embedding: z.boolean().default(false),
  apply_bert_init: z.boolean().default(false),
  max_positions: z.int(),
  z_dim: z.int(),
  n_dim: z.int(),
  chunk_size: z.int(),
  truncation_length: z.int().nullable(),
  activation_fn: z.string(),
  attention_activation_fn: z.string(),
  norm_type: z.string(),
  rel_pos_bias: z.string(),
});

const caseSchema = z.object({ vocab: z.int() });

/** The classifier of a file of kind `lra` or `lra_train`; all dropouts are 0. */
export function classifierConfigOf(golden: Golden): ClassifierConfig {
  const args = golden.config(argsSchema, "resolved_args");
  const { vocab } = golden.config(caseSchema);
  const encoder = args.layer_type === "mega"
    ? {
      kind: "mega",
      width: args.encoder_embed_dim,
      layers: args.encoder_layers,
      hidden: args.encoder_hidden_dim,
      feedForward: Math.max(0, args.encoder_ffn_embed_dim),
      z: args.z_dim,
      mixer: { kind: "ema", dimensions: args.n_dim, truncation: args.truncation_length },
      attention: args.attention_activation_fn,
      relativeBias: args.rel_pos_bias,
      maxPositions: args.max_positions,
      chunk: args.chunk_size < 0 ? null : args.chunk_size,
      activation: args.activation_fn,
      norm: args.norm_type,
      normBefore: args.encoder_normalize_before,
      normalizeEmbedding: args.normalize_embedding,
      dropout: 0,
      attentionDropout: 0,
      hiddenDropout: 0,
      activationDropout: 0,
      featureDropout: false,
    }
    : {
      kind: "transformer",
      width: args.encoder_embed_dim,
      layers: args.encoder_layers,
      heads: args.encoder_attention_heads,
      feedForward: args.encoder_ffn_embed_dim,
      positions: args.no_token_positional_embeddings
        ? "none"
        : args.encoder_learned_pos
        ? "learned"
        : "sinusoidal",
      maxPositions: args.max_positions,
      activation: args.activation_fn,
      normalizeEmbedding: args.encoder_normalize_before,
      tieLayers: args.tie_layer_weights,
      initialization: args.apply_bert_init ? "bert" : "default",
      dropout: 0,
      attentionDropout: 0,
      activationDropout: 0,
    };
  return parseClassifierConfig({
    input: args.input_type === "text"
      ? { kind: "tokens", vocabulary: vocab, padding: PAD_ID }
      : { kind: "values" },
    pair: golden.inputs.has("src_tokens1"),
    classes: args.sentence_class_num,
    pooling: args.sen_rep_type === "mp" ? "mean" : "first",
    encoder,
    head: {
      layers: args.classifier_layers,
      width: args.classifier_out_dim,
      activation: args.classifier_activation_fn,
      dropout: 0,
    },
  }, golden.where);
}
