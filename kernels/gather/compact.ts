/**
 * Moves the chosen rows to the front: a stable partition of row numbers by a mask, on the device, so
 * that later kernels can leave out the rows that were not chosen although shapes are static.
 */
import { type KernelOperation, ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { apply } from "../../src/graph/build.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { radixSort } from "../sort/radix.ts";

const compactOperation: KernelOperation = {
  name: "compactRows",
  kind: "kernel",
  infer: ([mask]) => {
    requireTypes("compactRows", [mask], ["f32"]);
    if (mask.shape.length !== 1) {
      throw new ShapeError("compactRows", `the mask [${mask.shape}] is not a vector`);
    }
    return [{ shape: mask.shape, dtype: "i32" }, { shape: [1], dtype: "i32" }];
  },
  fusesInput: () => true,
  fusesOutput: () => false,
  lower: (node, ctx) => {
    const rows = node.inputs[0].size;
    const { passes, positions, starts } = radixSort(ctx, {
      length: rows,
      bits: 1,
      inputs: [0],
      key: (t) => `select(1u, 0u, in0(${t}) != 0.0f)`,
    });
    const size = ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
    return [...passes, {
      name: "store",
      inputs: [],
      outputs: [0, 1],
      scratch: [{ scratch: positions, access: "read" }, { scratch: starts, access: "read" }],
      workgroupSize: size,
      groups: Math.ceil(rows / size),
      body: `if (thread >= ${rows}u) { return; }
out0(thread, i32(tmp${positions.index}[thread]));
if (thread == 0u) { out1(0u, i32(tmp${starts.index}[1])); }`,
    }];
  },
  vjp: () => [undefined],
  reference: ([mask]) => {
    const rows = [...mask.data.keys()];
    const chosen = rows.filter((row) => mask.data[row] !== 0);
    const others = rows.filter((row) => mask.data[row] === 0);
    return [
      { shape: mask.shape, data: Float64Array.from([...chosen, ...others]) },
      { shape: [1], data: Float64Array.of(chosen.length) },
    ];
  },
  cost: ([mask]) => ({ flops: 0, bytes: 8 * mask.shape[0] }),
};

/** Outcome of {@link compactRows}. */
export interface CompactedRows {
  /** i32 [T], all row numbers: the chosen ones, then the others, each part ascending. */
  readonly order: Tensor;
  /** i32 [1], how many are chosen. */
  readonly count: Tensor;
}

/**
 * Orders rows so that those with a mask other than 0 come first.
 *
 * @param mask f32 [T].
 * @throws {ShapeError} when the mask is not a vector of f32.
 */
export function compactRows(mask: Tensor): CompactedRows {
  const [order, count] = apply(compactOperation, [mask]).outputs;
  return { order, count };
}
