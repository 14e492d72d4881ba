/** From the options of the reference (`resolved_args`) to the configuration of a translation model. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import {
  parseTranslationConfig,
  type TranslationConfig,
} from "../../../models/translation_config.ts";
import type { Golden } from "../golden.ts";
import {
  decoderArgs,
  megaDecoderArgs,
  megaStackOf,
  transformerDecoderArgs,
  transformerStackOf,
} from "./stack_args.ts";

const common = z.object({
  ...decoderArgs,
  encoder_embed_dim: z.int(),
  encoder_ffn_embed_dim: z.int(),
  encoder_layers: z.int(),
  max_source_positions: z.int(),
  share_all_embeddings: z.boolean(),
});

const megaArgs = common.extend({
  ...megaDecoderArgs,
  encoder_chunk_size: z.int(),
  encoder_hidden_dim: z.int(),
  encoder_n_dim: z.int(),
  encoder_z_dim: z.int(),
});

const transformerArgs = common.extend({
  ...transformerDecoderArgs,
  decoder_normalize_before: z.boolean(),
  encoder_attention_heads: z.int(),
  encoder_learned_pos: z.boolean(),
  encoder_normalize_before: z.boolean(),
});

const caseSchema = z.object({ model: z.enum(["mega", "transformer"]), vocab: z.int() });

const key = "resolved_args";

function megaStacks(golden: Golden) {
  const args = golden.config(megaArgs, key);
  return {
    encoder: megaStackOf(args, "encoder", args.max_source_positions),
    decoder: megaStackOf(args, "decoder", args.max_target_positions),
  };
}

function transformerStacks(golden: Golden) {
  const args = golden.config(transformerArgs, key);
  return {
    encoder: {
      ...transformerStackOf(args, "encoder", args.max_source_positions),
      normBefore: args.encoder_normalize_before,
    },
    decoder: {
      ...transformerStackOf(args, "decoder", args.max_target_positions),
      normBefore: args.decoder_normalize_before,
    },
  };
}

/** The model of a file of kind `nmt`, `nmt_train` or `beam`; all dropouts are 0. */
export function translationConfigOf(golden: Golden): TranslationConfig {
  const { model, vocab } = golden.config(caseSchema);
  const args = golden.config(common, key);
  return parseTranslationConfig({
    vocabulary: vocab,
    padding: PAD_ID,
    sharedEmbeddings: args.share_all_embeddings
      ? "all"
      : args.share_decoder_input_output_embed
      ? "decoder"
      : "none",
    scaleEmbedding: !args.no_scale_embedding,
    ...model === "mega" ? megaStacks(golden) : transformerStacks(golden),
  }, golden.where);
}
