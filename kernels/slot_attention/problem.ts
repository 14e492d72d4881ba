/** Sizes and operands of an attention to slots. */
import { type Attrs, ShapeError, type TensorType } from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";

/** Attention functions. */
export type SlotAttentionKind = "softmax" | "laplace" | "relu2";

/** See the module comment. */
export interface SlotProblem {
  readonly kind: SlotAttentionKind;
  /** R */
  readonly rows: number;
  /** C */
  readonly slots: number;
  readonly heads: number;
  /** Width of queries and keys of one head. */
  readonly depth: number;
  /** Width of values of one head. */
  readonly valueDepth: number;
  /** Rows of a group, which may read each other's slots. */
  readonly group: number;
  /** Number of the input, or `undefined`. */
  readonly owners: number | undefined;
  readonly bias: number | undefined;
}

const isKind = (kind: unknown): kind is SlotAttentionKind =>
  kind === "softmax" || kind === "laplace" || kind === "relu2";

/**
 * Reads operands [q, keys, new keys, values, new values, place, owners?, bias?].
 *
 * @throws {ShapeError} when they do not fit.
 */
export function readSlotProblem(inputs: readonly TensorType[], attrs: Attrs): SlotProblem {
  requireTypes("slotAttention", inputs, ["f32"]);
  const [q, , , values] = inputs;
  const { kind, owners, bias } = attrs;
  const [heads, group] = [Number(attrs.heads), Number(attrs.group)];
  const [rows, width] = q.shape;
  const [slots, , valueWidth] = values.shape;
  const wanted = [
    [rows, width],
    [slots, rows, width],
    [rows, width],
    [slots, rows, valueWidth],
    [rows, valueWidth],
    [1],
    ...(owners === true ? [[rows, slots]] : []),
    ...(bias === true ? [[slots]] : []),
  ];
  const given = inputs.map(({ shape }) => shape);
  if (
    given.join("|") !== wanted.join("|") || width % heads !== 0 || valueWidth % heads !== 0 ||
    rows % group !== 0 || !isKind(kind)
  ) {
    throw new ShapeError(
      "slotAttention",
      `${kind} of ${heads} heads, groups of ${group}: [${given.join("], [")}]`,
    );
  }
  return {
    kind,
    rows,
    slots,
    heads,
    depth: width / heads,
    valueDepth: valueWidth / heads,
    group,
    owners: owners === true ? 6 : undefined,
    bias: bias === true ? (owners === true ? 7 : 6) : undefined,
  };
}
