/** Kind `lm`: whole language models, read at once and piece by piece. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import type { Device } from "../../../device/device.ts";
import type { Tensor } from "../../../graph/contract.ts";
import { mul } from "../../../../kernels/elementwise/mod.ts";
import { input } from "../../../../kernels/source/mod.ts";
import { reshape } from "../../../../kernels/view/mod.ts";
import { CarriedStream } from "../carried_stream.ts";
import type { DecoderRun } from "../../../models/decoder_run.ts";
import { buildLanguageModel, decode } from "../../../models/language_model.ts";
import type { LanguageModelConfig } from "../../../models/language_model_config.ts";
import { nonPadding } from "../../../nn/embedding.ts";
import type { Golden } from "../golden.ts";
import { type Produced, runModule } from "../run_module.ts";
import { languageModelConfigOf } from "./lm_config.ts";
import { columns } from "./lm_pieces.ts";

const caseSchema = z.object({
  incremental: z.object({ prefix: z.int().positive() }).nullable().default(null),
});

/** Logits, losses, features and all gradients of the mean loss; logits of decoding. */
export async function verifyLanguageModel(device: Device, golden: Golden): Promise<Produced[]> {
  const config = languageModelConfigOf(golden);
  const targets = golden.inputTensor("target").values;
  const count = targets.filter((word) => word !== PAD_ID).length;
  const produced = await runModule(device, golden, (ctx) => {
    const target = golden.input("target");
    const batch = {
      tokens: golden.input("src_tokens"),
      targets: target,
      weights: nonPadding(target, PAD_ID),
    };
    const run = { carried: false };
    const built = buildLanguageModel(config, ctx, batch, run);
    const exact = buildLanguageModel(config, ctx, batch, { ...run, ignoreTailPadding: false });
    const loss = mul(built.lossSum, 1 / count);
    const logits = built.logits();
    const outputs: Record<string, Tensor> = {
      [config.output.kind === "adaptive" ? "log_probs" : "logits"]: logits,
      features: built.features,
      loss_sum: reshape(built.lossSum, [1]),
      loss_mean: reshape(loss, [1]),
      nll_sum_from_log_probs: reshape(exact.lossSum, [1]),
    };
    return { outputs, loss };
  }, { training: true });
  return [...produced, ...await verifyPieces(device, golden, config)];
}

/** Lengths of pieces: `first`, then as many of `next` as fit, then the rest. */
function pieces(length: number, first: number, next: number): number[] {
  const sizes = [Math.min(first, length)];
  for (let done = sizes[0]; done < length; done += next) sizes.push(Math.min(next, length - done));
  return sizes;
}

async function verifyPieces(
  device: Device,
  golden: Golden,
  config: LanguageModelConfig,
): Promise<Produced[]> {
  const { incremental } = golden.config(caseSchema);
  if (incremental === null) return [];
  const { decoder } = config;
  const chunk = decoder.kind === "mega" ? decoder.chunk : null;
  const length = golden.inputTensor("src_tokens").shape[1];
  const step: DecoderRun = { carried: true, step: { capacity: chunk ?? decoder.maxPositions } };
  const logits = (sizes: readonly number[], run: DecoderRun) =>
    logitsOfPieces(device, golden, config, sizes, run);
  const produced: Produced[] = [
    {
      name: "output.logits_token_by_token",
      values: await logits(pieces(length, 1, 1), step),
    },
    {
      name: "output.logits_prefix_then_tokens",
      values: await logits(pieces(length, incremental.prefix, 1), step),
    },
  ];
  if (chunk === null) return produced;
  const name = "output.logits_chunk_by_chunk";
  const sizes = pieces(length, chunk, chunk);
  return [
    ...produced,
    { name, values: await logits(sizes, step), via: "step" },
    { name, values: await logits(sizes, { carried: true }), via: "carried" },
  ];
}

/** Logits [B, L, V] of the file's tokens, read in pieces. */
async function logitsOfPieces(
  device: Device,
  golden: Golden,
  config: LanguageModelConfig,
  sizes: readonly number[],
  run: DecoderRun,
): Promise<Float32Array> {
  const { shape: [batch, length], values } = golden.inputTensor("src_tokens");
  const { vocabulary } = config;
  const stream = new CarriedStream(device, golden.feeds());
  const result = new Float32Array(batch * length * vocabulary);
  let start = 0;
  for (const size of sizes) {
    const { logits } = await stream.run((ctx) => {
      const tokens = input("tokens", [batch, size], "i32");
      return { logits: decode(config, ctx, tokens, run).logits() };
    }, new Map([["tokens", columns(values, batch, length, start, size)]]));
    const row = size * vocabulary;
    for (let b = 0; b < batch; b++) {
      result.set(logits.subarray(b * row, (b + 1) * row), (b * length + start) * vocabulary);
    }
    start += size;
  }
  return result;
}
