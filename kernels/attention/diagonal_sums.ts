/** Sums along the diagonals of matrices: the gradient of a relative bias. */
import { apply1 } from "../build.ts";
import { type KernelOperation, sizeOf, type Tensor } from "../contract.ts";

const diagonalSumsOperation: KernelOperation = {
  name: "diagonal_sums",
  kind: "kernel",
  infer: ([x]) => {
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
    const [x] = node.inputs;
    const lead = x.shape.slice(0, -2);
    const [rows, columns] = x.shape.slice(-2);
    const groups = sizeOf(lead);
    const diagonals = rows + columns - 1;
    const parts = ctx.scratch(groups * diagonals);
    const size = ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
    let inner = groups;
    const axes = lead.map((extent) => {
      inner /= extent;
      return `g / ${inner}u % ${extent}u`;
    });
    return [
      {
        name: "groups",
        inputs: [0],
        outputs: [],
        scratch: [{ scratch: parts, access: "write" }],
        workgroupSize: size,
        groups: Math.ceil(groups * diagonals / size),
        body: `if (thread >= ${groups * diagonals}u) { return; }
let g = thread / ${diagonals}u;
let d = thread - g * ${diagonals}u;
var total = 0.0;
for (var i = ${rows - 1}u - min(d, ${rows - 1}u); i < min(${rows}u, ${diagonals}u - d); i++) {
total += in0(${[...axes, "i", `d + i - ${rows - 1}u`].join(", ")});
}
tmp${parts.index}[thread] = total;`,
      },
      {
        name: "join",
        inputs: [],
        outputs: [0],
        scratch: [{ scratch: parts, access: "read" }],
        workgroupSize: size,
        groups: Math.ceil(diagonals / size),
        body: `if (thread >= ${diagonals}u) { return; }
var total = 0.0;
for (var g = 0u; g < ${groups}u; g++) { total += tmp${parts.index}[g * ${diagonals}u + thread]; }
out0(thread, total);`,
      },
    ];
  },
};

/** Sums of x [..., T, S] over leading axes and along diagonals: element T − 1 + j − i is for (i, j). */
export function diagonalSums(x: Tensor): Tensor {
  return apply1(diagonalSumsOperation, [x]);
}
