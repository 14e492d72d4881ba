/** From the options of the reference (`resolved_args`) to the configuration of a language model. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import {
  type LanguageModelConfig,
  parseLanguageModelConfig,
} from "../../../models/language_model_config.ts";
import type { Golden } from "../golden.ts";
import {
  decoderArgs,
  megaDecoderArgs,
  megaStackOf,
  transformerDecoderArgs,
  transformerStackOf,
} from "./stack_args.ts";

const cutoffs = z.string().nullable().default(null);

const common = z.object({
  ...decoderArgs,
  adaptive_input: z.boolean().default(false),
  adaptive_input_cutoff: cutoffs,
  adaptive_input_factor: z.number().default(4),
  adaptive_softmax_cutoff: cutoffs,
  adaptive_softmax_factor: z.number().default(4),
  decoder_input_dim: z.int(),
  tie_adaptive_proj: z.boolean().default(false),
  tie_adaptive_weights: z.boolean().default(false),
});

const megaArgs = common.extend({
  ...megaDecoderArgs,
  no_affine_final_norm: z.boolean().default(false),
});

const transformerArgs = common.extend({
  ...transformerDecoderArgs,
  decoder_output_dim: z.int(),
  no_decoder_final_norm: z.boolean().default(false),
});

const caseSchema = z.object({ vocab: z.int() });
const headsSchema = z.object({ decoder_attention_heads: z.int().optional() });

const listOf = (text: string | null) => text === null ? [] : text.split(",").map(Number);

function megaOf(args: z.infer<typeof megaArgs>) {
  return {
    ...megaStackOf(args, "decoder", args.max_target_positions),
    affineFinalNorm: !args.no_affine_final_norm,
  };
}

function transformerOf(args: z.infer<typeof transformerArgs>) {
  return {
    ...transformerStackOf(args, "decoder", args.max_target_positions),
    outputWidth: args.decoder_output_dim,
    finalNorm: !args.no_decoder_final_norm,
  };
}

/** The model of a file of kind `lm`, `lm_train` or `lm_eval`; all dropouts are 0. */
export function languageModelConfigOf(golden: Golden): LanguageModelConfig {
  const { vocab } = golden.config(caseSchema);
  const key = "resolved_args";
  const isTransformer = golden.config(headsSchema, key).decoder_attention_heads !== undefined;
  const args = golden.config(common, key);
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
