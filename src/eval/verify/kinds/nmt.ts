/** Kind `nmt`: whole translation models, teacher forced. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import type { Device } from "../../../device/device.ts";
import { mul } from "../../../../kernels/elementwise/mod.ts";
import { reshape } from "../../../../kernels/view/mod.ts";
import { buildTranslation } from "../../../models/translation_model.ts";
import type { Golden } from "../golden.ts";
import { type Produced, runModule } from "../run_module.ts";
import { translationConfigOf } from "./nmt_config.ts";

const caseSchema = z.object({ label_smoothing: z.number() });

/** Encoded source, logits, attention to the source, losses and all gradients of the mean loss. */
export function verifyTranslation(device: Device, golden: Golden): Promise<Produced[]> {
  const config = translationConfigOf(golden);
  const { label_smoothing: labelSmoothing } = golden.config(caseSchema);
  const count = golden.inputTensor("target").values.filter((word) => word !== PAD_ID).length;
  return runModule(device, golden, (ctx) => {
    const batch = {
      source: golden.input("src_tokens"),
      previous: golden.input("prev_output_tokens"),
      target: golden.input("target"),
    };
    const built = buildTranslation(config, ctx, batch, { labelSmoothing });
    const loss = mul(built.lossSum, 1 / count);
    return {
      outputs: {
        encoder_out: built.encoded,
        attn: built.attention(),
        logits: built.logits(),
        loss_sum: reshape(built.lossSum, [1]),
        loss_mean: reshape(loss, [1]),
        nll_sum: reshape(built.nllSum, [1]),
      },
      loss,
    };
  }, { training: true });
}
