/**
 * Moving average equipped gated attention (Mega, equations 6 to 17;
 * `fairseq/modules/moving_average_gated_attention.py` of facebookresearch/mega).
 *
 *   xn = norm(x) or x;  v = act(xn W_v);  m = mixer(xn);  (u, z, r, hx) = split(m W_m)
 *   q = silu(z) γ0 + β0;  k = silu(z) γ1 + β1;  H = A(q, k) v
 *   y = x + σ(u) (act(hx + (H silu(r)) W_h) − x), normalised if the norm comes last
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { attention, attentionWeights } from "../../kernels/attention/mod.ts";
import { add, div, maximum, mul, sigmoid, silu, sub } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { iota } from "../../kernels/source/generate.ts";
import { reshape, slice, split } from "../../kernels/view/mod.ts";
import { activate, type ActivationName } from "./activations.ts";
import type { ModelContext } from "./context.ts";
import { chunkedValueDropout, sequenceDropout, weightDropout } from "./dropout.ts";
import { normal, zeros } from "./initializers.ts";
import { cachedAttention, type CacheFrame, withCached } from "./key_value_cache.ts";
import { linear } from "./linear.ts";
import { type NormOptions, sequenceNorm } from "./norm.ts";
import { relativeBias, type RelativeBiasKind } from "./relative_bias.ts";
import { attendToSlots } from "./slot_cache.ts";

/** Attention functions of Mega. */
export const attentionKinds = ["softmax", "laplace", "relu2"] as const;
/** Attention function. */
export type AttentionKind = typeof attentionKinds[number];

/** Mixes x [B, L, D] along L into [B, L, D]; `valid` [B, L] is 0 at padding. */
export type SequenceMixer = (ctx: ModelContext, x: Tensor, valid: Tensor | undefined) => Tensor;

/** Options of {@link gatedAttention}. */
export interface GatedAttentionOptions {
  /** h, width of values. */
  readonly hidden: number;
  /** z, width of queries and keys. */
  readonly z: number;
  readonly mixer: SequenceMixer;
  readonly attention: AttentionKind;
  readonly relativeBias: RelativeBiasKind;
  /** Size of a simple relative bias when there are no chunks. */
  readonly maxPositions: number;
  /** Positions per chunk, or `null` for attention over the full length. */
  readonly chunk: number | null;
  readonly causal: boolean;
  readonly activation: ActivationName;
  readonly norm: NormOptions;
  /** Of the mixer's output and of the candidate. */
  readonly dropout: number;
  /** Of the values. */
  readonly hiddenDropout: number;
  /** Of the attention weights. */
  readonly attentionDropout: number;
  /** Drops features of whole sequences instead of elements (not the attention weights). */
  readonly featureDropout: boolean;
  /**
   * Decodes: x holds the next tokens, which see each other and the cached keys. Causal only, without
   * padding; the chunk must be the block of the cache, or `null`.
   */
  readonly cache?: CacheFrame;
}

/** Result of {@link gatedAttention}. */
export interface GatedAttentionResult {
  /** [B, L, D] */
  readonly y: Tensor;
  /** Output of the mixer before dropout, [B, L, D]. */
  readonly mixed: Tensor;
  /** Builds the attention weights [B, K, C, C] before dropout, for inspection. */
  readonly weights: () => Tensor;
}

/**
 * Chunks of a sequence: [number, length]. A sequence shorter than one chunk is one short chunk.
 *
 * @throws {ShapeError} when a longer sequence is not a multiple of the chunk.
 */
export function chunksOf(length: number, chunk: number | null): readonly [number, number] {
  if (chunk === null || length < chunk) return [1, length];
  if (length % chunk !== 0) {
    throw new ShapeError("gatedAttention", `length ${length} is not a multiple of ${chunk}`);
  }
  return [length / chunk, chunk];
}

/**
 * What queries [B, K, C, z] are multiplied by. Softmax: z^-½. Otherwise 1 over the number of keys that
 * count: with a causal mask i + 1 in row i (padding ignored), else the unpadded keys of the chunk (at
 * least 1), or its length.
 */
function scaleQueries(
  q: Tensor,
  options: GatedAttentionOptions,
  valid: Tensor | undefined,
): Tensor {
  const [, , length, z] = q.shape;
  if (options.attention === "softmax") return mul(q, z ** -0.5);
  if (options.causal) return div(q, add(iota([length, 1], 0), 1));
  if (valid === undefined) return mul(q, 1 / length);
  const [batch, chunks] = valid.shape;
  return div(q, maximum(reshape(sum(valid, [2]), [batch, chunks, 1, 1]), 1));
}

/** Attention within the chunks of a whole sequence; `head` gives unscaled queries (0) and keys (1). */
function chunkedAttention(
  ctx: ModelContext,
  head: (row: number) => Tensor,
  v: Tensor,
  options: GatedAttentionOptions,
  valid: Tensor | undefined,
): { readonly attended: Tensor; readonly weights: () => Tensor } {
  const { z, chunk, featureDropout: feature } = options;
  const [batch, length, hidden] = v.shape;
  const [chunks, chunkLength] = chunksOf(length, chunk);
  const keyMask = valid === undefined ? undefined : reshape(valid, [batch, chunks, chunkLength]);
  const q = scaleQueries(head(0), options, keyMask);
  const k = head(1);
  const bias = ctx.scope(
    "rel_pos_bias",
    () => relativeBias(ctx, options.relativeBias, chunkLength, chunk ?? options.maxPositions, z),
  );
  const chunked = reshape(v, [batch, chunks, chunkLength, hidden]);
  const values = chunkedValueDropout(ctx, chunked, { rate: options.hiddenDropout, feature });
  const scores = {
    kind: options.attention,
    bias,
    causal: options.causal,
    ...(keyMask === undefined ? {} : { keyMask }),
  };
  const attended = attention(q, k, values, {
    ...scores,
    ...weightDropout(ctx, options.attentionDropout),
  });
  return { attended, weights: () => attentionWeights(q, k, scores) };
}

/** Attention of new tokens to themselves and the cache; v [B, T, h]. */
function decodedAttention(
  ctx: ModelContext,
  head: (row: number) => Tensor,
  v: Tensor,
  options: GatedAttentionOptions,
  frame: CacheFrame,
): Tensor {
  const { z, chunk, maxPositions, attention: kind } = options;
  const { capacity, tokens } = frame;
  if (!options.causal || (chunk !== null && chunk !== frame.block)) {
    throw new ShapeError("gatedAttention", `a cache of ${capacity} positions does not fit`);
  }
  const flat = (x: Tensor) => reshape(x, [x.shape[0], tokens, x.shape[3]]);
  const scaled = kind === "softmax"
    ? mul(flat(head(0)), z ** -0.5)
    : div(flat(head(0)), add(reshape(frame.places, [tokens, 1]), 1));
  const bias = ctx.scope(
    "rel_pos_bias",
    () => relativeBias(ctx, options.relativeBias, capacity, chunk ?? maxPositions, z),
  );
  if (frame.kind === "slots") {
    const inputs = { q: scaled, k: flat(head(1)), v, bias };
    return attendToSlots(ctx, inputs, frame, { kind, heads: 1 });
  }
  const keys = withCached(ctx, "prev_key", flat(head(1)), frame);
  const values = withCached(ctx, "prev_value", v, frame);
  return cachedAttention(scaled, keys, values, frame, kind, bias);
}

/**
 * The layer with parameters in the present scope (`norm`, `move`, `v_proj`, `mx_proj`, `h_proj`,
 * `gamma`, `beta`, `rel_pos_bias`).
 *
 * @param x [B, L, D]. @param valid [B, L], 0 at padding: keys there are hidden, queries are not.
 */
export function gatedAttention(
  ctx: ModelContext,
  x: Tensor,
  options: GatedAttentionOptions,
  valid?: Tensor,
): GatedAttentionResult {
  const [batch, length, width] = x.shape;
  const { hidden, z, chunk, activation, featureDropout: feature } = options;
  const { cache } = options;
  const [chunks, chunkLength] = cache === undefined ? chunksOf(length, chunk) : [1, length];
  const norm = (value: Tensor) =>
    ctx.scope(
      "norm",
      () => sequenceNorm(ctx, options.norm.kind, value, options.norm.affine),
    );
  const chunked = (value: Tensor) =>
    reshape(value, [batch, chunks, chunkLength, value.shape[value.rank - 1]]);
  const setting = { rate: options.dropout, feature };

  const xn = options.norm.before ? norm(x) : x;
  const v = activate(activation, linear(ctx, "v_proj", xn, hidden));
  const mixed = ctx.scope("move", () => options.mixer(ctx, xn, valid));
  const base = linear(ctx, "mx_proj", sequenceDropout(ctx, mixed, setting), 2 * width + z + hidden);
  const [u, shared, r, candidate] = split(base, 2, [width, z, hidden, width]);
  const zz = silu(shared);
  const gamma = ctx.parameter("gamma", [2, z], normal(0.02));
  const beta = ctx.parameter("beta", [2, z], zeros);
  const head = (row: number) =>
    chunked(add(
      mul(zz, reshape(slice(gamma, 0, row, 1), [z])),
      reshape(slice(beta, 0, row, 1), [z]),
    ));
  const { attended, weights } = cache === undefined
    ? chunkedAttention(ctx, head, v, options, valid)
    : { attended: decodedAttention(ctx, head, v, options, cache), weights: undefined };
  const gated = mul(reshape(attended, [batch, length, hidden]), silu(r));
  const update = activate(activation, add(candidate, linear(ctx, "h_proj", gated, width)));
  const out = add(x, mul(sigmoid(u), sub(sequenceDropout(ctx, update, setting), x)));
  return {
    y: options.norm.before ? out : norm(out),
    mixed,
    weights: weights ?? (() => {
      throw new ShapeError("gatedAttention", "decoding does not keep its weights");
    }),
  };
}
