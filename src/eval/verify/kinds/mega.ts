/** Kind `mega`: one moving average equipped gated attention layer. */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import { multiHeadEma } from "../../../nn/ema.ts";
import { gatedAttention } from "../../../nn/gated_attention.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced, runModuleBothModes } from "../run_module.ts";
import { validPositions } from "./ema.ts";
import { gatedModuleSchema, gatedOptions } from "./gated_module.ts";

const megaConfig = z.object({
  causal: z.boolean().default(false),
  module: gatedModuleSchema.extend({
    bidirectional: z.boolean().default(false),
    chunk_size: z.int(),
    hdim: z.int().positive(),
    ndim: z.int().positive(),
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
      ...gatedOptions(module),
      hidden: module.hdim,
      mixer: (inner, value, valid) => multiHeadEma(inner, value, ema, valid),
      chunk: module.chunk_size < 0 ? null : module.chunk_size,
      causal,
    }, validPositions(golden));
    return {
      outputs: { y, ema: mixed, attn: weights() },
      loss: cotangentLoss(golden, y),
      inputs: { x },
    };
  });
}
