import assert from "node:assert/strict";
import { filterByLength } from "./filter_by_length.ts";
import { orderBlocks, orderPairs, pairTokens } from "./order.ts";

Deno.test("pairs are ordered by source, then by target, then by the permutation", () => {
  const source = [5, 3, 5, 3, 5];
  const target = [2, 9, 1, 4, 2];
  assert.deepEqual(orderPairs(source, target), [3, 1, 2, 0, 4]);
  assert.deepEqual(orderPairs(source, target, [4, 3, 2, 1, 0]), [3, 1, 2, 4, 0]);
});

Deno.test("equal blocks are ordered by the number at their place, pairs by their own place", () => {
  const sizes = [4, 4, 4];
  assert.deepEqual(orderBlocks(sizes), [0, 1, 2]);
  assert.deepEqual(orderBlocks(sizes, [1, 2, 0]), [2, 0, 1]);
  assert.deepEqual(orderPairs(sizes, sizes, [1, 2, 0]), [1, 2, 0]);
  assert.deepEqual(orderBlocks([4, 3, 4], [0, 2, 1]), [1, 0, 2]);
});

Deno.test("only sides longer than a chunk are filled up to whole chunks", () => {
  assert.equal(pairTokens(7, 9), 9);
  assert.equal(pairTokens(17, 5, { source: 16, target: 8 }), 32);
  assert.equal(pairTokens(16, 9, { source: 16, target: 8 }), 16);
  assert.equal(pairTokens(3, 17, { source: -1, target: 8 }), 24);
});

Deno.test("a pair is left out when either side is too long", () => {
  const sides = [{ lengths: [3, 4, 5], most: 4 }, { lengths: [9, 2, 2], most: 8 }];
  assert.deepEqual(filterByLength([2, 1, 0], sides), { kept: [1], ignored: [2, 0] });
  assert.deepEqual(filterByLength([2, 1, 0], []), { kept: [2, 1, 0], ignored: [] });
});
