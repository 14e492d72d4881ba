/** Kind `gca`: one layer of gated attention to a source. */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import { activationNames } from "../../../nn/activations.ts";
import { attentionKinds } from "../../../nn/gated_attention.ts";
import { gatedCrossAttention } from "../../../nn/gated_cross_attention.ts";
import { normKinds } from "../../../nn/norm.ts";
import { relativeBiasKinds } from "../../../nn/relative_bias.ts";
import { sub } from "../../../../kernels/elementwise/mod.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced, runModuleBothModes } from "../run_module.ts";

const crossConfig = z.object({
  module: z.object({
    activation: z.enum(activationNames),
    attention_activation: z.enum(attentionKinds),
    zdim: z.int().positive(),
    max_positions: z.int().positive(),
    norm_affine: z.boolean(),
    norm_type: z.enum(normKinds),
    prenorm: z.boolean(),
    rel_pos_bias: z.enum(relativeBiasKinds),
  }),
});

/** The layer in training and evaluation, with its attention weights. */
export function verifyGatedCrossAttention(device: Device, golden: Golden): Promise<Produced[]> {
  const { module } = golden.config(crossConfig);
  return runModuleBothModes(device, golden, (ctx) => {
    const query = golden.input("query");
    const key = golden.input("key");
    const valid = golden.inputs.has("key_padding_mask")
      ? { valid: sub(1, golden.input("key_padding_mask")) }
      : {};
    const { y, weights } = gatedCrossAttention(ctx, query, { encoded: key, ...valid }, {
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
    });
    return {
      outputs: { y, attn: weights() },
      loss: cotangentLoss(golden, y),
      inputs: { query, key },
    };
  });
}
