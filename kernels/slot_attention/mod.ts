/**
 * Attention of one new position of every row to slots that earlier positions were written into, for
 * decoding with beams. Rows of a group (the beams of a sentence) take over each other's past: instead of
 * moving keys and values, a table says which row of the group wrote what a row sees in each slot.
 */
import {
  type Attrs,
  type KernelOperation,
  type RefArray,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { elementwiseTable } from "../elementwise/table.ts";
import { lowerSlotAttention } from "./lower.ts";
import { readSlotProblem, type SlotAttentionKind } from "./problem.ts";

export type { SlotAttentionKind } from "./problem.ts";

function weightsOf(kind: SlotAttentionKind, scores: readonly number[]): number[] {
  if (kind !== "softmax") {
    return scores.map((score) => elementwiseTable[kind].reference(score, 0, 0));
  }
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

function reference(inputs: readonly RefArray[], attrs: Attrs): RefArray[] {
  const p = readSlotProblem(inputs.map(({ shape }) => ({ shape, dtype: "f32" })), attrs);
  const [q, keys, newKeys, values, newValues, place] = inputs.map(({ data }) => data);
  const last = Math.min(place[0], p.slots - 1);
  const [width, valueWidth] = [p.heads * p.depth, p.heads * p.valueDepth];
  const result = new Float64Array(p.rows * valueWidth);
  const past = Array.from({ length: last + 1 }, (_, c) => c);
  for (let row = 0; row < p.rows; row++) {
    const ownerOf = (c: number) =>
      p.owners === undefined ? row : row - row % p.group + inputs[p.owners].data[row * p.slots + c];
    const element =
      (stored: Float64Array, fresh: Float64Array, size: number) => (c: number, k: number) =>
        c === last ? fresh[row * size + k] : stored[(c * p.rows + ownerOf(c)) * size + k];
    const key = element(keys, newKeys, width);
    const value = element(values, newValues, valueWidth);
    for (let head = 0; head < p.heads; head++) {
      const scores = past.map((c) => {
        let score = p.bias === undefined ? 0 : inputs[p.bias].data[c];
        for (let k = head * p.depth; k < (head + 1) * p.depth; k++) {
          score += q[row * width + k] * key(c, k);
        }
        return score;
      });
      const weights = weightsOf(p.kind, scores);
      for (let j = head * p.valueDepth; j < (head + 1) * p.valueDepth; j++) {
        for (const c of past) result[row * valueWidth + j] += weights[c] * value(c, j);
      }
    }
  }
  return [{ shape: [p.rows, valueWidth], data: result }];
}

const slotAttentionOperation: KernelOperation = {
  name: "slotAttention",
  kind: "kernel",
  infer: (inputs, attrs) => {
    readSlotProblem(inputs, attrs);
    return [{ shape: inputs[4].shape, dtype: "f32" }];
  },
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: lowerSlotAttention,
  vjp: () => {
    throw new Error("slotAttention: gradients are not supported");
  },
  reference,
  cost: (inputs, _outputs, attrs) => {
    const { rows, slots, heads, depth, valueDepth } = readSlotProblem(inputs, attrs);
    const elements = rows * slots * heads * (depth + valueDepth);
    return { flops: 2 * elements, bytes: 4 * elements };
  },
};

/** Operands of {@link slotAttention}: R rows, C slots. */
export interface SlotAttentionInputs {
  /** Scaled queries, [R, heads · z]. */
  readonly q: Tensor;
  /** Written keys [C, R, heads · z], those of this position [R, heads · z]. */
  readonly keys: Tensor;
  readonly newKeys: Tensor;
  /** Written values [C, R, heads · h], those of this position [R, heads · h]. */
  readonly values: Tensor;
  readonly newValues: Tensor;
  /** Slot of this position, [1]: earlier ones are seen, later ones are not read. */
  readonly place: Tensor;
  /**
   * Row within its group that wrote what a row sees in a slot, [R, C]; absent where rows see what they
   * wrote themselves.
   */
  readonly owners?: Tensor;
  /** Added to the scores of each slot, [C]. */
  readonly bias?: Tensor;
}

/**
 * Attention of one position per row; [R, heads · h]. Not differentiable.
 *
 * @param group Rows of a group; groups are consecutive rows.
 * @throws {ShapeError} when the operands do not fit.
 */
export function slotAttention(
  { q, keys, newKeys, values, newValues, place, owners, bias }: SlotAttentionInputs,
  { kind, heads, group }: {
    readonly kind: SlotAttentionKind;
    readonly heads: number;
    readonly group: number;
  },
): Tensor {
  const inputs = [q, keys, newKeys, values, newValues, place];
  if (owners !== undefined) inputs.push(owners);
  if (bias !== undefined) inputs.push(bias);
  return apply1(slotAttentionOperation, inputs, {
    kind,
    heads,
    group,
    owners: owners !== undefined,
    bias: bias !== undefined,
  });
}
