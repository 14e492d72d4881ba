/** Kind `gca`: one layer of gated attention to a source. */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import { gatedCrossAttention } from "../../../nn/gated_cross_attention.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced, runModuleBothModes } from "../run_module.ts";
import { validPositions } from "./ema.ts";
import { gatedModuleSchema, gatedOptions } from "./gated_module.ts";

const crossConfig = z.object({ module: gatedModuleSchema });

/** The layer in training and evaluation, with its attention weights. */
export function verifyGatedCrossAttention(device: Device, golden: Golden): Promise<Produced[]> {
  const { module } = golden.config(crossConfig);
  return runModuleBothModes(device, golden, (ctx) => {
    const query = golden.input("query");
    const key = golden.input("key");
    const valid = validPositions(golden, "key_padding_mask");
    const source = valid === undefined ? { encoded: key } : { encoded: key, valid };
    const { y, weights } = gatedCrossAttention(ctx, query, source, gatedOptions(module));
    return {
      outputs: { y, attn: weights() },
      loss: cotangentLoss(golden, y),
      inputs: { query, key },
    };
  });
}
