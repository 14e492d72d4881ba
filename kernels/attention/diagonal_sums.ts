/** Sums along the diagonals of matrices: the gradient of a relative bias. */
import { apply1 } from "../../src/graph/build.ts";
import { type KernelOperation, sizeOf, type Tensor } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { requireTypes } from "../../src/graph/types.ts";

/** Extents of a stack of matrices. */
export interface Stack {
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Two passes: diagonal sums of every matrix, then their sum in order.
 *
 * @param element WGSL expression of element (`i`, `j`) of matrix `g`.
 * @param output Which output of the node receives the result.
 */
export function diagonalPasses(
  ctx: LowerContext,
  { groups, rows, columns }: Stack,
  element: string,
  output: number,
): [Pass, Pass] {
  const diagonals = rows + columns - 1;
  const parts = ctx.scratch(groups * diagonals);
  const size = ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
  return [
    {
      name: "diagonals",
      inputs: [],
      outputs: [],
      scratch: [{ scratch: parts, access: "write" }],
      workgroupSize: size,
      groups: Math.ceil(groups * diagonals / size),
      body: `if (thread >= ${groups * diagonals}u) { return; }
let g = thread / ${diagonals}u;
let d = thread - g * ${diagonals}u;
var total = 0.0;
for (var i = ${rows - 1}u - min(d, ${rows - 1}u); i < min(${rows}u, ${diagonals}u - d); i++) {
let j = d + i - ${rows - 1}u;
total += ${element};
}
tmp${parts.index}[thread] = total;`,
    },
    {
      name: "diagonal_join",
      inputs: [],
      outputs: [output],
      scratch: [{ scratch: parts, access: "read" }],
      workgroupSize: size,
      groups: Math.ceil(diagonals / size),
      body: `if (thread >= ${diagonals}u) { return; }
let end = select(${groups}u, group, group == 0xffffffffu);
var total = 0.0;
for (var g = 0u; g < end; g++) { total += tmp${parts.index}[g * ${diagonals}u + thread]; }
out${output}(thread, total);`,
    },
  ];
}

const diagonalSumsOperation: KernelOperation = {
  name: "diagonal_sums",
  kind: "kernel",
  infer: ([x]) => {
    requireTypes("diagonal_sums", [x], ["f32"]);
    const [rows, columns] = x.shape.slice(-2);
    return [{ shape: [rows + columns - 1], dtype: "f32" }];
  },
  vjp: () => {
    throw new Error("diagonal_sums: second derivatives are not supported");
  },
  reference: ([x]) => {
    const [rows, columns] = x.shape.slice(-2);
    const data = new Float64Array(rows + columns - 1);
    x.data.forEach((value, at) => {
      const j = at % columns;
      const i = Math.floor(at / columns) % rows;
      data[rows - 1 + j - i] += value;
    });
    return [{ shape: [data.length], data }];
  },
  cost: ([x]) => ({ flops: sizeOf(x.shape), bytes: 4 * sizeOf(x.shape) }),
  fusesInput: () => true,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const { shape } = node.inputs[0];
    const lead = shape.slice(0, -2);
    const [rows, columns] = shape.slice(-2);
    const groups = sizeOf(lead);
    let inner = groups;
    const axes = lead.map((extent) => {
      inner /= extent;
      return `g / ${inner}u % ${extent}u`;
    });
    const element = `in0(${[...axes, "i", "j"].join(", ")})`;
    const [first, second] = diagonalPasses(ctx, { groups, rows, columns }, element, 0);
    return [{ ...first, inputs: [0] }, second];
  },
};

/** Sums of x [..., T, S] over leading axes and along diagonals: element T − 1 + j − i is for (i, j). */
export function diagonalSums(x: Tensor): Tensor {
  return apply1(diagonalSumsOperation, [x]);
}
