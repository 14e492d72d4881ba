import assert from "node:assert/strict";
import { adapterClasses } from "../../src/device/adapter_class.ts";
import { evaluate, interpret } from "../../src/compiler/evaluate.ts";
import { checkOperation, testDevice, testNormals } from "../../src/compiler/testing.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError } from "../../src/graph/contract.ts";
import { add, mul } from "../elementwise/mod.ts";
import { input } from "../source/mod.ts";
import { topK } from "./mod.ts";

for (const [rows, columns, k] of [[3, 1, 1], [9, 67, 8], [2, 9001, 10]]) {
  Deno.test(`finds the ${k} largest of ${columns} in ${rows} rows, computed on the way`, () =>
    checkOperation({
      // Few distinct values: most of them are ties, which are in the order of the columns.
      inputs: {
        x: {
          shape: [rows, columns],
          values: testNormals(rows * columns, 3).map((value) => Math.round(4 * value) / 4),
          gradient: false,
        },
        bias: { shape: [rows, 1], gradient: false },
      },
      build: ({ x, bias }) => {
        const { values, indices } = topK(add(mul(x, 2), bias), k);
        return [values, indices];
      },
      tolerance: 1e-6,
    }));
}

for (const adapterClass of adapterClasses) {
  Deno.test(`sorts infinities, zeros of both signs and NaN (${adapterClass})`, async () => {
    const x = [NaN, -1, -Infinity, 0, -0, Infinity, -NaN, -3e38, 1e-39, -1e-39, 7, 7];
    const roots = freshGraph(() => {
      const { values, indices } = topK(input("x", [1, x.length]), x.length);
      return [values, indices];
    });
    const feeds = new Map([["x", x]]);
    const [values, indices] = await evaluate(await testDevice(adapterClass), roots, feeds, {
      poison: true,
    });
    const expected = [5, 10, 11, 8, 3, 4, 9, 1, 7, 2, 0, 6];
    assert.deepEqual([...indices], expected);
    const lowest = -3.4028234663852886e38;
    assert.deepEqual(
      [...values].map((value) => value + 0),
      expected.map((at) => Number.isNaN(x[at]) ? lowest : Math.fround(x[at]) + 0),
    );
    const [reference] = interpret(roots, feeds);
    assert.deepEqual(
      [...reference.data].map(Math.fround).map((v) => v + 0),
      [...values].map((v) => v + 0),
    );
  });
}

Deno.test("refuses to find more elements than there are", () => {
  freshGraph(() => assert.throws(() => topK(input("x", [2, 3]), 4), ShapeError));
});
