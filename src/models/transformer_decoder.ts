/**
 * The causal Transformer decoder (`fairseq/models/transformer_lm.py` and, with attention to a source,
 * `transformer.py`).
 */
import type { Tensor } from "../graph/contract.ts";
import { add, toI32 } from "../../kernels/elementwise/mod.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { constant } from "../../kernels/source/mod.ts";
import type { ModelContext } from "../nn/context.ts";
import { dropout } from "../nn/dropout.ts";
import { nonPadding } from "../nn/embedding.ts";
import { normal, xavierUniform } from "../nn/initializers.ts";
import type { CrossAttention } from "../nn/encoded_source.ts";
import type { CacheFrame } from "../nn/key_value_cache.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { positionEmbedding, sinusoidTable } from "../nn/positions.ts";
import { transformerDecoderLayer } from "../nn/transformer_decoder_layer.ts";
import { type DecoderInput, type DecoderRun, stepFrame } from "./decoder_run.ts";
import type { TransformerDecoderConfig } from "./language_model_config.ts";

/** Positions [T, D] of new tokens at their places in the cache; the first has `padding` + 1. */
function stepPositions(
  ctx: ModelContext,
  { kind, width, maxPositions }: {
    readonly kind: "sinusoidal" | "learned";
    readonly width: number;
    readonly maxPositions: number;
  },
  padding: number | null,
  { places, capacity }: CacheFrame,
): Tensor {
  const offset = padding === null ? 0 : padding + 1;
  const ids = toI32(add(places, offset));
  if (kind === "learned") {
    if (capacity > maxPositions) {
      throw new RangeError(`${capacity} positions exceed the learned table of ${maxPositions}`);
    }
    return gather(
      ctx.parameter("weight", [maxPositions + offset, width], normal(width ** -0.5)),
      ids,
    );
  }
  const rows = capacity + offset;
  const zeroRow = padding ?? undefined;
  const name = `sinusoids ${rows}x${width} zero ${zeroRow ?? "none"}`;
  return gather(constant(name, [rows, width], sinusoidTable(rows, width, zeroRow)), ids);
}

/** x [B, L, D] plus the positions of the tokens. */
function withPositions(
  ctx: ModelContext,
  x: Tensor,
  config: TransformerDecoderConfig,
  padding: number | null,
  valid: Tensor | undefined,
  cache: CacheFrame | undefined,
): Tensor {
  const { positions: kind, width, maxPositions } = config;
  if (kind === "none") return x;
  const [batch, length] = x.shape;
  const tokens = padding === null || valid === undefined ? {} : { tokens: { valid, padding } };
  return add(
    x,
    ctx.scope(
      "embed_positions",
      () =>
        cache === undefined
          ? positionEmbedding(ctx, { kind, batch, length, width, maxPositions, ...tokens })
          : stepPositions(ctx, { kind, width, maxPositions }, padding, cache),
    ),
  );
}

/** What decoders of translation models add to those of language models. */
export interface TransformerDecoderExtras {
  /** Default true. */
  readonly normBefore?: boolean;
  /** Attention of every layer to a source. */
  readonly cross?: CrossAttention;
}

/**
 * Features [B, L, D']; those of padded positions mean nothing. Position ids count the tokens that are
 * no padding from `padding` + 1, as in the reference; without padding they start at 0.
 */
export function transformerDecoder(
  ctx: ModelContext,
  input: DecoderInput,
  config: TransformerDecoderConfig,
  run: DecoderRun,
  extras: TransformerDecoderExtras = {},
): Tensor {
  const { tokens, padding } = input;
  const cache = stepFrame(ctx, run, input);
  const valid = padding === null ? undefined : nonPadding(tokens, padding);
  let x = withPositions(ctx, input.embed(tokens), config, padding, valid, cache);
  if (config.normalizeEmbedding) x = layerNorm(ctx, "layernorm_embedding", x);
  x = dropout(ctx, x, config.dropout);
  for (let layer = 0; layer < config.layers; layer++) {
    const before = x;
    x = ctx.scope(`layers.${layer}`, () =>
      transformerDecoderLayer(ctx, before, {
        heads: config.heads,
        hidden: config.feedForward,
        activation: config.activation,
        dropout: config.dropout,
        attentionDropout: config.attentionDropout,
        hiddenDropout: config.activationDropout,
        ...extras,
        ...(cache === undefined ? {} : { cache }),
      }, cache === undefined ? valid : undefined));
  }
  if (config.finalNorm) x = layerNorm(ctx, "layer_norm", x);
  const { width, outputWidth } = config;
  if (outputWidth === width) return x;
  const weight = xavierUniform(width, outputWidth);
  return linear(ctx, "project_out_dim", x, outputWidth, { weight, bias: null });
}
