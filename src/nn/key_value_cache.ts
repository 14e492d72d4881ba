/**
 * Keys and values of the latest positions, for decoding a few tokens at a time. The cache holds up to
 * C positions and is emptied when it is full, so that position p sees the positions of its own block
 * of C up to p: with C the chunk, decoding sees what chunked attention sees.
 */
import type { Tensor } from "../graph/contract.ts";
import type { AttentionKind } from "../../kernels/attention/mod.ts";
import {
  add,
  equal,
  laplace,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  relu2,
  sub,
  toI32,
  where,
} from "../../kernels/elementwise/mod.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { maskedSoftmax } from "../../kernels/softmax/mod.ts";
import { iota } from "../../kernels/source/generate.ts";
import { concat, reshape } from "../../kernels/view/mod.ts";
import type { CachePlace } from "./cache_place.ts";
import type { ModelContext } from "./context.ts";
import type { SlotCache } from "./slot_cache.ts";

/** A cache that new tokens are appended to, and which keys they see. */
export interface AppendedCache extends CachePlace {
  readonly kind: "appended";
  /** 1 where a new token (row) sees a key (column: C cached, then T new ones), f32 [T, C + T]. */
  readonly mask: Tensor;
  /** Key position − query position where visible, clamped to −C + 1 … 0; i32 [T, C + T]. */
  readonly distances: Tensor;
  /** Which of the C + T keys stay, i32 [C]. */
  readonly kept: Tensor;
}

/** How a decoder remembers keys and values. */
export type CacheFrame = AppendedCache | SlotCache;

/** Σ over block borders up to `last` of [border ≤ position]: how many borders lie before it. */
function bordersBefore(positions: Tensor, capacity: number, last: number): Tensor {
  let borders = mul(positions, 0);
  for (let border = capacity; border <= last; border += capacity) {
    borders = add(borders, lessEqual(border, positions));
  }
  return borders;
}

/**
 * Places T tokens behind those that the carried state `cached_tokens` [1] counts, and advances it. All
 * rows of a batch stand at the same position. Keys are the C cached ones, then the T new ones.
 */
export function cacheFrame(ctx: ModelContext, capacity: number, tokens: number): AppendedCache {
  const count = ctx.carried("cached_tokens", [1]);
  const last = capacity - 1 + tokens;
  const positions = add(iota([tokens], 0), count);
  const blocks = bordersBefore(positions, capacity, last);
  const end = add(count, tokens);
  const endBlocks = bordersBefore(end, capacity, last);
  ctx.carry("cached_tokens", sub(end, mul(endBlocks, capacity)));

  const column = (x: Tensor) => reshape(x, [tokens, 1]);
  const row = (x: Tensor) => reshape(x, [1, tokens]);
  const slots = iota([1, capacity], 1);
  const old = mul(less(slots, count), equal(column(blocks), 0));
  const fresh = mul(
    lessEqual(iota([1, tokens], 1), iota([tokens, 1], 0)),
    equal(column(blocks), row(blocks)),
  );
  const keys = concat([slots, row(positions)], 1);
  const distances = minimum(maximum(sub(keys, column(positions)), 1 - capacity), 0);

  const wanted = add(iota([capacity], 0), mul(endBlocks, capacity));
  const source = where(less(wanted, count), wanted, add(sub(wanted, count), capacity));
  return {
    kind: "appended",
    capacity,
    block: capacity,
    tokens,
    places: sub(positions, mul(blocks, capacity)),
    mask: concat([old, fresh], 1),
    distances: toI32(distances),
    kept: toI32(minimum(source, capacity + tokens - 1)),
  };
}

/**
 * The cached rows `name` followed by the new ones [B, T, F]; [B, C + T, F]. Carries the rows that stay.
 */
export function withCached(
  ctx: ModelContext,
  name: string,
  rows: Tensor,
  { capacity, tokens, kept }: AppendedCache,
): Tensor {
  const [batch, , features] = rows.shape;
  const all = concat([ctx.carried(name, [batch, capacity, features]), rows], 1);
  const total = capacity + tokens;
  const first = mul(iota([batch, 1], 0, "i32"), total);
  const flat = reshape(all, [batch * total, features]);
  ctx.carry(name, gather(flat, add(first, reshape(kept, [1, capacity]))));
  return all;
}

/**
 * Attention of the new queries q [..., T, z], scaled, to keys [..., C + T, z] and values
 * [..., C + T, h]; [..., T, h].
 *
 * @param bias Distinct values [2C − 1] of a relative bias for C positions.
 */
export function cachedAttention(
  q: Tensor,
  keys: Tensor,
  values: Tensor,
  frame: AppendedCache,
  kind: AttentionKind,
  bias?: Tensor,
): Tensor {
  const { capacity, mask, distances } = frame;
  const products = matmul(q, keys, { transposeB: true });
  const scores = bias === undefined ? products : add(
    products,
    reshape(
      gather(reshape(bias, [bias.size, 1]), add(distances, capacity - 1)),
      distances.shape,
    ),
  );
  return matmul(maskedWeights(kind, scores, mask), values);
}

/** Weights of scores whose keys are visible where the mask, broadcastable to them, is 1. */
export function maskedWeights(kind: AttentionKind, scores: Tensor, mask: Tensor): Tensor {
  switch (kind) {
    case "softmax":
      return maskedSoftmax(scores, mask);
    case "laplace":
      return mul(laplace(scores), mask);
    case "relu2":
      return mul(relu2(scores), mask);
  }
}
