/**
 * Gated attention of a decoder to an encoded source (Mega, section 3.4;
 * `fairseq/modules/gated_cross_attention.py` of facebookresearch/mega).
 *
 *   (u, r, q) = split(norm(x) W_q or x W_q);  k = s W_k;  v = act(s W_v)
 *   y = x + σ(u) (act(((A(q, k) v) silu(r)) W_h) − x), normalised if the norm comes last
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { attention, attentionWeights } from "../../kernels/attention/mod.ts";
import { add, div, maximum, mul, sigmoid, silu, sub } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { expandDims, slice, split } from "../../kernels/view/mod.ts";
import { activate, type ActivationName } from "./activations.ts";
import type { ModelContext } from "./context.ts";
import { sequenceDropout, weightDropout } from "./dropout.ts";
import type { EncodedSource, SourceAttention } from "./encoded_source.ts";
import type { AttentionKind } from "./gated_attention.ts";
import { linear } from "./linear.ts";
import { type NormOptions, sequenceNorm } from "./norm.ts";
import { relativeBias, type RelativeBiasKind } from "./relative_bias.ts";

/** Options of {@link gatedCrossAttention}. */
export interface GatedCrossAttentionOptions {
  /** z, width of queries and keys. */
  readonly z: number;
  readonly attention: AttentionKind;
  readonly relativeBias: RelativeBiasKind;
  /** Size of a simple relative bias: the larger of the most source and target positions. */
  readonly maxPositions: number;
  readonly activation: ActivationName;
  readonly norm: NormOptions;
  /** Of the candidate. */
  readonly dropout: number;
  /** Of the values. */
  readonly hiddenDropout: number;
  /** Of the attention weights. */
  readonly attentionDropout: number;
  /** Drops features of whole sequences instead of elements (not the attention weights). */
  readonly featureDropout: boolean;
}

/** Keys [B, S, z] and values [B, S, D] of a source, the same for all target positions. */
export interface SourceKeys {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** The keys and values of an encoded source (`k_proj`, `v_proj`), before dropout. */
export function sourceKeys(
  ctx: ModelContext,
  encoded: Tensor,
  { z, activation }: Pick<GatedCrossAttentionOptions, "z" | "activation">,
): SourceKeys {
  return {
    keys: linear(ctx, "k_proj", encoded, z),
    values: activate(activation, linear(ctx, "v_proj", encoded, encoded.shape[2])),
  };
}

/**
 * Queries [B, T, z] times what scores are scaled by: z^-½ for softmax, otherwise 1 over the number of
 * source positions that are no padding. The reference divides by that number even when it is 0.
 */
export function scaleCrossQueries(
  q: Tensor,
  kind: AttentionKind,
  sourceLength: number,
  valid: Tensor | undefined,
): Tensor {
  if (kind === "softmax") return mul(q, q.shape[2] ** -0.5);
  if (valid === undefined) return mul(q, 1 / sourceLength);
  return div(q, maximum(expandDims(sum(valid, [1], true), 2), 1));
}

/**
 * The distinct values of the bias of T target and S source positions, [T + S − 1]: element
 * T − 1 + j − i for target position i and source position j, which counts padding.
 */
export function crossBias(
  ctx: ModelContext,
  options: Pick<GatedCrossAttentionOptions, "relativeBias" | "maxPositions" | "z">,
  targets: number,
  sources: number,
): Tensor {
  const longest = Math.max(targets, sources);
  const { relativeBias: kind, maxPositions, z } = options;
  const bias = ctx.scope(
    "rel_pos_bias",
    () => relativeBias(ctx, kind, longest, maxPositions, z),
  );
  return slice(bias, 0, longest - targets, targets + sources - 1);
}

/** Queries of target positions and their gates. */
export interface CrossQueries {
  /** Update gate before its sigmoid, [B, T, D]. */
  readonly u: Tensor;
  /** Reset gate before its activation, [B, T, D]. */
  readonly r: Tensor;
  /** Unscaled, [B, T, z]. */
  readonly q: Tensor;
}

function normalized(ctx: ModelContext, x: Tensor, { kind, affine }: NormOptions): Tensor {
  return ctx.scope("norm", () => sequenceNorm(ctx, kind, x, affine));
}

/** Projects x [B, T, D], normalised if the norm comes first. */
export function crossQueries(
  ctx: ModelContext,
  x: Tensor,
  { z, norm }: Pick<GatedCrossAttentionOptions, "z" | "norm">,
): CrossQueries {
  const width = x.shape[2];
  const rows = norm.before ? normalized(ctx, x, norm) : x;
  const [u, r, q] = split(linear(ctx, "q_proj", rows, 2 * width + z), 2, [width, width, z]);
  return { u, r, q };
}

/** The result of the layer from x and what its queries attended to, both [B, T, D]. */
export function gateAttended(
  ctx: ModelContext,
  x: Tensor,
  { u, r }: Pick<CrossQueries, "u" | "r">,
  attended: Tensor,
  options: GatedCrossAttentionOptions,
): Tensor {
  const candidate = linear(ctx, "h_proj", mul(attended, silu(r)), x.shape[2]);
  const update = sequenceDropout(ctx, activate(options.activation, candidate), {
    rate: options.dropout,
    feature: options.featureDropout,
  });
  const y = add(x, mul(sigmoid(u), sub(update, x)));
  return options.norm.before ? y : normalized(ctx, y, options.norm);
}

/**
 * The layer with parameters in the present scope (`norm`, `q_proj`, `k_proj`, `v_proj`, `h_proj`,
 * `rel_pos_bias`). Where a whole source is padding, softmax attends to all of it and the other
 * functions to nothing; the reference gives NaN.
 *
 * @param x [B, T, D].
 * @throws {ShapeError} when the source has another width, or a simple bias is too short.
 */
export function gatedCrossAttention(
  ctx: ModelContext,
  x: Tensor,
  { encoded, valid }: EncodedSource,
  options: GatedCrossAttentionOptions,
): SourceAttention {
  const [, targets, width] = x.shape;
  const [, sources, sourceWidth] = encoded.shape;
  if (sourceWidth !== width) {
    throw new ShapeError(
      "gatedCrossAttention",
      `the source has width ${sourceWidth}, not ${width}`,
    );
  }
  const { keys, values } = sourceKeys(ctx, encoded, options);
  const dropped = sequenceDropout(ctx, values, {
    rate: options.hiddenDropout,
    feature: options.featureDropout,
  });
  const queries = crossQueries(ctx, x, options);
  const q = scaleCrossQueries(queries.q, options.attention, sources, valid);
  const scores = {
    kind: options.attention,
    bias: crossBias(ctx, options, targets, sources),
    ...(valid === undefined ? {} : { keyMask: valid }),
  };
  const attended = attention(q, keys, dropped, {
    ...scores,
    ...weightDropout(ctx, options.attentionDropout),
  });
  return {
    y: gateAttended(ctx, x, queries, attended, options),
    weights: () => attentionWeights(q, keys, scores),
  };
}
