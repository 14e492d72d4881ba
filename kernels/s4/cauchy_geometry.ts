/** Extents of the Cauchy sums, from their operands. */
import { ShapeError, type TensorType } from "../../src/graph/contract.ts";

/** Extents of a Cauchy sum. */
export interface CauchyGeometry {
  /** R, numbers of numerators that share the poles. */
  readonly rows: number;
  /** H */
  readonly features: number;
  /** M, conjugate pairs per feature. */
  readonly pairs: number;
  /** F */
  readonly bins: number;
}

/**
 * Extents from ρ, w [R, H, M], the poles [H, M] and the frequency table [F, 2].
 *
 * @throws {ShapeError} when they do not fit; `op` names the operation in it.
 */
export function cauchyGeometry(
  op: string,
  [rho, weight, re, im, table]: readonly TensorType[],
): CauchyGeometry {
  const [rows, features, pairs] = rho.shape;
  const same = (a: TensorType, b: TensorType) => a.shape.join() === b.shape.join();
  if (
    rho.shape.length !== 3 || !same(rho, weight) || !same(re, im) ||
    re.shape.join() !== [features, pairs].join() || table.shape[1] !== 2
  ) {
    throw new ShapeError(
      op,
      `needs numerators [R, H, M] and poles [H, M], got [${rho.shape}], [${weight.shape}], ` +
        `[${re.shape}], [${im.shape}]`,
    );
  }
  return { rows, features, pairs, bins: table.shape[0] };
}
