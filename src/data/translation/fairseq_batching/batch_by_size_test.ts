import assert from "node:assert/strict";
import { UserError } from "../../../errors.ts";
import { batchBySize, type BatchLimits } from "./batch_by_size.ts";

const batches = (sizes: readonly number[], limits: BatchLimits) =>
  batchBySize(sizes.keys(), (index) => sizes[index], limits);
const counts = (sizes: readonly number[], limits: BatchLimits) =>
  batches(sizes, limits).map(({ length }) => length);

Deno.test("padding counts: a batch is its longest sentence times its sentences", () => {
  assert.deepEqual(batches([3, 3, 4, 4], { maxTokens: 11 }), [[0, 1], [2, 3]]);
  assert.deepEqual(batches([3, 3, 4, 4], { maxTokens: 12 }), [[0, 1, 2], [3]]);
  assert.deepEqual(counts([5, 5], { maxTokens: 5 }), [1, 1]);
});

Deno.test("without limits there is one batch, without sentences none", () => {
  assert.deepEqual(counts([3, 9, 4], {}), [3]);
  assert.deepEqual(counts([], { maxTokens: 5 }), []);
  assert.deepEqual(counts([1, 1, 1, 1, 1], { maxSentences: 2 }), [2, 2, 1]);
});

Deno.test("what exceeds a multiple begins the next batch, and is not measured again", () => {
  const sizes = [...Array<number>(9).fill(10), 60];
  assert.deepEqual(batches(sizes, { maxTokens: 100, requiredMultiple: 8 }), [
    [0, 1, 2, 3, 4, 5, 6, 7],
    [8, 9],
  ]);
  assert.deepEqual(counts(sizes, { maxTokens: 100 }), [9, 1]);
  assert.deepEqual(counts(Array(20).fill(1), { maxTokens: 12, requiredMultiple: 8 }), [8, 12]);
  assert.deepEqual(counts(Array(9).fill(1), { maxTokens: 5, requiredMultiple: 8 }), [5, 4]);
});

Deno.test("a sentence that no batch can hold is the user's error", () => {
  assert.throws(
    () => batches([5, 101, 7], { maxTokens: 100 }),
    (error) =>
      error instanceof UserError && /^sentence 1 has 101 tokens and a batch holds 100: /
        .test(error.message),
  );
});
