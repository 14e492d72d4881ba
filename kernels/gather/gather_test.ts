import assert from "node:assert/strict";
import { checkOperation, testDevice, testNormals } from "../../src/compiler/testing.ts";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { input } from "../source/mod.ts";
import { compactRows } from "./compact.ts";
import { gather, scatterAdd } from "./mod.ts";

/** Few distinct numbers among many, some of them often. */
const numbers = (count: number, rows: number) =>
  Array.from({ length: count }, (_, t) => (t * t * 31 + t % 3) % rows);

Deno.test("gathers rows of a small table, with gradients", () =>
  checkOperation({
    inputs: {
      table: { shape: [5, 3] },
      ids: { shape: [63], dtype: "i32", values: numbers(63, 5) },
    },
    build: ({ table, ids }) => gather(table, ids),
  }));

Deno.test("gathers rows of a large table, with gradients by sorting", () =>
  checkOperation({
    inputs: {
      table: { shape: [70_001, 3] },
      ids: { shape: [301], dtype: "i32", values: numbers(301, 70_001) },
    },
    build: ({ table, ids }) => gather(table, ids),
    probes: 2,
  }));

for (const adapterClass of ["software", "gpu"] as const) {
  Deno.test(`adds contributions in the order of the ids, bit for bit (${adapterClass})`, async () => {
    const [rows, columns, count] = [20_011, 3, 1000];
    const ids = Array.from({ length: count }, (_, t) => t % 4 === 0 ? 7 : (t * 127) % rows);
    // Numbers that do not occur must not reach memory.
    ids[5] = -1;
    ids[6] = rows;
    const values = testNormals(count * columns, 3);
    const expected = new Float32Array(rows * columns);
    ids.forEach((id, t) => {
      if (id < 0 || id >= rows) return;
      for (let d = 0; d < columns; d++) expected[id * columns + d] += values[t * columns + d];
    });
    const root = freshGraph(() =>
      scatterAdd(input("ids", [count], "i32"), input("values", [count, columns]), rows)
    );
    const [actual] = await evaluate(
      await testDevice(adapterClass),
      [root],
      new Map<string, ArrayLike<number>>([["ids", ids], ["values", values]]),
      { poison: true },
    );
    assert.deepEqual(actual, expected);
  });
}

Deno.test("orders chosen rows first and counts them", () =>
  checkOperation({
    inputs: {
      mask: {
        shape: [391],
        values: numbers(391, 5).map((number) => number === 2 ? 0.5 : 0),
        gradient: false,
      },
    },
    build: ({ mask }) => {
      const { order, count } = compactRows(mask);
      return [order, count];
    },
  }));
