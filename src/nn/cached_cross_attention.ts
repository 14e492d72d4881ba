/**
 * Attention of decoded rows to a source whose keys and values were computed once: all rows of a sentence
 * (its beams) read the same ones, so nothing is repeated or moved. `remember…` computes them and carries
 * them on, `attendTo…` uses them in every step.
 */
import type { Tensor } from "../graph/contract.ts";
import { add, sub, toI32 } from "../../kernels/elementwise/mod.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { iota } from "../../kernels/source/generate.ts";
import { reshape } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";
import type { EncodedSource } from "./encoded_source.ts";
import { headedSourceKeys, projectHeads, sourceQueries } from "./encoder_decoder_attention.ts";
import {
  crossBias,
  crossQueries,
  gateAttended,
  type GatedCrossAttentionOptions,
  scaleCrossQueries,
  sourceKeys,
} from "./gated_cross_attention.ts";
import { maskedWeights } from "./key_value_cache.ts";

/** Sizes of a decoding batch and where it stands. */
export interface CrossStep {
  /** Sentences N. */
  readonly sentences: number;
  /** Padded words of a source, S. */
  readonly source: number;
  /** Most words of a target. */
  readonly targets: number;
  /** 0 at padding, [N, S]. */
  readonly valid: Tensor;
  /** Position of the present words, f32 [1]. */
  readonly position: Tensor;
}

function remember(ctx: ModelContext, name: string, value: Tensor): void {
  ctx.carried(name, value.shape);
  ctx.carry(name, value);
}

/** Carries keys, values and the bias of a gated cross attention in the present scope. */
export function rememberGatedSource(
  ctx: ModelContext,
  { encoded }: EncodedSource,
  options: GatedCrossAttentionOptions,
  targets: number,
): void {
  const { keys, values } = sourceKeys(ctx, encoded, options);
  remember(ctx, "source_key", keys);
  remember(ctx, "source_value", values);
  remember(ctx, "source_bias", crossBias(ctx, options, targets, encoded.shape[1]));
}

/** Gated cross attention of x [N · b, 1, D] to the remembered source. */
export function attendToGatedSource(
  ctx: ModelContext,
  x: Tensor,
  options: GatedCrossAttentionOptions,
  { sentences, source, targets, valid, position }: CrossStep,
): Tensor {
  const [rows, , width] = x.shape;
  const { z, attention } = options;
  const beam = rows / sentences;
  const keys = ctx.carried("source_key", [sentences, source, z]);
  const values = ctx.carried("source_value", [sentences, source, width]);
  const bias = ctx.carried("source_bias", [targets + source - 1]);
  const queries = crossQueries(ctx, x, options);
  const q = scaleCrossQueries(reshape(queries.q, [sentences, beam, z]), attention, source, valid);
  const distances = add(sub(iota([source], 0), position), targets - 1);
  const biasRow = reshape(gather(reshape(bias, [bias.size, 1]), toI32(distances)), [1, 1, source]);
  const scores = add(matmul(q, keys, { transposeB: true }), biasRow);
  const weights = maskedWeights(attention, scores, reshape(valid, [sentences, 1, source]));
  const attended = reshape(matmul(weights, values), [rows, 1, width]);
  return gateAttended(ctx, x, queries, attended, options);
}

/** Carries keys and values of a multi-head cross attention in the present scope. */
export function rememberHeadedSource(
  ctx: ModelContext,
  { encoded }: EncodedSource,
  heads: number,
): void {
  const { keys, values } = headedSourceKeys(ctx, encoded, heads);
  remember(ctx, "source_key", keys);
  remember(ctx, "source_value", values);
}

/** Multi-head attention of x [N · b, 1, D] to the remembered source. */
export function attendToHeadedSource(
  ctx: ModelContext,
  x: Tensor,
  heads: number,
  { sentences, source, valid }: CrossStep,
): Tensor {
  const [rows, , width] = x.shape;
  const shape = [sentences, heads, source, width / heads];
  const keys = ctx.carried("source_key", shape);
  const values = ctx.carried("source_value", shape);
  const q = sourceQueries(ctx, reshape(x, [sentences, rows / sentences, width]), heads);
  const scores = matmul(q, keys, { transposeB: true });
  const weights = maskedWeights("softmax", scores, reshape(valid, [sentences, 1, 1, source]));
  return reshape(projectHeads(ctx, matmul(weights, values)), [rows, 1, width]);
}
