/**
 * Relative position bias of attention scores (`fairseq/modules/relative_positional_bias.py` of
 * facebookresearch/mega). A bias depends on j − i alone, so it is kept as its 2L − 1 distinct
 * values: element (L − 1) + j − i.
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { add, mul, sub } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { constant } from "../../kernels/source/mod.ts";
import { broadcastTo, pad, reshape, slice, split } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";
import { normal } from "./initializers.ts";

/** Kinds of relative position bias. */
export const relativeBiasKinds = ["simple", "rotary"] as const;
/** Kind of relative position bias. */
export type RelativeBiasKind = typeof relativeBiasKinds[number];

/**
 * Sines and cosines of p·10000^(−k/half) in float64, row-major [positions, half], for positions
 * `first`, `first` + 1, ….
 */
export function rotaryTables(
  first: number,
  positions: number,
  half: number,
): { readonly sine: Float64Array; readonly cosine: Float64Array } {
  const angle = (i: number) => (first + Math.floor(i / half)) * 10000 ** (-(i % half) / half);
  const angles = Float64Array.from({ length: positions * half }, (_, i) => angle(i));
  return { sine: angles.map(Math.sin), cosine: angles.map(Math.cos) };
}

/**
 * The rotary bias in closed form:
 * Σ_k (a1 b1 + a2 b2) cos((i − j) f_k) + (a1 b2 − a2 b1) sin((i − j) f_k), with a1, a2 the halves of
 * `alpha` and b1, b2 those of `beta`.
 */
function rotaryBias(ctx: ModelContext, length: number, width: number): Tensor {
  if (width % 2 !== 0) throw new ShapeError("rotary bias", `the width ${width} is odd`);
  const half = width / 2;
  const [a1, a2] = split(ctx.parameter("alpha", [1, width], normal(0.02)), 1, [half, half]);
  const [b1, b2] = split(ctx.parameter("beta", [1, width], normal(0.02)), 1, [half, half]);
  const distances = 2 * length - 1;
  // Row t holds j − i = t − (length − 1); the formula has i − j, whose sine has the other sign.
  const { sine, cosine } = rotaryTables(1 - length, distances, half);
  const table = (name: string, values: Float64Array) =>
    constant(`rotary ${name} ${length}x${half}`, [distances, half], values);
  const even = mul(table("cosine", cosine), add(mul(a1, b1), mul(a2, b2)));
  const odd = mul(table("sine", sine), sub(mul(a2, b1), mul(a1, b2)));
  return sum(add(even, odd), [1]);
}

/**
 * The distinct values [2 · length − 1] of the bias, in the scope `rel_pos_bias`.
 *
 * @param maxPositions Fixes the shape of a simple bias; a rotary one has no limit.
 * @param width Width of queries and keys, z.
 * @throws {ShapeError} when a simple bias is asked for more than `maxPositions` positions.
 */
export function relativeBias(
  ctx: ModelContext,
  kind: RelativeBiasKind,
  length: number,
  maxPositions: number,
  width: number,
): Tensor {
  if (kind === "rotary") return rotaryBias(ctx, length, width);
  if (length > maxPositions) {
    throw new ShapeError("simple bias", `${length} positions exceed the maximum ${maxPositions}`);
  }
  const weights = ctx.parameter("rel_pos_bias", [2 * maxPositions - 1], normal(0.02));
  return slice(weights, 0, maxPositions - length, 2 * length - 1);
}

/** The matrix [L, L] of a bias given by its distinct values [2L − 1]: row i, column j. */
export function toeplitz(values: Tensor): Tensor {
  const length = (values.size + 1) / 2;
  // Rows of 2L repeated and read with a stride of 2L − 1 move by one position per row.
  const rows = broadcastTo(pad(values, 0, 0, 1), [length, 2 * length]);
  const flat = slice(reshape(rows, [2 * length * length]), 0, 0, length * (2 * length - 1));
  return slice(reshape(flat, [length, 2 * length - 1]), 1, length - 1, length);
}
