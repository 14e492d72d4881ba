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
import { broadcastTo, concat, reshape } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";
import { continuedRows, type RowHistory } from "./row_history.ts";

/** Where T new tokens stand and which keys they see; shared by the layers of a decoder. */
export interface CacheFrame {
  /** C */
  readonly capacity: number;
  /** Positions after which the cache is emptied; `null` for never. */
  readonly block: number | null;
  /** T */
  readonly tokens: number;
  /** Place of every new token within its block, f32 [T]. */
  readonly places: Tensor;
  /** 1 where a new token (row) sees a key (column), f32 [T, K]. */
  readonly mask: Tensor;
  /** Key position − query position where visible, clamped to −C + 1 … 0; i32 [T, K]. */
  readonly distances: Tensor;
  /** All K rows that `name` has for the keys, [B, K, F], from the new ones [B, T, F]; carries them. */
  readonly extend: (ctx: ModelContext, name: string, rows: Tensor) => Tensor;
}

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
export function cacheFrame(ctx: ModelContext, capacity: number, tokens: number): CacheFrame {
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
  const kept = toI32(minimum(source, capacity + tokens - 1));
  return {
    capacity,
    block: capacity,
    tokens,
    places: sub(positions, mul(blocks, capacity)),
    mask: concat([old, fresh], 1),
    distances: toI32(distances),
    extend: (inner, name, rows) => appended(inner, name, rows, { capacity, tokens, kept }),
  };
}

/** The cached rows followed by the new ones, [B, C + T, F]. Carries the rows `kept` i32 [C]. */
function appended(
  ctx: ModelContext,
  name: string,
  rows: Tensor,
  { capacity, tokens, kept }: {
    readonly capacity: number;
    readonly tokens: number;
    readonly kept: Tensor;
  },
): Tensor {
  const [batch, , features] = rows.shape;
  const all = concat([ctx.carried(name, [batch, capacity, features]), rows], 1);
  const total = capacity + tokens;
  const first = mul(iota([batch, 1], 0, "i32"), total);
  const flat = reshape(all, [batch * total, features]);
  ctx.carry(name, gather(flat, add(first, reshape(kept, [1, capacity]))));
  return all;
}

/** Position modulo `block`, [1], counted by the carried state `place_in_block`. */
function placesInBlock(ctx: ModelContext, block: number, { position }: RowHistory): Tensor {
  const place = where(equal(position, 0), 0, ctx.carried("place_in_block", [1]));
  const next = add(place, 1);
  ctx.carry("place_in_block", where(equal(next, block), 0, next));
  return place;
}

/**
 * Places one token of every row at the position of its history, in the slot that its place within a
 * block has: nothing moves in the cache but the rows that continue other ones. Keys are the C slots. A
 * cache that is smaller than the block serves as long as the place is below its capacity.
 */
export function slotFrame(
  ctx: ModelContext,
  capacity: number,
  block: number | null,
  history: RowHistory,
): CacheFrame {
  const places = block === null ? history.position : placesInBlock(ctx, block, history);
  const slots = iota([1, capacity], 1);
  const newest = reshape(equal(slots, places), [1, capacity, 1]);
  const older = reshape(less(slots, places), [1, capacity, 1]);
  return {
    capacity,
    block,
    tokens: 1,
    places,
    mask: lessEqual(slots, places),
    distances: toI32(minimum(maximum(sub(slots, places), 1 - capacity), 0)),
    extend: (inner, name, rows) => {
      const [batch, , features] = rows.shape;
      const cached = continuedRows(inner, name, [batch, capacity, features], history);
      const all = where(
        broadcastTo(newest, cached.shape),
        broadcastTo(rows, cached.shape),
        where(broadcastTo(older, cached.shape), cached, 0),
      );
      inner.carry(name, all);
      return all;
    },
  };
}

/**
 * Attention of the new queries q [..., T, z], scaled, to keys [..., K, z] and values [..., K, h];
 * [..., T, h].
 *
 * @param bias Distinct values [2C − 1] of a relative bias for C positions.
 */
export function cachedAttention(
  q: Tensor,
  keys: Tensor,
  values: Tensor,
  frame: CacheFrame,
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
