import assert from "node:assert/strict";
import { randomSplit, torchPermutation } from "./split_permutation.ts";

Deno.test("the permutation of ten with seed 42 is torch's", () => {
  assert.deepEqual([...torchPermutation(10, 42)], [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]);
});

Deno.test("a permutation holds every number once, also past the generator's period of 624", () => {
  for (const n of [0, 1, 2, 700, 5000]) {
    const sorted = torchPermutation(n, 42).sort();
    assert.deepEqual([...sorted], Array.from({ length: n }, (_, i) => i));
  }
  assert.notDeepEqual(torchPermutation(10, 43), torchPermutation(10, 42));
});

Deno.test("a random split cuts the permutation in the order of the lengths", () => {
  const [train, valid, test] = randomSplit(10, [6, 1, 3]);
  assert.deepEqual([...train, ...valid, ...test], [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]);
  assert.deepEqual([...valid], [0]);
});

Deno.test("lengths that do not sum up and sizes that are no u32 are refused", () => {
  assert.throws(() => randomSplit(10, [6, 3]), RangeError);
  for (const n of [-1, 1.5, 2 ** 32]) assert.throws(() => torchPermutation(n, 42), RangeError);
});
