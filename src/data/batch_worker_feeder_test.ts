import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { WorkerCount } from "../util/worker_testing.ts";
import { InProcessFeeder, type Splits } from "./batch_feeder.ts";
import { batchMemory } from "./batch_messages.ts";
import { WorkerFeeder } from "./batch_worker_feeder.ts";
import { type Batch, type BatchCursor, evaluationBatches, TrainingBatches } from "./batches.ts";
import { perSplit } from "./packed_cache.ts";
import { DocumentPacker, type PackedDocuments, PackedTokenSplit } from "./packed_split.ts";
import { describeSplit, openSplit } from "./split_description.ts";
import { loadValueCache, writeValueCache } from "./value_cache.ts";

const options = { batchSize: 3, padTo: 6, seed: 2n ** 64n - 1n, last: "keep" } as const;
const feeders = [WorkerFeeder, InProcessFeeder];

function documents(count: number, vocabulary: number, shift = 0): PackedDocuments {
  const packer = new DocumentPacker(vocabulary);
  for (let i = 0; i < count; i++) {
    packer.add(Array.from({ length: 1 + (i + shift) % 7 }, (_, k) => 4 + (i + k) % 200));
  }
  return packer.finish();
}

function tokenSplit(count: number, vocabulary = 256): PackedTokenSplit {
  return new PackedTokenSplit(
    documents(count, vocabulary),
    Int32Array.from({ length: count }, (_, i) => i % 3),
  );
}

function pairSplit(count: number): PackedTokenSplit {
  return new PackedTokenSplit(documents(count, 256), new Int32Array(count), documents(count, 9, 3));
}

const tokenSplits: Splits = { train: tokenSplit(17), valid: tokenSplit(8), test: tokenSplit(6) };

/** Runs `body` with the splits of a value task, in memory and in a file. */
async function withValueSplits(
  body: (splits: Splits, stored: "memory" | "file", path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const counts = { train: 17, valid: 5, test: 4 };
    const normalization = { mean: 0.5, std: 0.25 };
    const path = join(folder, "values.safetensors");
    const examples = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        pixels: Uint8Array.from({ length: 6 }, (_, k) => (40 * i + k) % 256),
        label: i % 4,
      }));
    await writeValueCache(
      path,
      { key: "k", pixels: 6, counts, classes: 4, normalization },
      perSplit((name) => examples(counts[name])),
    );
    for (const stored of ["memory", "file"] as const) {
      const memoryLimit = stored === "memory" ? 1e6 : 0;
      const loaded = await loadValueCache(path, { key: "k", normalization, memoryLimit });
      assert.ok(loaded);
      await body(loaded.splits, stored, path);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  return await Array.fromAsync(batches);
}

/** Compares three epochs, position by position, and the evaluation batches. */
async function compare(splits: Splits): Promise<void> {
  for (const Feeder of feeders) {
    const expected = new TrainingBatches(splits.train, options);
    using feeder = new Feeder(splits, options);
    assert.deepEqual(feeder.cursor, expected.cursor);
    for (let step = 0; step < 3 * expected.batchesPerEpoch; step++) {
      assert.deepEqual(await feeder.next(), expected.next());
      assert.deepEqual(feeder.cursor, expected.cursor);
      if (step === 2) {
        for (const name of ["valid", "test"] as const) {
          assert.deepEqual(await all(feeder.evaluation(name)), [
            ...evaluationBatches(splits[name], options),
          ]);
        }
      }
    }
  }
}

Deno.test("feeders give the batches of several epochs and of evaluations for tokens", async () => {
  await compare(tokenSplits);
  await compare(perSplit((name) => tokenSplit(tokenSplits[name].length, 70_000)));
});

Deno.test("feeders give the batches of pair tasks", async () => {
  await compare(perSplit(() => pairSplit(10)));
});

Deno.test("feeders give the batches of values in memory and in a file", async () => {
  await withValueSplits(compare);
});

Deno.test("a feeder continues at any cursor, also in the middle of a sequence", async () => {
  const expected = new TrainingBatches(tokenSplits.train, options);
  const cursors: BatchCursor[] = [];
  const batches: Batch[] = [];
  for (let step = 0; step < 14; step++) {
    cursors.push(expected.cursor);
    batches.push(expected.next());
  }
  for (const Feeder of feeders) {
    using feeder = new Feeder(tokenSplits, options);
    for (const at of [12, 0, 5, 6, 11]) {
      await feeder.seek(cursors[at]);
      assert.deepEqual(feeder.cursor, cursors[at]);
      assert.deepEqual(await feeder.next(), batches[at]);
      assert.deepEqual(await feeder.next(), batches[at + 1]);
    }
  }
});

Deno.test("batches that are asked for at once come in order", async () => {
  using feeder = new WorkerFeeder(tokenSplits, options);
  const expected = new TrainingBatches(tokenSplits.train, options);
  const batches = await Promise.all(Array.from({ length: 11 }, () => feeder.next()));
  assert.deepEqual(batches, batches.map(() => expected.next()));
});

Deno.test("an evaluation that is given up leaves the training batches in place", async () => {
  for (const Feeder of feeders) {
    using feeder = new Feeder(tokenSplits, options);
    const expected = new TrainingBatches(tokenSplits.train, options);
    assert.deepEqual(await feeder.next(), expected.next());
    for await (const batch of feeder.evaluation("valid")) {
      assert.deepEqual([...batch.indices], [0, 1, 2]);
      break;
    }
    assert.equal((await all(feeder.evaluation("valid"))).length, 3);
    assert.deepEqual(await feeder.next(), expected.next());
  }
});

Deno.test("errors of the user come as such, after the batches before them", async () => {
  const train = new PackedTokenSplit(
    { ids: Uint8Array.of(4, 5, 6), offsets: Uint32Array.of(0, 1, 1, 2, 3) },
    new Int32Array(4),
  );
  const splits: Splits = { train, valid: train, test: train };
  for (const Feeder of feeders) {
    using feeder = new Feeder(splits, { ...options, batchSize: 1 });
    const evaluation = feeder.evaluation("valid");
    assert.deepEqual((await evaluation.next()).value?.indices, Int32Array.of(0));
    const empty = (error: unknown) =>
      error instanceof UserError && error.message === "example 1 of the data is empty";
    await assert.rejects(evaluation.next(), empty);
    const order = new TrainingBatches(tokenSplit(4), { ...options, batchSize: 1 });
    for (let index = order.next().indices[0]; index !== 1; index = order.next().indices[0]) {
      assert.equal((await feeder.next()).indices[0], index);
    }
    await assert.rejects(feeder.next(), empty);
    await assert.rejects(
      feeder.seek({ epoch: 1, index: 4 }),
      (error) =>
        error instanceof UserError && /data or the batch size has changed/.test(error.message),
    );
  }
});

Deno.test("a cache file that disappears is the user's error; memory does without it", async () => {
  await withValueSplits(async (splits, stored, path) => {
    using feeder = new WorkerFeeder(splits, options);
    await Deno.rename(path, `${path}.gone`);
    const [outcome] = await Promise.allSettled([all(feeder.evaluation("test"))]);
    await Deno.rename(`${path}.gone`, path);
    if (stored === "memory") assert.equal(outcome.status, "fulfilled");
    else {
      assert.ok(outcome.status === "rejected" && outcome.reason instanceof UserError);
      assert.match(outcome.reason.message, /values.safetensors: no such file/);
    }
  });
});

Deno.test("errors of the program come as plain ones, with the worker's stack trace", async () => {
  using feeder = new WorkerFeeder(tokenSplits, { ...options, padTo: -1 });
  await assert.rejects(
    feeder.next(),
    (error) =>
      error instanceof Error && !(error instanceof UserError) &&
      /length/i.test(error.message) && String(error.cause).includes("batches.ts"),
  );
});

Deno.test("splits that do not arrive intact are an error of every sequence", async () => {
  const broken = tokenSplit(9);
  broken.documents.offsets[1] = 1000;
  using feeder = new WorkerFeeder({ ...tokenSplits, test: broken }, options);
  await assert.rejects(feeder.seek({ epoch: 1, index: 0 }), /9 labels do not fit/);
  await assert.rejects(feeder.next(), /9 labels do not fit/);
  await assert.rejects(all(feeder.evaluation("valid")), /9 labels do not fit/);
});

Deno.test("a feeder that is closed early leaves nothing behind and gives nothing more", async () => {
  using workers = new WorkerCount();
  const feeder = new WorkerFeeder(tokenSplits, options);
  const first = feeder.next();
  feeder.close();
  assert.deepEqual([workers.started, workers.ended], [1, 1]);
  await assert.rejects(first, /feeder is closed/);
  await assert.rejects(feeder.next(), /feeder is closed/);
  await assert.rejects(all(feeder.evaluation("valid")), /feeder is closed/);
  feeder.close();
});

Deno.test("packed splits are shared with the worker, and batches are handed over", async () => {
  const split = tokenSplit(5, 70_000);
  const description = describeSplit(split);
  assert.ok(description?.kind === "tokens");
  const { documents, labels } = description;
  for (const { buffer } of [documents.ids, documents.offsets, labels]) {
    assert.ok(buffer instanceof SharedArrayBuffer);
  }
  const posted: typeof description = structuredClone(description);
  const opened = openSplit(posted);
  split.documents.ids[0] = 12_345;
  assert.equal(opened.example(0).kind === "tokens" && posted.documents.ids[0], 12_345);
  using feeder = new WorkerFeeder({ ...tokenSplits, train: split }, options);
  const batch = await feeder.next();
  for (const buffer of batchMemory(batch)) assert.ok(!buffer.detached);
  structuredClone(batch, { transfer: batchMemory(batch) });
  assert.equal(batch.kind === "tokens" && batch.tokens.length, 0);
});

Deno.test("only packed splits go to a worker", async () => {
  const { train } = tokenSplits;
  const plain = { length: train.length, example: (index: number) => train.example(index) };
  const splits = { ...tokenSplits, valid: plain };
  assert.throws(() => new WorkerFeeder(splits, options), /valid split .* in process/);
  using feeder = new InProcessFeeder(splits, options);
  assert.equal((await all(feeder.evaluation("valid"))).length, 6);
});
