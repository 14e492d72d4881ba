import assert from "node:assert/strict";
import { checkOperation, testDevice, testNormals } from "../../src/compiler/testing.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { mul, silu } from "../elementwise/mod.ts";
import { input } from "../source/mod.ts";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { max, mean, sum } from "./mod.ts";

const sizes = [1, 7, 63, 65, 127, 1000];

for (const rows of [1, 7, 65]) {
  for (const columns of sizes) {
    Deno.test(`sum over either axis of [${rows}, ${columns}]`, async () => {
      await checkOperation({
        inputs: { x: { shape: [rows, columns] } },
        build: ({ x }) => [mul(sum(x, [0]), 2), sum(x, [1], true), sum(x)],
        probes: 3,
      });
    });
  }
}

Deno.test("sums of long rows and of columns that are cut into few and many parts", async () => {
  const longRows = { x: { shape: [2, 5000] }, y: { shape: [5, 1000] } };
  await checkOperation({
    inputs: longRows,
    build: ({ x, y }) => [sum(x, [1]), sum(x), sum(mul(y, y))],
    probes: 2,
  });
  await checkOperation({
    inputs: { few: { shape: [100, 3] }, some: { shape: [300, 3] }, many: { shape: [5000, 3] } },
    build: (t) => Object.values(t).map((x) => sum(x, [0])),
    probes: 2,
  });
});

Deno.test("reductions of fused expressions over middle and split axes", async () => {
  await checkOperation({
    inputs: { x: { shape: [5, 127, 6] }, y: { shape: [6] } },
    build: ({ x, y }) => [sum(mul(silu(x), y), [1]), mean(mul(x, x), [0, 2]), mean(x, [0, 1])],
  });
});

Deno.test("max over axes and its gradient", async () => {
  await checkOperation({
    inputs: { x: { shape: [7, 33, 5] } },
    build: ({ x }) => [max(x, [1]), max(x, [0, 2], true)],
  });
});

Deno.test("a long sum has the same bits on every run", async () => {
  const graph = freshGraph(() => {
    const x = input("x", [100_000]);
    return sum(mul(x, x));
  });
  const feeds = new Map([["x", testNormals(100_000, 3)]]);
  const device = await testDevice("software");
  const [first] = await evaluate(device, [graph], feeds);
  const [second] = await evaluate(device, [graph], feeds, { poison: true });
  assert.equal(first[0], second[0]);
});
