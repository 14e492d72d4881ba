/** Float64 reference of the matrix product: three nested loops. */
import type { Attrs, RefArray } from "../../src/graph/contract.ts";

/** Multiplies by the definition; batch axes of extent 1 or missing are repeated. */
export function matmulReference([a, b]: readonly RefArray[], attrs: Attrs): RefArray[] {
  const swapA = attrs.transposeA === true;
  const swapB = attrs.transposeB === true;
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const m = swapA ? aColumns : aRows;
  const inner = swapA ? aRows : aColumns;
  const n = swapB ? bRows : bColumns;
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const extent = (shape: readonly number[], k: number) => {
    const axis = k - (rank - (shape.length - 2));
    return axis < 0 ? 1 : shape[axis];
  };
  const batch = Array.from(
    { length: rank },
    (_, k) => Math.max(extent(a.shape, k), extent(b.shape, k)),
  );
  const matrix = (shape: readonly number[], position: readonly number[]) =>
    position.reduce((at, p, k) => at * extent(shape, k) + Math.min(p, extent(shape, k) - 1), 0);
  const count = batch.reduce((product, e) => product * e, 1);
  const data = new Float64Array(count * m * n);
  for (let z = 0; z < count; z++) {
    const position: number[] = [];
    for (let k = rank - 1, rest = z; k >= 0; k--) {
      position[k] = rest % batch[k];
      rest = Math.floor(rest / batch[k]);
    }
    const aStart = matrix(a.shape, position) * aRows * aColumns;
    const bStart = matrix(b.shape, position) * bRows * bColumns;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let k = 0; k < inner; k++) {
          total += a.data[aStart + (swapA ? k * aColumns + i : i * aColumns + k)] *
            b.data[bStart + (swapB ? j * bColumns + k : k * bColumns + j)];
        }
        data[(z * m + i) * n + j] = total;
      }
    }
  }
  return [{ shape: [...batch, m, n], data }];
}
