/**
 * Rows of a table by number: y[t, d] = table[ids[t], d]. The gradient adds the rows of g that share a
 * number, always in the order of t, without atomics.
 */
import { type KernelOperation, ShapeError, sizeOf, type Tensor } from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { reshape } from "../view/reshape.ts";
import { lowerScatterAdd } from "./scatter_add.ts";

const gatherOperation: KernelOperation = {
  name: "gather",
  kind: "kernel",
  infer: ([table, ids]) => {
    requireTypes("gather", [table, ids], ["any", "integer"]);
    if (table.shape.length !== 2 || ids.shape.length !== 1) {
      throw new ShapeError("gather", `table [${table.shape}] by ids [${ids.shape}]`);
    }
    return [{ shape: [ids.shape[0], table.shape[1]], dtype: table.dtype }];
  },
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) => {
    const [rows, columns] = node.outputs[0].shape;
    const last = node.inputs[0].shape[0] - 1;
    const size = ctx.adapterClass === "software" ? 8 * ctx.subgroupSize : 256;
    return [{
      name: "rows",
      inputs: [0, 1],
      outputs: [0],
      workgroupSize: size,
      groups: Math.ceil(rows * columns / size),
      body: `if (thread >= ${rows * columns}u) { return; }
let t = thread / ${columns}u;
let d = thread - t * ${columns}u;
out0(t, d, in0(min(u32(in1(t)), ${last}u), d));`,
    }];
  },
  vjp: (node, [g]) => {
    const [table, ids] = node.inputs;
    return [g && apply1(scatterAddOperation, [ids, g], { rows: table.shape[0] }), undefined];
  },
  reference: ([table, ids]) => {
    const columns = table.shape[1];
    const data = new Float64Array(ids.data.length * columns);
    ids.data.forEach((id, t) =>
      data.set(table.data.subarray(id * columns, (id + 1) * columns), t * columns)
    );
    return [{ shape: [ids.data.length, columns], data }];
  },
  cost: (_inputs, [y]) => ({ flops: 0, bytes: 8 * sizeOf(y.shape) }),
};

const scatterAddOperation: KernelOperation = {
  name: "scatterAdd",
  kind: "kernel",
  infer: ([ids, values], attrs) => {
    requireTypes("scatterAdd", [ids, values], ["integer", "f32"]);
    if (values.shape.length !== 2 || ids.shape.join() !== `${values.shape[0]}`) {
      throw new ShapeError("scatterAdd", `ids [${ids.shape}], values [${values.shape}]`);
    }
    return [{ shape: [Number(attrs.rows), values.shape[1]], dtype: "f32" }];
  },
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: lowerScatterAdd,
  vjp: (node, [g]) => {
    const [ids] = node.inputs;
    return [undefined, g && apply1(gatherOperation, [g, ids])];
  },
  reference: ([ids, values], attrs) => {
    const columns = values.shape[1];
    const data = new Float64Array(Number(attrs.rows) * columns);
    values.data.forEach((value, i) => {
      data[ids.data[Math.floor(i / columns)] * columns + i % columns] += value;
    });
    return [{ shape: [Number(attrs.rows), columns], data }];
  },
  cost: ([, values], [table]) => ({
    flops: sizeOf(values.shape),
    bytes: 4 * (sizeOf(values.shape) + sizeOf(table.shape)),
  }),
};

/**
 * Looks rows up.
 *
 * @param table [V, D].
 * @param ids i32 of any shape, each in [0, V).
 * @returns [...ids.shape, D].
 */
export function gather(table: Tensor, ids: Tensor): Tensor {
  const rows = apply1(gatherOperation, [table, reshape(ids, [ids.size])]);
  return reshape(rows, [...ids.shape, table.shape[1]]);
}

/**
 * Adds rows up by number, contributions to one row in the order of the ids.
 *
 * @param ids i32 [T], each in [0, rows). @param values f32 [T, D].
 * @returns [rows, D]; zero for numbers that do not occur.
 * @throws {ShapeError} when ids and values do not fit.
 */
export function scatterAdd(ids: Tensor, values: Tensor, rows: number): Tensor {
  return apply1(scatterAddOperation, [ids, values], { rows });
}
