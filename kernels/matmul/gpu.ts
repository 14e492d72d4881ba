/**
 * Matrix product for GPUs: a workgroup computes a tile of C from tiles of A and B in workgroup memory,
 * which hold vectors of four rows of A or four columns of B, so that one load feeds sixteen
 * multiply-adds. Small products get small tiles and a split contraction so that enough workgroups run
 * at once.
 */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { leave, type Problem } from "./problem.ts";
import { joinPass } from "./split.ts";

/** Steps of the contraction that are in workgroup memory at once. */
const depth = 16;

/** Tile of one workgroup. */
export interface GpuTile {
  /** Invocations across and down. */
  readonly threads: { readonly rows: number; readonly columns: number };
  /** Vectors of four rows and of four columns per invocation. */
  readonly vectors: { readonly rows: number; readonly columns: number };
  /** Parts of the contraction; above 1 a second pass adds them up. */
  readonly splits: number;
}

const shapes: readonly (readonly [rows: number, columns: number, number, number])[] = [
  [16, 16, 2, 2],
  [16, 16, 2, 1],
  [16, 16, 1, 2],
  [16, 16, 1, 1],
  [8, 16, 1, 1],
  [16, 8, 1, 1],
  [4, 16, 1, 1],
  [16, 4, 1, 1],
  [8, 8, 1, 1],
  [4, 8, 1, 1],
  [8, 4, 1, 1],
];

/** Workgroups that keep a large GPU busy. */
const busyGroups = 256;
const components = ["x", "y", "z", "w"] as const;

const rowsOf = ({ threads, vectors }: Omit<GpuTile, "splits">) => 4 * threads.rows * vectors.rows;
const columnsOf = ({ threads, vectors }: Omit<GpuTile, "splits">) =>
  4 * threads.columns * vectors.columns;

/** Chooses the tile whose work, with what it wastes at the edges, takes the device least time. */
export function chooseGpuTile(problem: Problem, workgroupMemory: number): GpuTile {
  const { batches, rows, columns, inner } = problem;
  let best: GpuTile | undefined;
  let least = Infinity;
  for (const [threadRows, threadColumns, rowVectors, columnVectors] of shapes) {
    const tile = {
      threads: { rows: threadRows, columns: threadColumns },
      vectors: { rows: rowVectors, columns: columnVectors },
    };
    if (4 * depth * (rowsOf(tile) + columnsOf(tile) + 8) > workgroupMemory) continue;
    const groups = batches * Math.ceil(rows / rowsOf(tile)) * Math.ceil(columns / columnsOf(tile));
    const wanted = Math.ceil(busyGroups / groups);
    const splits = inner < 256 ? 1 : Math.max(1, Math.min(wanted, Math.floor(inner / 128), 32));
    const threads = threadRows * threadColumns;
    // Per step and invocation: multiply-adds, vectors read, elements of the tiles brought in.
    const products = 16 * rowVectors * columnVectors;
    const reads = 2 * (rowVectors + columnVectors);
    const fills = 4 * (rowsOf(tile) + columnsOf(tile)) / threads;
    const waves = Math.max(1, groups * splits / busyGroups);
    const cost = waves * (inner / splits) * (products + reads + fills) * Math.max(64, threads);
    if (cost < least) [best, least] = [{ ...tile, splits }, cost];
  }
  if (!best) {
    throw new RangeError(`matmul: ${workgroupMemory} bytes of workgroup memory are too few`);
  }
  return best;
}

const range = (count: number) => [...Array(count).keys()];

/** What a tile of one operand is filled from. */
interface Filling {
  readonly name: string;
  /** Elements across the contraction, in the tile and in all. */
  readonly across: number;
  readonly extent: number;
  readonly inner: number;
  /** Where the contraction ends when that is known on the device only. */
  readonly innerEnd: string | undefined;
  readonly threads: number;
  /** True when neighbours along the contraction are neighbours in memory. */
  readonly depthFast: boolean;
  readonly element: (across: string, k: string) => string;
}

/** Vectors between two steps of a tile; odd, so that the steps fall into different banks. */
const strideOf = (across: number) => across / 4 + 1;

function fill(filling: Filling): string {
  const { name, across, extent, inner, innerEnd, threads, depthFast, element } = filling;
  const vectors = across / 4;
  const raggedInner = innerEnd !== undefined || inner % depth !== 0;
  return range(vectors * depth / threads).map((i) => {
    const e = i === 0 ? "lane" : `(lane + ${i * threads}u)`;
    const vector = depthFast ? `${e} / ${depth}u` : `${e} % ${vectors}u`;
    const step = depthFast ? `${e} % ${depth}u` : `${e} / ${vectors}u`;
    const value = extent % across === 0
      ? `value = vec4<f32>(${range(4).map((n) => element(`first + ${n}u`, "k")).join(", ")});`
      : range(4).map((n) =>
        `if (first + ${n}u < ${extent}u) { value.${components[n]} = ${
          element(`first + ${n}u`, "k")
        }; }`
      ).join("\n");
    return `{
let first = ${name}_origin + 4u * (${vector});
let k = k0 + ${step};
var value = vec4<f32>(0.0);
${raggedInner ? `if (k < ${innerEnd ?? `${inner}u`}) {\n${value}\n}` : value}
${name}[(${step}) * ${strideOf(across)}u + ${vector}] = value;
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
  const { splits, threads: grid, vectors } = tile;
  const rows = rowsOf(tile);
  const columns = columnsOf(tile);
  const threads = grid.rows * grid.columns;
  const rowTiles = Math.ceil(m / rows);
  const columnTiles = Math.ceil(n / columns);
  const chunk = Math.ceil(inner / splits / depth) * depth;
  const innerEnd = problem.innerEnd ?? `${inner}u`;
  const parts = splits === 1 ? undefined : ctx.scratch(splits * batches * m * n);
  const sums = range(4 * vectors.rows).flatMap((r) =>
    range(vectors.columns).map((c) => ({ r, c, name: `sum${r}_${c}` }))
  );
  const body = [
    `let tile_b_origin = group % ${columnTiles}u * ${columns}u;`,
    `let tile_a_origin = group / ${columnTiles}u % ${rowTiles}u * ${rows}u;`,
    `let part = group / ${columnTiles * rowTiles}u % ${splits}u;`,
    `let z = group / ${columnTiles * rowTiles * splits}u;`,
    problem.batchNames,
    problem.left.base,
    problem.right.base,
    leave(problem, "tile_a_origin", "tile_b_origin"),
    `let thread_column = lane % ${grid.columns}u;`,
    `let thread_row = lane / ${grid.columns}u;`,
    ...sums.map(({ name }) => `var ${name} = vec4<f32>(0.0);`),
    splits === 1
      ? `for (var k0 = 0u; k0 < ${innerEnd}; k0 += ${depth}u) {`
      : `for (var k0 = part * ${chunk}u; k0 < min((part + 1u) * ${chunk}u, ${innerEnd}); k0 += ${depth}u) {`,
    fill({
      name: "tile_a",
      across: rows,
      extent: m,
      inner,
      innerEnd: problem.innerEnd,
      threads,
      depthFast: problem.left.strides?.column === 1,
      element: (row, k) => problem.left.element(row, k),
    }),
    fill({
      name: "tile_b",
      across: columns,
      extent: n,
      inner,
      innerEnd: problem.innerEnd,
      threads,
      depthFast: problem.right.strides?.row === 1,
      element: (column, k) => problem.right.element(k, column),
    }),
    "workgroupBarrier();",
    // GPU compilers see the number of turns and unroll them; Mesa's software driver, which takes seconds
    // to compile unrolled accesses, does not.
    `for (var turn = k0; turn < k0 + ${depth}u; turn++) {`,
    "let k = turn - k0;",
    ...range(vectors.rows).map((v) =>
      `let left${v} = tile_a[k * ${strideOf(rows)}u + thread_row + ${v * grid.rows}u];`
    ),
    ...range(vectors.columns).map((v) =>
      `let right${v} = tile_b[k * ${strideOf(columns)}u + thread_column + ${v * grid.columns}u];`
    ),
    ...sums.map(({ r, c, name }) => {
      const left = `left${Math.floor(r / 4)}.${components[r % 4]}`;
      return `${name} = fma(vec4<f32>(${left}), right${c}, ${name});`;
    }),
    "}",
    "workgroupBarrier();",
    "}",
  ];
  const ragged = [
    ...(m % rows === 0 ? [] : [`row < ${m}u`]),
    ...(n % columns === 0 ? [] : [`column < ${n}u`]),
  ].join(" && ");
  const store = (column: string, value: string) =>
    parts
      ? `tmp${parts.index}[((part * ${batches}u + z) * ${m}u + row) * ${n}u + ${column}] = ${value};`
      : problem.store("row", column, value);
  for (const { r, c, name } of sums) {
    const vector = `thread_row + ${Math.floor(r / 4) * grid.rows}u`;
    body.push(
      "{",
      `let row = tile_a_origin + 4u * (${vector}) + ${r % 4}u;`,
      `let first = tile_b_origin + 4u * (thread_column + ${c * grid.columns}u);`,
      // Guarded stores are a loop, since software drivers take long to compile each of them.
      ...(ragged === ""
        ? range(4).map((k) => store(`first + ${k}u`, `${name}.${components[k]}`))
        : [
          "for (var column = first; column < first + 4u; column++) {",
          `if (${ragged}) { ${store("column", `${name}[column - first]`)} }`,
          "}",
        ]),
      "}",
    );
  }
  const pass: Pass = {
    name: "tile",
    inputs: [0, 1],
    outputs: parts ? [] : [0],
    scratch: parts ? [{ scratch: parts, access: "write" }] : [],
    workgroupSize: threads,
    groups: columnTiles * rowTiles * splits * batches,
    declarations: `var<workgroup> tile_a: array<vec4<f32>, ${depth * strideOf(rows)}>;
var<workgroup> tile_b: array<vec4<f32>, ${depth * strideOf(columns)}>;`,
    body: body.filter((line) => line !== "").join("\n"),
  };
  return parts ? [pass, joinPass(problem, parts, splits, 64)] : [pass];
}
