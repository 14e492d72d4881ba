/** Which row of the step before each row of a batch continues: beams change places. */
import { type Shape, sizeOf, type Tensor } from "../graph/contract.ts";
import { less, where } from "../../kernels/elementwise/mod.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { broadcastTo, reshape } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";

/** Where the rows of a step come from. */
export interface RowHistory {
  /** Row of the step before, i32 [B]; absent where every row continues itself. */
  readonly order?: Tensor;
  /** Rows of a group (the beams of a sentence), which continue each other only; groups are consecutive. */
  readonly group: number;
  /** Position of the token of this step, f32 [1]; at 0 there is no step before. */
  readonly position: Tensor;
}

/** Carried state [B, ...] with its rows in the order of this step; zero in the first step. */
export function continuedRows(
  ctx: ModelContext,
  name: string,
  shape: Shape,
  { order, position }: RowHistory,
): Tensor {
  const [rows, ...rest] = shape;
  const table = reshape(ctx.carried(name, shape), [rows, sizeOf(rest)]);
  const begun = broadcastTo(less(0, position), table.shape);
  const continued = order === undefined ? table : gather(table, order);
  return reshape(where(begun, continued, 0), shape);
}
