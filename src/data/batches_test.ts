import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { UserError } from "../errors.ts";
import { type Batch, collate, evaluationBatches, TrainingBatches } from "./batches.ts";
import type { Example, Split } from "./dataset.ts";
import { PAD_ID } from "./vocabulary.ts";

const listSplit = (examples: Example[]): Split => ({
  length: examples.length,
  example: (index) => examples[index],
});
const counting = (n: number) =>
  listSplit(
    Array.from({ length: n }, (_, i) => ({
      kind: "tokens",
      tokens: Int32Array.from({ length: 1 + i % 5 }, () => 4 + i),
      label: i % 3,
    })),
  );
const members = (batch: Batch) => [...batch.indices.subarray(0, batch.size)];

Deno.test("collate pads on the right, keeps the head and reports lengths", () => {
  const split = listSplit([
    { kind: "tokens", tokens: Int32Array.of(4, 5, 2), label: 7 },
    { kind: "tokens", tokens: Int32Array.of(4, 5, 6, 7, 2), label: 1 },
  ]);
  const batch = collate(split, [1, 0], { batchSize: 2, padTo: 4 });
  assert.ok(batch.kind === "tokens");
  assert.deepEqual([...batch.tokens], [4, 5, 6, 7, 4, 5, 2, PAD_ID]);
  assert.deepEqual([...batch.lengths], [4, 3]);
  assert.deepEqual([...batch.labels], [1, 7]);
  assert.deepEqual([...batch.weights], [1, 1]);
  assert.equal(batch.second, undefined);
});

Deno.test("a short batch repeats its own rows with weight 0", () => {
  const batch = collate(counting(10), [3, 4], { batchSize: 5, padTo: 5 });
  assert.equal(batch.size, 2);
  assert.deepEqual([...batch.indices], [3, 4, 3, 4, 3]);
  assert.deepEqual([...batch.weights], [1, 1, 0, 0, 0]);
  assert.deepEqual([...batch.lengths], [4, 5, 4, 5, 4]);
});

Deno.test("collate handles values and pairs, which are padded independently", () => {
  const values = listSplit([{ kind: "values", values: Float32Array.of(-1, 0.5), label: 0 }]);
  const image = collate(values, [0], { batchSize: 1, padTo: 3 });
  assert.ok(image.kind === "values");
  assert.deepEqual([...image.values], [-1, 0.5, 0]);
  const pairs = listSplit([
    { kind: "tokens", tokens: Int32Array.of(4), second: Int32Array.of(5, 6, 2), label: 1 },
  ]);
  const pair = collate(pairs, [0], { batchSize: 1, padTo: 3 });
  assert.ok(pair.kind === "tokens" && pair.second !== undefined);
  assert.deepEqual([...pair.tokens], [4, PAD_ID, PAD_ID]);
  assert.deepEqual([...pair.second.tokens], [5, 6, 2]);
  assert.deepEqual([...pair.second.lengths], [3]);
});

Deno.test("an example without content is the user's error", () => {
  const split = listSplit([{ kind: "tokens", tokens: new Int32Array(0), label: 0 }]);
  assert.throws(() => collate(split, [0], { batchSize: 1, padTo: 4 }), UserError);
});

Deno.test("an epoch sees every example once; composition is fixed, order is reshuffled", () => {
  fc.assert(
    fc.property(fc.integer({ min: 9, max: 60 }), fc.integer({ min: 1, max: 9 }), (n, batchSize) => {
      const options = { batchSize, padTo: 5, seed: n, last: "keep" } as const;
      const batches = new TrainingBatches(counting(n), options);
      const epoch = () =>
        Array.from({ length: batches.batchesPerEpoch }, () => members(batches.next()));
      const [first, second] = [epoch(), epoch()];
      assert.deepEqual(first.flat().sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i));
      const composition = (list: number[][]) => list.map((batch) => batch.join()).sort();
      assert.deepEqual(composition(second), composition(first));
      assert.deepEqual(batches.cursor, { epoch: 3, index: 0 });
    }),
  );
  const batches = new TrainingBatches(counting(60), {
    batchSize: 2,
    padTo: 5,
    seed: 1,
    last: "keep",
  });
  const epoch = () => Array.from({ length: 30 }, () => members(batches.next()).join());
  assert.notDeepEqual(epoch(), epoch());
});

Deno.test("dropping the last batch keeps only full ones", () => {
  const options = { batchSize: 4, padTo: 5, seed: 1, last: "drop" } as const;
  const batches = new TrainingBatches(counting(11), options);
  assert.equal(batches.batchesPerEpoch, 2);
  for (let i = 0; i < 6; i++) assert.equal(batches.next().size, 4);
  assert.throws(() => new TrainingBatches(counting(3), options), UserError);
  assert.throws(() => new TrainingBatches(counting(0), { ...options, last: "keep" }), UserError);
});

Deno.test("a sequence resumed at any cursor equals the uninterrupted one", () => {
  const options = { batchSize: 3, padTo: 5, seed: 2n ** 64n - 1n, last: "keep" } as const;
  const uninterrupted = new TrainingBatches(counting(10), options);
  for (let step = 0; step < 11; step++) {
    const cursor = JSON.parse(JSON.stringify(uninterrupted.cursor));
    const resumed = new TrainingBatches(counting(10), options);
    resumed.seek(cursor);
    const expected = uninterrupted.next();
    assert.deepEqual(resumed.next(), expected);
    assert.deepEqual(resumed.cursor, uninterrupted.cursor);
  }
});

Deno.test("a cursor of other data is the user's error", () => {
  const options = { batchSize: 3, padTo: 5, seed: 1, last: "keep" } as const;
  const batches = new TrainingBatches(counting(10), options);
  for (const [epoch, index] of [[1, 4], [0, 0], [1, -1], [1.5, 0]]) {
    assert.throws(() => batches.seek({ epoch, index }), UserError);
  }
});

Deno.test("another seed composes other batches", () => {
  const first = (seed: number) =>
    members(
      new TrainingBatches(counting(60), { batchSize: 8, padTo: 5, seed, last: "keep" }).next(),
    );
  assert.notDeepEqual(first(1).sort(), first(2).sort());
});

Deno.test("evaluation sees every example once, in order", () => {
  const batches = [...evaluationBatches(counting(7), { batchSize: 3, padTo: 5 })];
  assert.deepEqual(batches.map(members), [[0, 1, 2], [3, 4, 5], [6]]);
  assert.deepEqual([...evaluationBatches(counting(0), { batchSize: 3, padTo: 5 })], []);
});
