/**
 * Keys and values of beams, for decoding a token of every row at a time. A position writes its keys and
 * values into the slot of its place and nothing is ever moved: when beams change places, a table records
 * who wrote what a row sees.
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { add, equal, sub, toI32, where } from "../../kernels/elementwise/mod.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { slotAttention, type SlotAttentionKind } from "../../kernels/slot_attention/mod.ts";
import { iota } from "../../kernels/source/generate.ts";
import { broadcastTo, reshape } from "../../kernels/view/mod.ts";
import type { CachePlace } from "./cache_place.ts";
import type { ModelContext } from "./context.ts";
import type { RowHistory } from "./row_history.ts";

/** Slots that beams share; `places` is [1], the slot of the present position. */
export interface SlotCache extends CachePlace {
  readonly kind: "slots";
  /** Rows of a group, which continue each other. */
  readonly group: number;
  /** Row within its group that wrote what a row sees in a slot, [B, C]; absent for groups of one row. */
  readonly owners: Tensor | undefined;
}

/** Position modulo `block`, [1], counted by the carried state `place_in_block`. */
function placeInBlock(ctx: ModelContext, block: number, position: Tensor): Tensor {
  const place = where(equal(position, 0), 0, ctx.carried("place_in_block", [1]));
  const next = add(place, 1);
  ctx.carry("place_in_block", where(equal(next, block), 0, next));
  return place;
}

/** Owners of the slots for the rows of this step; carries them on with those of the present slot. */
function ownersOf(
  ctx: ModelContext,
  capacity: number,
  place: Tensor,
  { order, group }: RowHistory,
): Tensor | undefined {
  if (order === undefined) return undefined;
  const rows = order.size;
  const owners = gather(ctx.carried("owners", [rows, capacity]), order);
  const own = broadcastTo(iota([rows / group, group, 1], 1), [rows / group, group, capacity]);
  const present = broadcastTo(equal(iota([1, capacity], 1), place), [rows, capacity]);
  ctx.carry("owners", where(present, reshape(own, [rows, capacity]), owners));
  return owners;
}

/**
 * The cache at the position of its rows. It serves as long as the place is below the capacity, which may
 * be less than the block.
 */
export function slotCache(
  ctx: ModelContext,
  capacity: number,
  block: number | null,
  history: RowHistory,
): SlotCache {
  const { position, group } = history;
  const places = block === null ? position : placeInBlock(ctx, block, position);
  const owners = ownersOf(ctx, capacity, places, history);
  return { kind: "slots", capacity, block, tokens: 1, places, group, owners };
}

/**
 * Attention of q [B, 1, heads · z], scaled, to its own and earlier keys and values, k [B, 1, heads · z]
 * and v [B, 1, heads · h], which are remembered as `prev_key` and `prev_value` of the present scope;
 * [B, 1, heads · h].
 *
 * @param bias Distinct values [2C − 1] of a relative bias for C positions.
 */
export function attendToSlots(
  ctx: ModelContext,
  { q, k, v, bias }: {
    readonly q: Tensor;
    readonly k: Tensor;
    readonly v: Tensor;
    readonly bias?: Tensor;
  },
  { capacity, places, group, owners }: SlotCache,
  { kind, heads }: { readonly kind: SlotAttentionKind; readonly heads: number },
): Tensor {
  const [rows, length, width] = v.shape;
  if (length !== 1) throw new ShapeError("attendToSlots", `${length} positions at once`);
  const flat = (x: Tensor) => reshape(x, [rows, x.shape[2]]);
  const written = (name: string, fresh: Tensor) => {
    ctx.carrySlot(name, fresh);
    return ctx.carried(name, [capacity, ...fresh.shape]);
  };
  const [newKeys, newValues] = [flat(k), flat(v)];
  const distances = () => toI32(add(sub(iota([capacity], 0), places), capacity - 1));
  const attended = slotAttention({
    q: flat(q),
    keys: written("prev_key", newKeys),
    newKeys,
    values: written("prev_value", newValues),
    newValues,
    place: places,
    ...(owners === undefined ? {} : { owners }),
    ...(bias === undefined
      ? {}
      : { bias: reshape(gather(reshape(bias, [bias.size, 1]), distances()), [capacity]) }),
  }, { kind, heads, group });
  return reshape(attended, [rows, 1, width]);
}
