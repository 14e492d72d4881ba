/** Second pass of products whose contraction is split over workgroups. */
import type { Pass, Scratch } from "../../src/graph/lowering.ts";
import { leave, type Problem } from "./problem.ts";

/**
 * Adds up the parts in order and hands the sums to the epilogue.
 *
 * @param parts Partial products, [splits, batches, rows, columns].
 */
export function joinPass(
  problem: Problem,
  parts: Scratch,
  splits: number,
  workgroupSize: number,
): Pass {
  const { batches, rows, columns } = problem;
  const size = batches * rows * columns;
  const terms = Array.from(
    { length: splits },
    (_, s) => `tmp${parts.index}[thread + ${s * size}u]`,
  );
  return {
    name: "join",
    inputs: [],
    outputs: [0],
    scratch: [{ scratch: parts, access: "read" }],
    workgroupSize,
    groups: Math.ceil(size / workgroupSize),
    body: [
      size % workgroupSize === 0 ? "" : `if (thread >= ${size}u) { return; }`,
      `let z = thread / ${rows * columns}u;`,
      problem.batchNames,
      `let row = thread / ${columns}u % ${rows}u;`,
      `let column = thread % ${columns}u;`,
      leave(problem, "row", "column"),
      problem.store("row", "column", terms.join(" + ")),
    ].filter((line) => line !== "").join("\n"),
  };
}
