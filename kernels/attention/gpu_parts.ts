/**
 * Building blocks of the attention kernels for GPUs.
 *
 * A workgroup of 16 x 16 invocations owns a tile of rows (queries, or keys where the roles are
 * exchanged) and walks over the columns, 32 at a time. The pairs of one step lie in workgroup memory;
 * operands pass through a slice of workgroup memory; sums over columns stay in registers.
 */
import { each, opaqueZero } from "./software_parts.ts";

/** Invocations per workgroup. */
export const threads = 256;
/** Columns per step. */
export const stepColumns = 32;
/** Features per slice of a score. */
const sliceDepth = 16;
/** Row length of a pair tile, one more than a step so that columns fall into different banks. */
const tileStride = stepColumns + 1;

/** How a kernel uses workgroup memory. */
export interface GpuTiling {
  /** Rows per invocation. */
  readonly rowsPerThread: number;
  /** Rows per workgroup. */
  readonly rows: number;
  /** Columns whose features lie in the slice at once, in a product. */
  readonly sliceColumns: number;
  /** Elements of the slice. */
  readonly sliceSize: number;
  readonly tilesPerGroup: number;
  readonly tiles: number;
}

/**
 * Chooses the largest tile that fits workgroup memory.
 *
 * @param pairTiles Tiles of pairs that live at once.
 * @param width Widest matrix of a product.
 */
export function gpuTiling(
  groups: number,
  extent: number,
  pairTiles: number,
  width: number,
  bytes: number,
): GpuTiling {
  for (const rowsPerThread of extent > 32 ? [4, 2] : [2]) {
    const rows = 16 * rowsPerThread;
    for (const sliceColumns of [8, 4, 2, 1]) {
      const sliceSize = Math.max((rows + stepColumns) * (sliceDepth + 1), sliceColumns * width);
      const used = pairTiles * rows * tileStride + sliceSize + threads + 4 * rows + 1;
      if (4 * used > bytes && (rowsPerThread > 2 || sliceColumns > 1)) continue;
      const tilesPerGroup = Math.ceil(extent / rows);
      const tiles = groups * tilesPerGroup;
      return { rowsPerThread, rows, sliceColumns, sliceSize, tilesPerGroup, tiles };
    }
  }
  throw new RangeError(`attention: no tile of ${extent} rows fits ${bytes} bytes`);
}

/** Workgroup variables: pair tiles by name, the slice, per-row values by name. */
export function workgroupVariables(
  t: GpuTiling,
  pairTiles: readonly string[],
  rowValues: readonly string[],
): string {
  return [
    ...pairTiles.map((name) => `var<workgroup> ${name}: array<f32, ${t.rows * tileStride}>;`),
    ...rowValues.map((name) => `var<workgroup> ${name}: array<f32, ${t.rows}>;`),
    `var<workgroup> slice: array<f32, ${t.sliceSize}>;`,
    `var<workgroup> partial: array<f32, ${threads}>;`,
    `var<workgroup> valid_keys: atomic<u32>;`,
  ].join("\n");
}

/** Element of a pair tile. */
export function pairAt(tile: string, row: string, column: string): string {
  return `${tile}[(${row}) * ${tileStride}u + ${column}]`;
}

/** Statements around the work on one tile of rows: group `g`, first row `base`. */
export function forEachGpuTile(t: GpuTiling, workgroups: number, body: string): string {
  return `${opaqueZero}
let tx = lane % 16u;
let ty = lane / 16u;
for (var tile = group; tile < ${t.tiles}u; tile += ${workgroups}u) {
let g = tile / ${t.tilesPerGroup}u;
let base = (tile - g * ${t.tilesPerGroup}u) * ${t.rows}u;
workgroupBarrier();
${body}
}`;
}

/**
 * Inner products of the rows from `base` with the columns from `first`, into a pair tile. Ends
 * without a barrier.
 */
export function gpuScores(
  t: GpuTiling,
  tile: string,
  rowExtent: number,
  columnExtent: number,
  depth: number,
  rowElement: (row: string, x: string) => string,
  columnElement: (column: string, x: string) => string,
): string {
  const stride = sliceDepth + 1;
  const columns = `${t.rows * stride}u`;
  const fill = (count: number, target: string, element: string) =>
    `for (var n = lane; n < ${count * sliceDepth}u + zero; n += ${threads}u) {
let x = x0 + n % ${sliceDepth}u;
let r = n / ${sliceDepth}u;
let at = min(x, ${depth - 1}u);
slice[${target} + r * ${stride}u + n % ${sliceDepth}u] = select(0.0, ${element}, x < ${depth}u);
}`;
  const rows = t.rowsPerThread;
  return `{
${each(rows, (r) => `var s${r}_0 = 0.0; var s${r}_1 = 0.0;`)}
for (var x0 = 0u; x0 < ${depth}u + zero; x0 += ${sliceDepth}u) {
workgroupBarrier();
${fill(t.rows, "0u", rowElement(`min(base + r, ${rowExtent - 1}u)`, "at"))}
${fill(stepColumns, columns, columnElement(`min(first + r, ${columnExtent - 1}u)`, "at"))}
workgroupBarrier();
for (var x = 0u; x < ${sliceDepth}u + zero; x++) {
let b0 = slice[${columns} + tx * ${stride}u + x];
let b1 = slice[${columns} + (tx + 16u) * ${stride}u + x];
${
    each(rows, (r) =>
      `let a${r} = slice[(ty * ${rows}u + ${r}u) * ${stride}u + x];
s${r}_0 = fma(a${r}, b0, s${r}_0); s${r}_1 = fma(a${r}, b1, s${r}_1);`)
  }
}
}
${
    each(rows, (r) =>
      `${pairAt(tile, `ty * ${rows}u + ${r}u`, "tx")} = s${r}_0;
${pairAt(tile, `ty * ${rows}u + ${r}u`, "(tx + 16u)")} = s${r}_1;`)
  }
}`;
}

/** Registers `{name}{row}_{feature block}` that sum a product up over all steps. */
export function accumulators(t: GpuTiling, name: string, width: number): string {
  return each(
    t.rowsPerThread,
    (r) => each(Math.ceil(width / 16), (f) => `var ${name}${r}_${f} = 0.0;`),
  );
}

/** Adds the product of a pair tile and a matrix with the tile's columns as rows. Begins with a barrier. */
export function gpuProducts(
  t: GpuTiling,
  name: string,
  tile: string,
  columnExtent: number,
  width: number,
  matrixElement: (column: string, e: string) => string,
): string {
  const rows = t.rowsPerThread;
  const feature = (f: number) =>
    16 * (f + 1) <= width ? `tx + ${16 * f}u` : `min(tx + ${16 * f}u, ${width - 1}u)`;
  return `for (var c0 = 0u; c0 < ${stepColumns}u + zero; c0 += ${t.sliceColumns}u) {
workgroupBarrier();
for (var n = lane; n < ${t.sliceColumns * width}u + zero; n += ${threads}u) {
let column = min(first + c0 + n / ${width}u, ${columnExtent - 1}u);
slice[n] = ${matrixElement("column", `n % ${width}u`)};
}
workgroupBarrier();
for (var c = 0u; c < ${t.sliceColumns}u + zero; c++) {
${each(rows, (r) => `let a${r} = ${pairAt(tile, `ty * ${rows}u + ${r}u`, "c0 + c")};`)}
${
    each(Math.ceil(width / 16), (f) =>
      `{ let b = slice[c * ${width}u + ${feature(f)}];
${each(rows, (r) => `${name}${r}_${f} = fma(a${r}, b, ${name}${r}_${f});`)} }`)
  }
}
}`;
}

/** Hands every finished sum to `write(row in all, row in the tile, feature, value)`. */
export function writeAccumulators(
  t: GpuTiling,
  name: string,
  rowExtent: number,
  width: number,
  write: (row: string, tileRow: string, e: string, value: string) => string,
): string {
  return each(t.rowsPerThread, (r) => {
    const tileRow = `(ty * ${t.rowsPerThread}u + ${r}u)`;
    return `if (base + ${tileRow} < ${rowExtent}u) {
let row = base + ${tileRow};
${
      each(Math.ceil(width / 16), (f) => {
        const text = write("row", tileRow, `(tx + ${16 * f}u)`, `${name}${r}_${f}`);
        return 16 * (f + 1) <= width ? text : `if (tx + ${16 * f}u < ${width}u) { ${text} }`;
      })
    }
}`;
  });
}
