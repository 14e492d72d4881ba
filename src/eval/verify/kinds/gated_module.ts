/** What the golden files of gated attention, to the sequence itself or to a source, say alike. */
import { z } from "zod";
import { activationNames } from "../../../nn/activations.ts";
import { attentionKinds } from "../../../nn/gated_attention.ts";
import { normKinds } from "../../../nn/norm.ts";
import { relativeBiasKinds } from "../../../nn/relative_bias.ts";

/** The fields of `module` in the configuration that both kinds have. */
export const gatedModuleSchema = z.object({
  activation: z.enum(activationNames),
  attention_activation: z.enum(attentionKinds),
  max_positions: z.int().positive(),
  norm_affine: z.boolean(),
  norm_type: z.enum(normKinds),
  prenorm: z.boolean(),
  rel_pos_bias: z.enum(relativeBiasKinds),
  zdim: z.int().positive(),
});

/** The options of both layers that follow; all dropouts are 0. */
export function gatedOptions(module: z.infer<typeof gatedModuleSchema>) {
  return {
    z: module.zdim,
    attention: module.attention_activation,
    relativeBias: module.rel_pos_bias,
    maxPositions: module.max_positions,
    activation: module.activation,
    norm: { kind: module.norm_type, affine: module.norm_affine, before: module.prenorm },
    dropout: 0,
    hiddenDropout: 0,
    attentionDropout: 0,
    featureDropout: false,
  };
}
