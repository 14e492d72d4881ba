/** Kinds of single modules: `seqnorm`, `realnum`, `relpos`, `nffn`. */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import { mul } from "../../../../kernels/elementwise/mod.ts";
import { constant } from "../../../../kernels/source/mod.ts";
import { activationNames } from "../../../nn/activations.ts";
import { realNumberEmbedding } from "../../../nn/embedding.ts";
import { normalizedFeedForward } from "../../../nn/feed_forward.ts";
import { normKinds, sequenceNorm } from "../../../nn/norm.ts";
import {
  relativeBias,
  relativeBiasKinds,
  rotaryTables,
  toeplitz,
} from "../../../nn/relative_bias.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced, runModule, runModuleBothModes } from "../run_module.ts";

const seqnormConfig = z.object({
  module: z.object({ affine: z.boolean(), norm_type: z.enum(normKinds) }),
});

/** Kind `seqnorm`: one normalisation. */
export function verifySequenceNorm(device: Device, golden: Golden): Promise<Produced[]> {
  const { module } = golden.config(seqnormConfig);
  return runModuleBothModes(device, golden, (ctx) => {
    const x = golden.input("x");
    const y = sequenceNorm(ctx, module.norm_type, x, module.affine);
    return { outputs: { y }, loss: cotangentLoss(golden, y), inputs: { x } };
  });
}

const realnumConfig = z.object({ embed_dim: z.int().positive() });

/** Kind `realnum`: the embedding of real numbers. */
export function verifyRealNumberEmbedding(device: Device, golden: Golden): Promise<Produced[]> {
  const { embed_dim: width } = golden.config(realnumConfig);
  return runModule(device, golden, (ctx) => {
    const x = golden.input("x");
    const y = realNumberEmbedding(ctx, x, width);
    return { outputs: { y }, loss: cotangentLoss(golden, y), inputs: { x } };
  }, { training: true });
}

const relposConfig = z.object({
  type: z.enum(relativeBiasKinds),
  length: z.int().positive(),
  max_positions: z.int().positive(),
  dim: z.int().positive().optional(),
});

/** Kind `relpos`: a relative position bias as a full matrix. */
export function verifyRelativeBias(device: Device, golden: Golden): Promise<Produced[]> {
  const { type, length, max_positions, dim = 2 } = golden.config(relposConfig);
  return runModule(device, golden, (ctx) => {
    const bias = toeplitz(relativeBias(ctx, type, length, max_positions, dim));
    const loss = cotangentLoss(golden, bias);
    if (type === "simple") return { outputs: { bias }, loss };
    const half = dim / 2;
    const tables = rotaryTables(0, length, half);
    const table = (name: string, values: Float64Array) =>
      mul(constant(`rotary ${name} 0 ${length}x${half}`, [length, half], values), 1);
    const outputs = {
      bias,
      sine: table("sine", tables.sine),
      cosine: table("cosine", tables.cosine),
    };
    return { outputs, loss };
  }, { training: true });
}

const nffnConfig = z.object({
  module: z.object({
    activation: z.enum(activationNames),
    ffn_hidden_dim: z.int().positive(),
    norm_type: z.enum(normKinds),
    norm_affine: z.boolean().default(true),
    prenorm: z.boolean(),
  }),
});

/** Kind `nffn`: a feed-forward layer with norm and residual. */
export function verifyFeedForward(device: Device, golden: Golden): Promise<Produced[]> {
  const { module } = golden.config(nffnConfig);
  return runModuleBothModes(device, golden, (ctx) => {
    const x = golden.input("x");
    const y = normalizedFeedForward(ctx, x, {
      hidden: module.ffn_hidden_dim,
      activation: module.activation,
      norm: { kind: module.norm_type, affine: module.norm_affine, before: module.prenorm },
      dropout: 0,
      hiddenDropout: 0,
      featureDropout: false,
    });
    return { outputs: { y }, loss: cotangentLoss(golden, y), inputs: { x } };
  });
}
