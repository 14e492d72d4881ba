/** Extents and options shared by the convolution operations. */
import type { Attrs, TensorType } from "../../src/graph/contract.ts";
import { ShapeError } from "../../src/graph/contract.ts";

/** Extents of y[b, t, m] = Σ_j k[m, j] x[b, t − j, m mod D] + Σ_j r[m, j] x[b, t + j + offset, m mod D]. */
export interface Convolution {
  readonly batch: number;
  readonly length: number;
  /** Input features D. */
  readonly features: number;
  /** Output features M, a multiple of D. */
  readonly rows: number;
  /** Taps into the past. */
  readonly taps: number;
  /** Taps into the future. */
  readonly reverseTaps: number;
  /** Smallest lag into the future. */
  readonly offset: number;
}

/** Reads a whole number from the attributes. */
export function whole(attrs: Attrs, name: string): number {
  const value = attrs[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
    throw new TypeError(`attribute ${name} must be a whole number`);
  }
  return value;
}

/** Checks x [B, L, D] against the kernels [M, K] and (optionally) [M, R]. */
export function convolution(
  op: string,
  x: TensorType,
  kernel: TensorType,
  reverse: TensorType | undefined,
  offset: number,
): Convolution {
  if (x.shape.length !== 3 || x.dtype !== "f32") {
    throw new ShapeError(op, "x must be f32 [B, L, D]");
  }
  const [batch, length, features] = x.shape;
  for (const [name, type] of [["kernel", kernel], ["reverse kernel", reverse]] as const) {
    if (type === undefined) continue;
    if (type.shape.length !== 2 || type.dtype !== "f32" || type.shape[0] % features !== 0) {
      throw new ShapeError(
        op,
        `the ${name} must be f32 [C * ${features}, taps] for x [${x.shape}], got [${type.shape}]`,
      );
    }
    if (type.shape[0] !== kernel.shape[0]) {
      throw new ShapeError(op, `kernels [${kernel.shape}] and [${type.shape}] differ in features`);
    }
  }
  const [rows, taps] = kernel.shape;
  const reverseTaps = reverse?.shape[1] ?? 0;
  if (taps > length || reverseTaps + offset > length) {
    throw new ShapeError(op, `kernels reach beyond the ${length} time steps`);
  }
  return { batch, length, features, rows, taps, reverseTaps, offset };
}
