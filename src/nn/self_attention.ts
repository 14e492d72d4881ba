/**
 * Multi-head self-attention and the Transformer sentence encoder layer
 * (`fairseq/modules/multihead_attention.py` and `transformer_sentence_encoder_layer.py` of
 * facebookresearch/mega).
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { attention, type AttentionOptions, attentionWeights } from "../../kernels/attention/mod.ts";
import { mul } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { reshape, transpose } from "../../kernels/view/mod.ts";
import type { ActivationName } from "./activations.ts";
import type { ModelContext } from "./context.ts";
import { weightDropout } from "./dropout.ts";
import { linearDefault, normal, xavierUniform, zeros } from "./initializers.ts";
import { cachedAttention, type CacheFrame, withCached } from "./key_value_cache.ts";
import { linear, type LinearOptions } from "./linear.ts";
import { attendToSlots } from "./slot_cache.ts";
import { feedForwardRows, sublayer } from "./transformer_sublayers.ts";

/** Initial distributions: the layers' own, or those of BERT for every linear map. */
export type TransformerInitialization = "default" | "bert";

/** Options of {@link selfAttention}. */
export interface SelfAttentionOptions {
  readonly heads: number;
  /** Of the attention weights. */
  readonly attentionDropout: number;
  readonly initialization: TransformerInitialization;
  /**
   * Product, softmax, product, with the L x L scores and weights in memory, instead of one fused
   * kernel: the same numbers, for comparison of time and memory. Default false.
   */
  readonly unfused?: boolean;
  /** Position i sees positions 0 … i only. Default false. */
  readonly causal?: boolean;
  /** Decodes: x holds the next tokens, without padding. Causal only. */
  readonly cache?: CacheFrame;
}

/** BERT's linear maps: N(0, 0.02) and zero bias. */
export const bertLinear: LinearOptions = { weight: normal(0.02), bias: zeros };

/** Initial values of the projections to queries, keys and values of equal width. */
export function projectionInitializers(width: number): LinearOptions {
  return { weight: xavierUniform(width, width, Math.SQRT1_2), bias: linearDefault(width) };
}

/** [B, L, D] to [B, heads, L, D / heads]. */
export function splitHeads(rows: Tensor, heads: number): Tensor {
  const [batch, length, width] = rows.shape;
  return transpose(reshape(rows, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, heads, L, d] to [B, L, heads · d]. */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, length, depth] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * depth]);
}

/**
 * Scaled dot-product self-attention of x [B, L, D]; queries are scaled after their bias.
 *
 * @param valid [B, L], 0 at padding.
 * @throws {ShapeError} when the heads do not divide the width.
 */
export function selfAttention(
  ctx: ModelContext,
  x: Tensor,
  options: SelfAttentionOptions,
  valid?: Tensor,
): Tensor {
  const [batch, length, width] = x.shape;
  const { heads } = options;
  if (width % heads !== 0) {
    throw new ShapeError("selfAttention", `${heads} heads do not divide the width ${width}`);
  }
  const depth = width / heads;
  const bert = options.initialization === "bert";
  const projection = bert ? bertLinear : projectionInitializers(width);
  const perHead = (rows: Tensor) => splitHeads(rows, heads);
  const row = (name: string) => linear(ctx, name, x, width, projection);
  const head = (name: string) => perHead(row(name));
  const q = mul(head("q_proj"), depth ** -0.5);
  const whole = () => {
    const scores: AttentionOptions = {
      kind: "softmax",
      ...(valid === undefined ? {} : { keyMask: reshape(valid, [batch, 1, length]) }),
      ...(options.causal === true ? { causal: true } : {}),
      ...weightDropout(ctx, options.attentionDropout),
    };
    const [k, v] = [head("k_proj"), head("v_proj")];
    return options.unfused === true
      ? matmul(attentionWeights(q, k, scores), v)
      : attention(q, k, v, scores);
  };
  const decoded = (frame: CacheFrame) => {
    if (frame.kind === "slots") {
      const inputs = { q: joinHeads(q), k: row("k_proj"), v: row("v_proj") };
      return attendToSlots(ctx, inputs, frame, { kind: "softmax", heads });
    }
    const cached = (cache: string, name: string) =>
      perHead(withCached(ctx, cache, row(name), frame));
    const [k, v] = [cached("prev_key", "k_proj"), cached("prev_value", "v_proj")];
    return joinHeads(cachedAttention(q, k, v, frame, "softmax"));
  };
  const joined = options.cache === undefined ? joinHeads(whole()) : decoded(options.cache);
  const output = bert ? bertLinear : { weight: xavierUniform(width, width), bias: zeros };
  return linear(ctx, "out_proj", joined, width, output);
}

/** Options of {@link transformerLayer}. */
export interface TransformerLayerOptions extends SelfAttentionOptions {
  /** Norms before the sublayers instead of after their residual sums. Default false. */
  readonly normBefore?: boolean;
  /** Inner width of the feed-forward part. */
  readonly hidden: number;
  readonly activation: ActivationName;
  /** Of both sublayers' outputs. */
  readonly dropout: number;
  /** Of the inner values of the feed-forward part. */
  readonly hiddenDropout: number;
}

/**
 * Encoder layer: x = LN(x + MHA(x)); x = LN(x + fc2(act(fc1 x))); with the norms first,
 * x = x + MHA(LN x); x = x + fc2(act(fc1(LN x))).
 */
export function transformerLayer(
  ctx: ModelContext,
  x: Tensor,
  options: TransformerLayerOptions,
  valid?: Tensor,
): Tensor {
  const { normBefore = false, initialization, dropout } = options;
  const norms = { normBefore, dropout };
  const initial = (fanIn: number) =>
    initialization === "bert"
      ? bertLinear
      : { weight: linearDefault(fanIn), bias: linearDefault(fanIn) };
  const middle = sublayer(
    ctx,
    "self_attn_layer_norm",
    x,
    norms,
    (rows) => ctx.scope("self_attn", () => selfAttention(ctx, rows, options, valid)),
  );
  return sublayer(
    ctx,
    "final_layer_norm",
    middle,
    norms,
    (rows) => feedForwardRows(ctx, rows, { ...options, initial }),
  );
}
