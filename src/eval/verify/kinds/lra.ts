/** Kind `lra`: whole classifiers of the Long Range Arena, Mega and Transformer. */
import type { Device } from "../../../device/device.ts";
import type { Tensor } from "../../../graph/contract.ts";
import { mul } from "../../../../kernels/elementwise/mod.ts";
import { reshape } from "../../../../kernels/view/mod.ts";
import { buildClassifier } from "../../../models/sequence_classifier.ts";
import type { Golden } from "../golden.ts";
import { type Produced, runModuleBothModes } from "../run_module.ts";
import { classifierConfigOf } from "./lra_config.ts";

/** Logits, losses, features and all gradients of the mean loss. */
export function verifyClassifier(device: Device, golden: Golden): Promise<Produced[]> {
  const config = classifierConfigOf(golden);
  return runModuleBothModes(device, golden, (ctx) => {
    const document = (suffix: string) => ({
      sequence: golden.input(`src_tokens${suffix}`),
      lengths: golden.input(`src_lengths${suffix}`),
    });
    const labels = golden.input("target");
    const { logits, lossSum, documents } = buildClassifier(config, ctx, {
      first: document(""),
      ...(config.pair ? { second: document("1") } : {}),
      labels,
    });
    const loss = mul(lossSum, 1 / labels.size);
    const outputs: Record<string, Tensor> = {
      logits,
      loss_sum: reshape(lossSum, [1]),
      loss_mean: reshape(loss, [1]),
    };
    documents.forEach(({ features, representation }, i) => {
      const suffix = i === 0 ? "" : String(i);
      outputs[`features${suffix}`] = features;
      outputs[`sentence_rep${suffix}`] = representation;
    });
    return { outputs, loss };
  });
}
