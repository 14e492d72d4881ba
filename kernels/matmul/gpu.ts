/**
 * Matrix product for GPUs: a workgroup computes a tile of C from tiles of A and B in workgroup
 * memory, each invocation an interleaved grid of elements in registers. Small products get small tiles and a
 * split contraction so that enough workgroups run at once.
 */
import type { LowerContext, Pass } from "../lowering.ts";
import type { Problem } from "./problem.ts";
import { joinPass } from "./split.ts";

/** Tile of one workgroup. */
export interface GpuTile {
  readonly rows: number;
  readonly columns: number;
  /** Steps of the contraction that are in workgroup memory at once. */
  readonly depth: number;
  /** Rows and columns of C per invocation. */
  readonly perThread: readonly [number, number];
  /** Parts of the contraction; above 1 a second pass adds them up. */
  readonly splits: number;
}

const tiles: readonly Omit<GpuTile, "splits">[] = [
  { rows: 64, columns: 64, depth: 16, perThread: [4, 4] },
  { rows: 32, columns: 64, depth: 16, perThread: [4, 4] },
  { rows: 64, columns: 32, depth: 16, perThread: [4, 4] },
  { rows: 16, columns: 64, depth: 16, perThread: [4, 4] },
  { rows: 64, columns: 16, depth: 16, perThread: [4, 4] },
  { rows: 32, columns: 32, depth: 16, perThread: [4, 4] },
  { rows: 16, columns: 16, depth: 16, perThread: [2, 2] },
];

/** Workgroups that keep a mid-sized GPU busy. */
const busyGroups = 128;

/** Chooses the largest tile that wastes little at the edges and still occupies the device. */
export function chooseGpuTile(problem: Problem, workgroupMemory: number): GpuTile {
  const { batches, rows, columns, inner } = problem;
  let best: GpuTile | undefined;
  let least = Infinity;
  for (const tile of tiles) {
    if (4 * tile.depth * (tile.rows + tile.columns + 2) > workgroupMemory) continue;
    const groups = batches * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
    const wanted = Math.ceil(busyGroups / groups);
    const splits = inner < 256 ? 1 : Math.max(1, Math.min(wanted, Math.floor(inner / 128), 32));
    // Multiply-adds per invocation and element loads of its share of the tiles, in waves of groups.
    const waves = Math.max(1, groups * splits / busyGroups);
    const cells = tile.perThread[0] * tile.perThread[1];
    const loads = (tile.rows + tile.columns) * cells / (tile.rows * tile.columns);
    const threads = tile.rows * tile.columns / cells;
    const cost = waves * (inner / splits) * (cells + 4 * loads) * threads;
    if (cost < least) [best, least] = [{ ...tile, splits }, cost];
  }
  if (!best) {
    throw new RangeError(`matmul: ${workgroupMemory} bytes of workgroup memory are too few`);
  }
  return best;
}

const range = (count: number) => [...Array(count).keys()];

/** Statements that fill a tile; `fast` tells which index follows the lanes. */
function fill(
  target: string,
  width: number,
  tile: { readonly across: number; readonly depth: number; readonly threads: number },
  depthFast: boolean,
  element: (across: string, k: string) => string,
  guard: (across: string, k: string) => string,
): string {
  const count = tile.across * tile.depth / tile.threads;
  return range(count).map((i) => {
    const e = i === 0 ? "lane" : `(lane + ${i * tile.threads}u)`;
    const across = depthFast ? `${e} / ${tile.depth}u` : `${e} % ${tile.across}u`;
    const depth = depthFast ? `${e} % ${tile.depth}u` : `${e} / ${tile.across}u`;
    const condition = guard("across", "k");
    const load = `value = ${element("across", "k")};`;
    return `{
let across = ${target}_origin + ${across};
let k = k0 + ${depth};
var value = 0f;
${condition === "" ? load : `if (${condition}) { ${load} }`}
${target}[${depth} * ${width}u + ${across}] = value;
}`;
  }).join("\n");
}

/** Lowers a product for the gpu class. */
export function lowerGpu(
  problem: Problem,
  ctx: LowerContext,
  tile = chooseGpuTile(problem, ctx.workgroupMemory),
): Pass[] {
  const { batches, rows: m, columns: n, inner } = problem;
  const { splits, depth, perThread: [perRow, perColumn] } = tile;
  const threadColumns = tile.columns / perColumn;
  const threadRows = tile.rows / perRow;
  const threads = threadColumns * threadRows;
  const rowTiles = Math.ceil(m / tile.rows);
  const columnTiles = Math.ceil(n / tile.columns);
  const chunk = Math.ceil(inner / splits / depth) * depth;
  const ragged = {
    rows: m % tile.rows !== 0,
    columns: n % tile.columns !== 0,
    inner: inner % depth !== 0,
  };
  const conditions = (...parts: readonly (string | false)[]) => parts.filter(Boolean).join(" && ");
  const aWidth = tile.rows + 1;
  const bWidth = tile.columns + 1;
  const parts = splits === 1 ? undefined : ctx.scratch(splits * batches * m * n);
  const body = [
    `let column_origin = group % ${columnTiles}u * ${tile.columns}u;`,
    `let row_origin = group / ${columnTiles}u % ${rowTiles}u * ${tile.rows}u;`,
    `let part = group / ${columnTiles * rowTiles}u % ${splits}u;`,
    `let z = group / ${columnTiles * rowTiles * splits}u;`,
    problem.batchNames,
    problem.left.base,
    problem.right.base,
    "let tile_a_origin = row_origin;",
    "let tile_b_origin = column_origin;",
    `let thread_column = lane % ${threadColumns}u;`,
    `let thread_row = lane / ${threadColumns}u;`,
    ...range(perRow).flatMap((r) => range(perColumn).map((c) => `var sum${r}_${c} = 0f;`)),
    splits === 1
      ? `for (var k0 = 0u; k0 < ${inner}u; k0 += ${depth}u) {`
      : `for (var k0 = part * ${chunk}u; k0 < min((part + 1u) * ${chunk}u, ${inner}u); k0 += ${depth}u) {`,
    fill(
      "tile_a",
      aWidth,
      { across: tile.rows, depth, threads },
      problem.left.strides?.column === 1,
      (row, k) => problem.left.element(row, k),
      (row, k) => conditions(ragged.rows && `${row} < ${m}u`, ragged.inner && `${k} < ${inner}u`),
    ),
    fill(
      "tile_b",
      bWidth,
      { across: tile.columns, depth, threads },
      problem.right.strides?.row === 1,
      (column, k) => problem.right.element(k, column),
      (column, k) =>
        conditions(ragged.columns && `${column} < ${n}u`, ragged.inner && `${k} < ${inner}u`),
    ),
    "workgroupBarrier();",
    // GPU compilers see the number of turns and unroll them; Mesa's software driver, which takes seconds
    // to compile unrolled accesses, does not.
    `for (var turn = k0; turn < k0 + ${depth}u; turn++) {`,
    "let k = turn - k0;",
    ...range(perRow).map((r) =>
      `let left${r} = tile_a[k * ${aWidth}u + thread_row + ${r * threadRows}u];`
    ),
    ...range(perColumn).map((c) =>
      `let right${c} = tile_b[k * ${bWidth}u + thread_column + ${c * threadColumns}u];`
    ),
    ...range(perRow).flatMap((r) =>
      range(perColumn).map((c) => `sum${r}_${c} = fma(left${r}, right${c}, sum${r}_${c});`)
    ),
    "}",
    "workgroupBarrier();",
    "}",
  ];
  for (const r of range(perRow)) {
    for (const c of range(perColumn)) {
      const row = `row_origin + thread_row + ${r * threadRows}u`;
      const column = `column_origin + thread_column + ${c * threadColumns}u`;
      const store = parts
        ? `tmp${parts.index}[((part * ${batches}u + z) * ${m}u + ${row}) * ${n}u + ${column}] = sum${r}_${c};`
        : problem.store(row, column, `sum${r}_${c}`);
      const inside = conditions(
        ragged.rows && `${row} < ${m}u`,
        ragged.columns && `${column} < ${n}u`,
      );
      body.push(inside === "" ? store : `if (${inside}) { ${store} }`);
    }
  }
  const pass: Pass = {
    name: "tile",
    inputs: [0, 1],
    outputs: parts ? [] : [0],
    scratch: parts ? [{ scratch: parts, access: "write" }] : [],
    workgroupSize: threads,
    groups: columnTiles * rowTiles * splits * batches,
    declarations: `var<workgroup> tile_a: array<f32, ${depth * aWidth}>;
var<workgroup> tile_b: array<f32, ${depth * bWidth}>;`,
    body: body.filter((line) => line !== "").join("\n"),
  };
  return parts ? [pass, joinPass(problem, parts, splits, 64)] : [pass];
}
