/**
 * Building blocks of the attention kernels for software adapters.
 *
 * A workgroup is one subgroup without workgroup memory or barriers. Every invocation owns
 * {@link rowsPerLane} consecutive rows (queries, or keys where the roles are exchanged) and meets the
 * columns in chunks; the pairs of a chunk form a strip in scratch memory, of which an invocation only
 * ever touches its own rows. Columns are the same for all lanes, so their loads are scalar loads.
 */
import type { LowerContext } from "../../src/graph/lowering.ts";

/** Rows per invocation; a divisor of 4, so that they share a Philox block. */
export const rowsPerLane = 4;
/** Largest number of columns, or features, in a register block with and without broadcasts. */
const broadcastBlock = 24;
const loadedBlock = 8;

/** `body(0) … body(count − 1)`, one per line. */
export function each(count: number, body: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => body(n)).join("\n");
}

/**
 * Statement that defines `zero` as 0 in a way that no compiler can see or bound. Loop bounds contain
 * it, because llvmpipe unrolls loops of known length on top of the register blocks, and its compile
 * time grows faster than the code.
 */
export const opaqueZero = "let zero = select(0u, group, group == 0xffffffffu);";

/** How loads that all lanes share are done. */
export interface Sharing {
  readonly lanes: number;
  /** True when one lane may load for all of them and hand the value out. */
  readonly broadcast: boolean;
}

/** Splits an extent into the fewest register blocks, as equal as possible. */
function blockOf(extent: number, sharing: Sharing): number {
  const most = sharing.broadcast ? broadcastBlock : loadedBlock;
  return Math.ceil(extent / Math.ceil(extent / most));
}

/**
 * Statements that define `b0`, `b1`, … as elements 0, 1, … of a block, which are the same for all
 * lanes. A load costs about thirty multiply-adds on llvmpipe whether or not lanes agree on the
 * address, so where subgroup operations exist each lane loads one element and broadcasts it.
 */
function sharedLoads(block: number, sharing: Sharing, element: (r: string) => string): string {
  if (!sharing.broadcast) return each(block, (r) => `let b${r} = ${element(`${r}u`)};`);
  const { lanes } = sharing;
  const vectors = each(
    Math.ceil(block / lanes),
    (n) => `let block${n} = ${element(n === 0 ? "lane" : `(lane + ${n * lanes}u)`)};`,
  );
  const parts = each(
    block,
    (r) => `let b${r} = subgroupBroadcast(block${Math.floor(r / lanes)}, ${r % lanes}u);`,
  );
  return `${vectors}\n${parts}`;
}

/** How the rows of all groups are dealt out to workgroups that stay for many tiles. */
export interface Tiling extends Sharing {
  /** Rows per tile. */
  readonly rows: number;
  readonly tilesPerGroup: number;
  readonly tiles: number;
  readonly workgroups: number;
}

/** Deals `groups` times `extent` rows out; few workgroups, because each owns scratch memory. */
export function tiling(groups: number, extent: number, ctx: LowerContext): Tiling {
  const lanes = ctx.subgroupSize;
  const rows = lanes * rowsPerLane;
  const tilesPerGroup = Math.ceil(extent / rows);
  const tiles = groups * tilesPerGroup;
  return {
    lanes,
    broadcast: ctx.subgroups,
    rows,
    tilesPerGroup,
    tiles,
    workgroups: Math.min(tiles, 32),
  };
}

/**
 * Statements around the work on one tile: group `g`, first row `base`, first row of this lane
 * `row`, and its rows clamped to the last one, `row0`, `row1`, …
 */
export function forEachTile(t: Tiling, extent: number, body: string): string {
  return `for (var tile = group; tile < ${t.tiles}u; tile += ${t.workgroups}u) {
let g = tile / ${t.tilesPerGroup}u;
let base = (tile - g * ${t.tilesPerGroup}u) * ${t.rows}u;
let row = base + lane * ${rowsPerLane}u;
${each(rowsPerLane, (c) => `let row${c} = min(row + ${c}u, ${extent - 1}u);`)}
${body}
}`;
}

/** A strip of pairs in scratch memory: element (column, row c of this lane) of the present chunk. */
export interface Strip {
  /** Array expression, e.g. `tmp0`. */
  readonly buffer: string;
  /** Expression for the position of (column 0 of the chunk, row 0 of this lane). */
  readonly start: string;
  /** Distance between columns. */
  readonly columnStride: number;
  /** Distance between the rows of a lane. */
  readonly rowStride: number;
}

/** Element of a strip. */
export function stripAt(strip: Strip, column: string, c: string): string {
  const offset = strip.rowStride === 1 ? c : `${c} * ${strip.rowStride}u`;
  return `${strip.buffer}[${strip.start} + ${column} * ${strip.columnStride}u + ${offset}]`;
}

/**
 * Hands the sums `s{r}_{c}` of a block to `finish`, in a loop: unrolled, these stores would take most of
 * the compile time.
 */
function finished(
  block: number,
  start: string,
  end: string,
  finish: (at: string, c: number, sum: string) => string,
): string {
  const sums = (c: number) => Array.from({ length: block }, (_, r) => `s${r}_${c}`).join(", ");
  return `${each(rowsPerLane, (c) => `var sums${c} = array<f32, ${block}>(${sums(c)});`)}
let stop = min(${start} + ${block}u, ${end});
for (var at = ${start}; at < stop; at++) {
${each(rowsPerLane, (c) => finish("at", c, `sums${c}[at - ${start}]`))}
}`;
}

/**
 * Inner products of this lane's rows with the columns `first … first + count − 1`, into a strip.
 *
 * @param extent Number of columns in all; loads are clamped to it.
 * @param chunk Columns of a strip.
 */
export function scores(
  sharing: Sharing,
  strip: Strip,
  extent: number,
  chunk: number,
  depth: number,
  rowElement: (row: string, x: string) => string,
  columnElement: (column: string, x: string) => string,
): string {
  const block = blockOf(chunk, sharing);
  return `for (var b = 0u; b < count; b += ${block}u) {
${each(block, (r) => each(rowsPerLane, (c) => `var s${r}_${c} = 0.0;`))}
for (var x = 0u; x < ${depth}u + zero; x++) {
${each(rowsPerLane, (c) => `let a${c} = ${rowElement(`row${c}`, "x")};`)}
${
    sharedLoads(
      block,
      sharing,
      (r) => columnElement(`min(first + b + ${r}, ${extent - 1}u)`, "x"),
    )
  }
${each(block, (r) => each(rowsPerLane, (c) => `s${r}_${c} = fma(a${c}, b${r}, s${r}_${c});`))}
}
${finished(block, "b", "count", (at, c, sum) => `${stripAt(strip, at, `${c}u`)} = ${sum};`)}
}`;
}

/**
 * Products of a strip with a matrix that has the strip's columns as rows. For every feature `e`
 * and row `c`, `finish` receives the sum over `count` columns.
 */
export function products(
  sharing: Sharing,
  strip: Strip,
  width: number,
  matrixElement: (column: string, e: string) => string,
  finish: (e: string, c: number, sum: string) => string,
): string {
  const block = blockOf(width, sharing);
  return `for (var e = 0u; e < ${width}u + zero; e += ${block}u) {
${each(block, (r) => each(rowsPerLane, (c) => `var s${r}_${c} = 0.0;`))}
for (var b = 0u; b < count; b++) {
let column = first + b;
${each(rowsPerLane, (c) => `let a${c} = ${stripAt(strip, "b", `${c}u`)};`)}
${
    sharedLoads(
      block,
      sharing,
      (r) => matrixElement("column", `min(e + ${r}, ${width - 1}u)`),
    )
  }
${each(block, (r) => each(rowsPerLane, (c) => `s${r}_${c} = fma(a${c}, b${r}, s${r}_${c});`))}
}
${finished(block, "e", `${width}u`, finish)}
}`;
}

/** Where the private scratch memory of a workgroup keeps what; in elements. */
export class Layout {
  /** Elements per workgroup so far. */
  size = 0;
  readonly #names = new Map<string, number>();

  /** Reserves `count` elements under a name. */
  reserve(name: string, count: number): void {
    this.#names.set(name, this.size);
    this.size += count;
  }

  /** Constant offset of a region within the workgroup's part. */
  offset(name: string): number {
    const offset = this.#names.get(name);
    if (offset === undefined) throw new Error(`no scratch region ${name}`);
    return offset;
  }
}

/** Columns of one strip. */
export function chunkLength(extent: number): number {
  return Math.min(extent, extent > 256 ? 128 : 32);
}
