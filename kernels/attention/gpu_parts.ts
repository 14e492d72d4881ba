/**
 * Building blocks of the attention kernels for GPUs.
 *
 * A workgroup owns a tile of rows (queries, or keys where the roles are exchanged) and walks over the
 * columns, {@link stepColumns} at a time. An invocation owns four rows, number `ty` of the groups of
 * four, and in each step four columns, number `tx`; in products it owns every sixteenth group of four
 * features. Workgroup memory is read in vectors of four: operands pass through `slice`, the pairs of a
 * step lie in pair tiles, one vector of four rows per column, and sums stay in registers; where values
 * are too wide for that, workgroups share a tile and own a block of features each.
 *
 * Loops end at a bound that contains `zero` for the sake of software drivers (see `opaqueZero`), except
 * for the innermost ones, whose few turns they do not unroll anyway.
 */
import type { FeatureSplit } from "./gpu_features.ts";
import { each, opaqueZero } from "./software_parts.ts";

/** Invocations that share a group of four rows. */
const across = 16;
/** Columns per step. */
export const stepColumns = 4 * across;
/** Features of a score that pass through the slice at once. */
const sliceDepth = 16;
/** Distance of two features of the columns in the slice; odd, so that they fall into other banks. */
const columnStride = across + 1;
/** Turns of the innermost loops that are written out; the runtime's loop checks cost as much as one. */
const unrolled = 4;
/** Vectors of the slice that products use at most; the second where workgroup memory is small. */
const productSlices = [512, 256] as const;
/** Workgroups that keep a large GPU busy. */
const busyGroups = 256;

/** Components of a vector of four rows, columns or features. */
export const components = ["x", "y", "z", "w"] as const;

/** How a kernel divides its rows and uses workgroup memory. */
export interface GpuTiling {
  /** Groups of four rows per workgroup. */
  readonly rowGroups: number;
  /** Rows per workgroup. */
  readonly rows: number;
  /** Invocations per workgroup. */
  readonly threads: number;
  readonly tilesPerGroup: number;
  readonly tiles: number;
  /** Vectors of the slice that products use at most. */
  readonly productSlice: number;
}

const vectors = (width: number) => Math.ceil(width / 4);

/** Columns of a matrix of this width that pass through the slice at once, in a product. */
function sliceColumns(width: number, productSlice: number): number {
  const fitting = Math.floor(productSlice / vectors(width));
  return fitting < 1 ? 1 : Math.min(stepColumns, 2 ** Math.floor(Math.log2(fitting)));
}

/** Vectors of the slice for products of these widths. */
function sliceSize(rowGroups: number, productSlice: number, widths: readonly number[]): number {
  const scores = sliceDepth * (rowGroups + 1 + columnStride);
  const products = widths.map((width) => sliceColumns(width, productSlice) * vectors(width));
  return Math.max(scores, ...products);
}

/**
 * Chooses the largest tile that fits workgroup memory and leaves enough workgroups to keep the device
 * busy, or the smallest tile.
 *
 * @param pairTiles Tiles of pairs that live at once.
 * @param widths Widths of the matrices in products.
 * @param splits Workgroups that share the work on one tile.
 * @throws {RangeError} when not even the smallest tile fits.
 */
export function gpuTiling(
  groups: number,
  extent: number,
  pairTiles: number,
  widths: readonly number[],
  bytes: number,
  splits = 1,
): GpuTiling {
  let found: GpuTiling | undefined;
  for (const productSlice of productSlices) {
    for (const rowGroups of [16, 8, 4]) {
      const rows = 4 * rowGroups;
      const threads = across * rowGroups;
      const slice = sliceSize(rowGroups, productSlice, widths);
      const used = pairTiles * stepColumns * rowGroups + slice + threads + 1;
      if (16 * used > bytes) continue;
      const tilesPerGroup = Math.ceil(extent / rows);
      const tiles = groups * tilesPerGroup;
      found = { rowGroups, rows, threads, tilesPerGroup, tiles, productSlice };
      if (tiles * splits >= busyGroups && rows < 2 * extent) break;
    }
    if (found) break;
  }
  if (!found) throw new RangeError(`attention: no tile of ${extent} rows fits ${bytes} bytes`);
  return found;
}

/** Workgroup variables: pair tiles by name, the slice for products of these widths, and the rest. */
export function workgroupVariables(
  t: GpuTiling,
  pairTiles: readonly string[],
  widths: readonly number[],
): string {
  const pairs = stepColumns * t.rowGroups;
  return [
    ...pairTiles.map((name) => `var<workgroup> ${name}: array<vec4<f32>, ${pairs}>;`),
    `var<workgroup> slice: array<vec4<f32>, ${sliceSize(t.rowGroups, t.productSlice, widths)}>;`,
    `var<workgroup> partial: array<vec4<f32>, ${t.threads}>;`,
    `var<workgroup> valid_keys: atomic<u32>;`,
  ].join("\n");
}

/** The vector of this invocation's four rows of a pair tile at a column of the step. */
export function pairsAt(t: GpuTiling, tile: string, column: string): string {
  return `${tile}[(${column}) * ${t.rowGroups}u + ty]`;
}

/**
 * Statements around the work on one tile of rows: group `g`, first row `base`. Where a tile is divided
 * into blocks of features, also the first `feature` of the block.
 */
export function forEachGpuTile(
  t: GpuTiling,
  workgroups: number,
  body: string,
  split?: FeatureSplit,
): string {
  const unit = split === undefined ? "tile" : "unit";
  const block = split === undefined ? "" : `let tile = unit / ${split.blocks}u;
let feature = (unit - tile * ${split.blocks}u) * ${split.width}u;
`;
  return `${opaqueZero}
let ty = lane % ${t.rowGroups}u;
let tx = lane / ${t.rowGroups}u;
for (var ${unit} = group; ${unit} < ${t.tiles * (split?.blocks ?? 1)}u; ${unit} += ${workgroups}u) {
${block}let g = tile / ${t.tilesPerGroup}u;
let base = (tile - g * ${t.tilesPerGroup}u) * ${t.rows}u;
workgroupBarrier();
${body}
}`;
}

/** The four rows of this invocation, as the names `prefix0` to `prefix3`, kept inside their extent. */
export function ownRows(prefix: string, extent: number): string {
  return each(4, (r) => `let ${prefix}${r} = min(base + 4u * ty + ${r}u, ${extent - 1}u);`);
}

/** A vector of one expression per row (or column, or feature) of a group of four. */
export function vectorOf(element: (n: number) => string): string {
  return `vec4<f32>(${[0, 1, 2, 3].map(element).join(", ")})`;
}

/**
 * Combines a vector per invocation over all columns, so that every invocation of a row has the result.
 *
 * @param join Statement that joins the vector `other` into the result.
 */
export function acrossColumns(t: GpuTiling, value: string, join: string): string {
  return `partial[lane] = ${value};
workgroupBarrier();
for (var n = 0u; n < ${across}u + zero; n++) {
let other = partial[n * ${t.rowGroups}u + ty];
${join}
}`;
}

/** A loop over this invocation's columns of the step: `column` of the tile. */
export function overOwnColumns(body: string): string {
  return `for (var column = 4u * tx; column < 4u * tx + 4u; column++) {\n${body}\n}`;
}

/**
 * Inner products of the rows from `base` with the columns from `first`, into a pair tile. Ends
 * without a barrier; an invocation may read its own pairs at once.
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
  const rowStride = t.rowGroups + 1;
  const columns = `${sliceDepth * rowStride}u`;
  const ragged = depth % sliceDepth !== 0;
  const turns = ragged ? 1 : unrolled;
  const fill = (groups: number, target: string, stride: number, element: (k: number) => string) => {
    const vector = vectorOf(element);
    return `for (var n = lane; n < ${groups * sliceDepth}u + zero; n += ${t.threads}u) {
let x = x0 + n % ${sliceDepth}u;
let four = 4u * (n / ${sliceDepth}u);
let at = ${ragged ? `min(x, ${depth - 1}u)` : "x"};
slice[${target} + n % ${sliceDepth}u * ${stride}u + n / ${sliceDepth}u] = ${vector};
}`;
  };
  const end = ragged ? `min(x0 + ${sliceDepth}u, ${depth}u)` : `x0 + ${sliceDepth}u`;
  return `{
${each(4, (c) => `var s${c} = vec4<f32>(0.0);`)}
for (var x0 = 0u; x0 < ${depth}u + zero; x0 += ${sliceDepth}u) {
workgroupBarrier();
${
    fill(
      t.rowGroups,
      "0u",
      rowStride,
      (k) => rowElement(`min(base + four + ${k}u, ${rowExtent - 1}u)`, "at"),
    )
  }
${
    fill(
      across,
      columns,
      columnStride,
      (k) => columnElement(`min(first + four + ${k}u, ${columnExtent - 1}u)`, "at"),
    )
  }
workgroupBarrier();
for (var turn = x0; turn < ${end}; turn += ${turns}u) {
${
    each(turns, (u) =>
      `{ let a = slice[(turn + ${u}u - x0) * ${rowStride}u + ty];
let b = slice[${columns} + (turn + ${u}u - x0) * ${columnStride}u + tx];
${each(4, (c) => `s${c} = fma(a, vec4<f32>(b.${components[c]}), s${c});`)} }`)
  }
}
}
${each(4, (c) => `${pairsAt(t, tile, `4u * tx + ${c}u`)} = s${c};`)}
}`;
}

/** Groups of four features that an invocation owns in a matrix of this width. */
function ownVectors(width: number): number {
  return Math.ceil(vectors(width) / across);
}

/** Registers `{name}{row}_{feature group}` that sum a product up over all steps. */
export function accumulators(name: string, width: number): string {
  return each(
    4,
    (r) => each(ownVectors(width), (f) => `var ${name}${r}_${f} = vec4<f32>(0.0);`),
  );
}

/** Multiplies the sums of every row by a component of a vector. */
export function scaleAccumulators(name: string, width: number, factor: string): string {
  return each(
    4,
    (r) => each(ownVectors(width), (f) => `${name}${r}_${f} *= ${factor}.${components[r]};`),
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
  const wide = vectors(width);
  const columns = sliceColumns(width, t.productSlice);
  const turns = Math.min(columns, unrolled);
  const at = (k: number) => {
    if (k === 0) return "e";
    return width % 4 === 0 ? `e + ${k}u` : `min(e + ${k}u, ${width - 1}u)`;
  };
  const own = (f: number) => {
    const vector = f === 0 ? "tx" : `tx + ${across * f}u`;
    return across * (f + 1) <= wide ? vector : `min(${vector}, ${wide - 1}u)`;
  };
  return `for (var c0 = 0u; c0 < ${stepColumns}u + zero; c0 += ${columns}u) {
workgroupBarrier();
for (var n = lane; n < ${columns * wide}u + zero; n += ${t.threads}u) {
let column = min(first + c0 + n / ${wide}u, ${columnExtent - 1}u);
let e = 4u * (n % ${wide}u);
slice[n] = ${vectorOf((k) => matrixElement("column", at(k)))};
}
workgroupBarrier();
for (var turn = c0; turn < c0 + ${columns}u; turn += ${turns}u) {
${
    each(turns, (u) =>
      `{ let a = ${pairsAt(t, tile, `turn + ${u}u`)};
${
        each(ownVectors(width), (f) =>
          `{ let b = slice[(turn + ${u}u - c0) * ${wide}u + ${own(f)}];
${
            each(4, (r) => {
              const sum = `${name}${r}_${f}`;
              return `${sum} = fma(vec4<f32>(a.${components[r]}), b, ${sum});`;
            })
          } }`)
      } }`)
  }
}
}`;
}

/** Hands every finished sum to `write(row in all, row in the group of four, feature, value)`. */
export function writeAccumulators(
  name: string,
  rowExtent: number,
  width: number,
  write: (row: string, r: number, e: string, value: string) => string,
): string {
  return each(4, (r) =>
    `{ let row = base + 4u * ty + ${r}u;
if (row < ${rowExtent}u) {
${
      each(ownVectors(width), (f) =>
        each(4, (k) => {
          const e = `(4u * tx + ${4 * across * f + k}u)`;
          const text = write("row", r, e, `${name}${r}_${f}.${components[k]}`);
          return 4 * across * (f + 1) <= width ? text : `if (${e} < ${width}u) { ${text} }`;
        }))
    }
} }`);
}
