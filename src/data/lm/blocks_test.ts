import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { blockItem, sliceBlocks, splitsBlockSize, sumOf } from "./blocks.ts";

const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 })
  .map((list) => Int32Array.from(list));

for (const mode of ["none", "eos", "complete"] as const) {
  Deno.test(`blocks of mode ${mode} hold every token once and keep to their size`, () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 40 }), (lineSizes, size) => {
        const slices = sliceBlocks(lineSizes, { mode, nextSize: () => size });
        let at = 0;
        for (const [start, end] of slices) {
          assert.equal(start, at);
          const lone = mode !== "none" && lineSizes.includes(end - start);
          assert.ok(end > start && (end - start <= size || lone));
          at = end;
        }
        assert.equal(at, sumOf(lineSizes));
      }),
    );
  });
}

Deno.test("splits:k gives k or a few more documents that end at line ends", () => {
  const lineSizes = Int32Array.from({ length: 400 }, (_, i) => 1 + (i * 7) % 13);
  const size = splitsBlockSize(sumOf(lineSizes), 10);
  const slices = sliceBlocks(lineSizes, { mode: "complete", nextSize: () => size });
  assert.ok(slices.length === 10 || slices.length === 11);
});

Deno.test("the source of a block is its target one step earlier", () => {
  const text = Int32Array.of(5, 6, 2, 7, 8, 9, 2);
  const read = (start: number, end: number) => text.slice(start, end);
  assert.deepEqual([...blockItem(read, [0, 3]).source], [2, 5, 6]);
  assert.deepEqual([...blockItem(read, [3, 7]).source], [2, 7, 8, 9]);
  assert.deepEqual([...blockItem(read, [4, 6]).source], [7, 8]);
});
