import assert from "node:assert/strict";
import { checkOperation, testNormals } from "../../src/compiler/testing.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError } from "../../src/graph/contract.ts";
import { input } from "../source/mod.ts";
import { slotAttention, type SlotAttentionKind } from "./mod.ts";

interface Case {
  readonly kind: SlotAttentionKind;
  readonly rows: number;
  readonly slots: number;
  readonly place: number;
  readonly heads: number;
  readonly group: number;
  readonly bias: boolean;
  /** Width of values of one head; default 5. */
  readonly values?: number;
}

/** Slots from the present one on hold NaN: they must not be read. */
function written(size: number, slots: number, place: number, seed: number): Float64Array {
  const values = testNormals(size * slots, seed);
  return values.fill(NaN, place * size);
}

function check({ kind, rows, slots, place, heads, group, bias, values = 5 }: Case): Promise<void> {
  const [width, valueWidth] = [3 * heads, values * heads];
  const fixed = { gradient: false };
  return checkOperation({
    inputs: {
      q: { shape: [rows, width], ...fixed },
      keys: {
        shape: [slots, rows, width],
        values: written(rows * width, slots, place, 2),
        ...fixed,
      },
      newKeys: { shape: [rows, width], ...fixed },
      values: {
        shape: [slots, rows, valueWidth],
        values: written(rows * valueWidth, slots, place, 4),
        ...fixed,
      },
      newValues: { shape: [rows, valueWidth], ...fixed },
      place: { shape: [1], values: [place], ...fixed },
      ...(group === 1 ? {} : {
        owners: {
          shape: [rows, slots],
          values: Array.from({ length: rows * slots }, (_, i) => i * i % group),
          ...fixed,
        },
      }),
      ...(bias ? { bias: { shape: [slots], ...fixed } } : {}),
    },
    build: ({ q, keys, newKeys, values, newValues, place, owners, bias }) =>
      slotAttention({ q, keys, newKeys, values, newValues, place, owners, bias }, {
        kind,
        heads,
        group,
      }),
  });
}

const cases: readonly Case[] = [
  { kind: "softmax", rows: 6, slots: 9, place: 5, heads: 1, group: 3, bias: true },
  { kind: "softmax", rows: 3, slots: 4, place: 0, heads: 4, group: 1, bias: false, values: 12 },
  { kind: "laplace", rows: 70, slots: 7, place: 6, heads: 1, group: 5, bias: true },
  { kind: "relu2", rows: 2, slots: 33, place: 20, heads: 1, group: 2, bias: true },
];
for (const one of cases) {
  const { kind, rows, place, heads, group } = one;
  Deno.test(
    `${kind} of ${rows} rows in groups of ${group} with ${heads} heads at place ${place}`,
    () => check(one),
  );
}

Deno.test("refuses operands that do not fit", () => {
  freshGraph(() => {
    const rows = (...shape: number[]) => input(`x${shape}`, shape);
    assert.throws(() =>
      slotAttention({
        q: rows(4, 6),
        keys: rows(5, 4, 6),
        newKeys: rows(4, 6),
        values: rows(5, 3, 8),
        newValues: rows(4, 8),
        place: rows(1),
      }, { kind: "softmax", heads: 2, group: 2 }), ShapeError);
  });
});
