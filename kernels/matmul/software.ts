/**
 * Matrix product for software rasterisers.
 *
 * On llvmpipe a load from a storage buffer runs lane by lane, whatever its address, and costs about
 * as much as nine multiply-adds of a whole vector; barriers cost far more. A workgroup is therefore
 * one subgroup that computes a block of C in registers: lanes lie along the columns, the rows are
 * loaded with lanes along the rows and handed out by subgroup broadcasts, so that a step of the
 * contraction needs (rows + columns) / lanes loads for rows x columns / lanes multiply-adds. Without
 * subgroup operations every row is loaded by itself.
 */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { exchanged, leave, type Problem } from "./problem.ts";
import { joinPass } from "./split.ts";

/** Register block of one workgroup. */
export interface SoftwareBlock {
  /** Rows of C. */
  readonly rows: number;
  /** Columns of C per lane. */
  readonly vectors: number;
  /** Steps of the contraction per loop iteration. */
  readonly unroll: number;
  /** Parts of the contraction; above 1 a second pass adds them up. */
  readonly splits: number;
  /** Whether the operands change roles, so that lanes lie along the rows of C. */
  readonly exchange: boolean;
}

/**
 * Nanoseconds of the parts of a workgroup on llvmpipe (Mesa 25, 8 lanes, one core of 2.5 GHz): a load
 * or a store of one vector, a multiply-add, a turn of the loop, a workgroup. Fitted to CPU times of
 * twenty block shapes; only their ratios matter.
 */
const cost = { load: 4.5, store: 4.3, multiplyAdd: 0.5, turn: 9, group: 360 };
/** Processors that should have something to do. */
const processors = 4;
/** Shortest part of a split contraction; keeps the second pass cheap. */
const shortestPart = 64;

/** Longer loop bodies run faster and compile longer, in proportion to their loads. */
function unrollFor(loads: number, operations: number): number {
  if (operations < 2e6) return 1;
  return loads <= 3 ? 4 : loads <= 6 ? 2 : 1;
}

/** Chooses the register block with the least estimated time. */
export function chooseSoftwareBlock(
  problem: Problem,
  lanes: number,
  broadcast: boolean,
): SoftwareBlock {
  const { batches, rows, columns, inner } = problem;
  const operations = 2 * batches * rows * columns * inner;
  let best: SoftwareBlock = { rows: 1, vectors: 1, unroll: 1, splits: 1, exchange: false };
  let least = Infinity;
  for (const exchange of [false, true]) {
    const [m, n] = exchange ? [columns, rows] : [rows, columns];
    for (let r = 1; r <= Math.min(m, broadcast ? 40 : 8); r++) {
      for (let vectors = 1; vectors <= Math.min(8, Math.ceil(n / lanes)); vectors++) {
        const cells = r * vectors;
        if (cells > (broadcast ? 160 : 64)) continue;
        const loads = (broadcast ? Math.ceil(r / lanes) : r) + vectors;
        const unroll = broadcast ? unrollFor(loads, operations) : 1;
        const blocks = batches * Math.ceil(m / r) * Math.ceil(n / (vectors * lanes));
        const wanted = Math.ceil(2 * processors / blocks);
        const splits = Math.max(1, Math.min(wanted, Math.floor(inner / shortestPart)));
        const turn = loads * cost.load + cells * cost.multiplyAdd + cost.turn / unroll;
        const group = cost.group + inner / splits * turn + cells * cost.store;
        const time = Math.ceil(blocks * splits / processors) * group;
        if (time < least) {
          least = time;
          best = { rows: r, vectors, unroll, splits, exchange };
        }
      }
    }
  }
  return best;
}

const range = (count: number) => [...Array(count).keys()];

/** Lowers a product for the software class. */
export function lowerSoftware(
  original: Problem,
  ctx: LowerContext,
  broadcast: boolean,
  block = chooseSoftwareBlock(original, ctx.subgroupSize, broadcast),
): Pass[] {
  const problem = block.exchange ? exchanged(original) : original;
  const lanes = ctx.subgroupSize;
  const { batches, rows: m, columns: n, inner } = problem;
  const { rows, vectors, splits } = block;
  const rowBlocks = Math.ceil(m / rows);
  const columnBlocks = Math.ceil(n / (vectors * lanes));
  const chunk = Math.ceil(inner / splits);
  const unroll = Math.min(block.unroll, chunk);
  const rowVectors = broadcast ? Math.ceil(rows / lanes) : rows;
  const ragged = {
    columns: n % (vectors * lanes) !== 0,
    rowLoads: m % rows !== 0 || (broadcast && rows % lanes !== 0),
  };
  const body: string[] = [];
  let rest = "group";
  const digit = (name: string, count: number) => {
    if (count === 1) body.push(`let ${name} = 0u;`);
    else {
      body.push(`let ${name} = ${rest} % ${count}u;`, `let after_${name} = ${rest} / ${count}u;`);
      rest = `after_${name}`;
    }
  };
  digit("column_block", columnBlocks);
  const groups = rowBlocks * columnBlocks * splits * batches;
  if (rowBlocks > 1) digit("row_block", rowBlocks);
  // Zero, but not for the driver: see the loop over the rows below.
  else body.push(`let row_block = group / ${groups}u;`);
  digit("part", splits);
  body.push(`let z = ${batches === 1 ? "0u" : rest};`, problem.batchNames);
  body.push(problem.left.base, problem.right.base);
  body.push(
    `let row = row_block * ${rows}u;`,
    `let column = column_block * ${vectors * lanes}u + lane;`,
    leave(problem, "row", `column_block * ${vectors * lanes}u`),
  );
  for (const q of range(rowVectors)) {
    const position = broadcast ? `row + lane + ${q * lanes}u` : `row + ${q}u`;
    body.push(`let row${q} = ${ragged.rowLoads ? `min(${position}, ${m - 1}u)` : position};`);
  }
  for (const c of range(vectors)) {
    const position = `column + ${c * lanes}u`;
    body.push(`let column${c} = ${ragged.columns ? `min(${position}, ${n - 1}u)` : position};`);
  }
  for (const r of range(rows)) for (const c of range(vectors)) body.push(`var sum${r}_${c} = 0f;`);
  const step = (k: string) => {
    const lines = ["{"];
    for (const c of range(vectors)) {
      lines.push(`let right${c} = ${problem.right.element(k, `column${c}`)};`);
    }
    for (const q of range(rowVectors)) {
      lines.push(`let left${q} = ${problem.left.element(`row${q}`, k)};`);
    }
    for (const r of range(rows)) {
      const a = broadcast ? `row_left${r}` : `left${r}`;
      if (broadcast) {
        lines.push(
          `let row_left${r} = subgroupBroadcast(left${Math.floor(r / lanes)}, ${r % lanes}u);`,
        );
      }
      for (const c of range(vectors)) {
        lines.push(`sum${r}_${c} = fma(${a}, right${c}, sum${r}_${c});`);
      }
    }
    lines.push("}");
    return lines.join("\n");
  };
  const steps = (from: string, count: number) => {
    for (const u of range(count)) body.push(step(u === 0 ? from : `${from} + ${u}u`));
  };
  if (splits === 1 && problem.innerEnd === undefined) {
    const whole = Math.floor(inner / unroll) * unroll;
    body.push(`for (var k = 0u; k < ${whole}u; k += ${unroll}u) {`);
    steps("k", unroll);
    body.push("}");
    for (let k = whole; k < inner; k++) body.push(step(`${k}u`));
  } else {
    const last = problem.innerEnd ?? `${inner}u`;
    body.push(`let start = part * ${chunk}u;`, `let end = min(start + ${chunk}u, ${last});`);
    body.push("var k = start;", `for (; k + ${unroll - 1}u < end; k += ${unroll}u) {`);
    steps("k", unroll);
    body.push("}");
    if (unroll > 1) {
      body.push("for (; k < end; k++) {");
      steps("k", 1);
      body.push("}");
    }
  }
  const parts = splits === 1 ? undefined : ctx.scratch(splits * batches * m * n);
  const store = (row: string, c: number, value: string) => {
    const at = `column + ${c * lanes}u`;
    const statement = parts
      ? `tmp${parts.index}[((part * ${batches}u + z) * ${m}u + ${row}) * ${n}u + ${at}] = ${value};`
      : problem.store(row, at, value);
    return ragged.columns ? `if (${at} < ${n}u) { ${statement} }` : statement;
  };
  if (rows === 1) { for (const c of range(vectors)) body.push(store("row", c, `sum0_${c}`)); }
  else {
    // The driver must not be able to bound the trips: unrolled epilogues take seconds to compile.
    for (const c of range(vectors)) {
      const sums = range(rows).map((r) => `sum${r}_${c}`).join(", ");
      body.push(`var sums${c} = array<f32, ${rows}>(${sums});`);
    }
    body.push(`let row_end = min(row + ${rows}u, ${m}u);`);
    body.push("for (var at = row; at < row_end; at++) {");
    for (const c of range(vectors)) body.push(store("at", c, `sums${c}[at - row]`));
    body.push("}");
  }
  const pass: Pass = {
    name: "block",
    inputs: [0, 1],
    outputs: parts ? [] : [0],
    scratch: parts ? [{ scratch: parts, access: "write" }] : [],
    workgroupSize: lanes,
    groups,
    body: body.filter((line) => line !== "").join("\n"),
  };
  return parts ? [pass, joinPass(problem, parts, splits, lanes)] : [pass];
}
