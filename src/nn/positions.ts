/**
 * Absolute positions of the Transformer baselines
 * (`fairseq/modules/sinusoidal_positional_embedding.py` and `learned_positional_embedding.py` of
 * facebookresearch/mega).
 */
import type { Tensor } from "../graph/contract.ts";
import { add, mul, toI32 } from "../../kernels/elementwise/mod.ts";
import { emaScan } from "../../kernels/ema/ema_scan.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { full, iota } from "../../kernels/source/generate.ts";
import { constant } from "../../kernels/source/mod.ts";
import { expandDims, reshape, transpose } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";
import { embedding } from "./embedding.ts";

/**
 * Position ids of tokens, i32 [B, L]: the k-th token that is not padding (from 1) has `padding` + k,
 * padded ones have `padding`.
 *
 * @param valid [B, L], 1 for tokens and 0 for padding.
 */
export function tokenPositions(valid: Tensor, padding: number): Tensor {
  const [batch, length] = valid.shape;
  // A running count is a moving average that forgets nothing: decay and weight are 1.
  const one = full([batch, 1], 1);
  const columns = reshape(transpose(valid), [1, length, batch]);
  const counts = transpose(reshape(emaScan(columns, one, one), [length, batch]));
  return toI32(add(mul(counts, valid), padding));
}

/**
 * Sinusoids of positions 0 … `positions` − 1 in float64, row-major [positions, D]: the first half of
 * a row is sines, the second cosines, of p·10000^(−k/(D/2 − 1)).
 *
 * @param zeroRow A row that is zero (padding).
 * @throws {RangeError} when D is odd or below 4.
 */
export function sinusoidTable(positions: number, width: number, zeroRow?: number): Float64Array {
  if (width % 2 !== 0 || width < 4) {
    throw new RangeError(`sinusoidal positions need an even width of at least 4, not ${width}`);
  }
  const half = width / 2;
  const table = new Float64Array(positions * width);
  for (let p = 0; p < positions; p++) {
    if (p === zeroRow) continue;
    for (let k = 0; k < half; k++) {
      const angle = p * 10000 ** (-k / (half - 1));
      table[p * width + k] = Math.sin(angle);
      table[p * width + half + k] = Math.cos(angle);
    }
  }
  return table;
}

/** Kinds of absolute positions. */
export type PositionKind = "sinusoidal" | "learned" | "none";

/** What {@link positionEmbedding} needs to know. */
export interface PositionOptions {
  readonly kind: Exclude<PositionKind, "none">;
  readonly batch: number;
  readonly length: number;
  readonly width: number;
  /** Size of a learned table before the padding rows are added. */
  readonly maxPositions: number;
  /** For padded tokens: the mask [B, L] and the padding index. Without it positions start at 0. */
  readonly tokens?: { readonly valid: Tensor; readonly padding: number };
}

/** Position vectors, [B, L, D] for tokens or [1, L, D] without padding. Learned ones are `weight`. */
export function positionEmbedding(ctx: ModelContext, options: PositionOptions): Tensor {
  const { kind, length, width, maxPositions, tokens } = options;
  const offset = tokens === undefined ? 0 : tokens.padding + 1;
  const ids = tokens === undefined
    ? iota([1, length], 1, "i32")
    : tokenPositions(tokens.valid, tokens.padding);
  if (kind === "sinusoidal") {
    const rows = length + offset;
    const zeroRow = tokens?.padding;
    const name = `sinusoids ${rows}x${width} zero ${zeroRow ?? "none"}`;
    const table = constant(name, [rows, width], sinusoidTable(rows, width, zeroRow));
    return tokens === undefined ? expandDims(table, 0) : gather(table, ids);
  }
  if (length > maxPositions) {
    throw new RangeError(`${length} positions exceed the learned table of ${maxPositions}`);
  }
  const initializer = {
    kind: "normal",
    deviation: width ** -0.5,
    ...(tokens === undefined ? {} : { zeroRow: tokens.padding }),
  } as const;
  return embedding(ctx, ids, {
    entries: maxPositions + offset,
    width,
    initializer,
    ...(tokens === undefined ? {} : { trained: tokens.valid }),
  });
}
