/** Kind `mega`: one moving average equipped gated attention layer. */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import { activationNames } from "../../../nn/activations.ts";
import { multiHeadEma } from "../../../nn/ema.ts";
import { attentionKinds, gatedAttention } from "../../../nn/gated_attention.ts";
import { normKinds } from "../../../nn/norm.ts";
import { relativeBiasKinds } from "../../../nn/relative_bias.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced, runModuleBothModes } from "../run_module.ts";
import { validPositions } from "./ema.ts";

const megaConfig = z.object({
  causal: z.boolean().default(false),
  module: z.object({
    activation: z.enum(activationNames),
    attention_activation: z.enum(attentionKinds),
    bidirectional: z.boolean().default(false),
    chunk_size: z.int(),
    hdim: z.int().positive(),
    zdim: z.int().positive(),
    ndim: z.int().positive(),
    max_positions: z.int().positive(),
    norm_affine: z.boolean(),
    norm_type: z.enum(normKinds),
    prenorm: z.boolean(),
    rel_pos_bias: z.enum(relativeBiasKinds),
    truncation: z.int().positive().nullable(),
  }),
});

/** Refuses an attention mask that is not the causal one of the decoder. */
function checkCausalMask(golden: Golden, softmax: boolean): void {
  const { shape, values } = golden.inputTensor("attn_mask");
  const [size] = shape;
  for (let i = 0; i < values.length; i++) {
    const visible = i % size <= Math.floor(i / size);
    const causal = softmax ? (visible ? 0 : -Infinity) : Number(visible);
    if (values[i] !== causal) {
      throw new UserError(`${golden.where}: input.attn_mask: only causal masks are supported`);
    }
  }
}

/** The layer in training and evaluation, with its EMA output and attention weights. */
export function verifyMega(device: Device, golden: Golden): Promise<Produced[]> {
  const { causal, module } = golden.config(megaConfig);
  if (causal !== golden.inputs.has("attn_mask")) {
    throw new UserError(`${golden.where}: config: causal does not match input.attn_mask`);
  }
  if (causal) checkCausalMask(golden, module.attention_activation === "softmax");
  const ema = {
    dimensions: module.ndim,
    bidirectional: module.bidirectional,
    truncation: module.truncation,
  };
  return runModuleBothModes(device, golden, (ctx) => {
    const x = golden.input("x");
    const { y, mixed, weights } = gatedAttention(ctx, x, {
      hidden: module.hdim,
      z: module.zdim,
      mixer: (inner, value, valid) => multiHeadEma(inner, value, ema, valid),
      attention: module.attention_activation,
      relativeBias: module.rel_pos_bias,
      maxPositions: module.max_positions,
      chunk: module.chunk_size < 0 ? null : module.chunk_size,
      causal,
      activation: module.activation,
      norm: { kind: module.norm_type, affine: module.norm_affine, before: module.prenorm },
      dropout: 0,
      hiddenDropout: 0,
      attentionDropout: 0,
      featureDropout: false,
    }, validPositions(golden));
    return {
      outputs: { y, ema: mixed, attn: weights() },
      loss: cotangentLoss(golden, y),
      inputs: { x },
    };
  });
}
