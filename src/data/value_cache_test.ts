import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readSafetensors } from "../util/safetensors.ts";
import { splitHash } from "./dataset.ts";
import { perSplit } from "./packed_cache.ts";
import { pixelTable } from "./packed_values.ts";
import { describeSplit, openSplit } from "./split_description.ts";
import { loadValueCache, type PixelExample, writeValueCache } from "./value_cache.ts";

const NORMALIZATION = { mean: 0.48, std: 0.24 };
const SHAPE = {
  key: "key é",
  pixels: 6,
  classes: 3,
  counts: { train: 5, valid: 0, test: 2 },
  normalization: NORMALIZATION,
};

function* images(count: number, first: number): Generator<PixelExample> {
  for (let i = 0; i < count; i++) {
    yield { pixels: Uint8Array.from({ length: 6 }, (_, j) => first + 7 * i + j), label: i % 3 };
  }
}

async function withCache(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "cache", "values.safetensors");
  try {
    await writeValueCache(path, SHAPE, {
      train: images(5, 0),
      valid: images(0, 0),
      test: images(2, 100),
    });
    await body(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("values come back from memory and from the file alike, with their contract hash", async () => {
  await withCache(async (path) => {
    for (const memoryLimit of [Infinity, 0]) {
      const query = { key: SHAPE.key, normalization: NORMALIZATION, memoryLimit, full: true };
      const loaded = await loadValueCache(path, query);
      if (loaded === undefined) assert.fail("no cache");
      const { splits, hash } = loaded;
      assert.deepEqual(perSplit((name) => splits[name].length), SHAPE.counts);
      assert.deepEqual(hash, perSplit((name) => splitHash("values", splits[name])));
      const { values, label } = splits.test.example(1);
      const table = pixelTable(0.48, 0.24);
      assert.deepEqual(values, Float32Array.from([107, 108, 109, 110, 111, 112], (x) => table[x]));
      assert.equal(label, 1);
      for (const index of [-1, 2, 0.5]) {
        assert.throws(() => splits.test.example(index), RangeError);
      }
    }
  });
});

Deno.test("the file is a safetensors file", async () => {
  await withCache(async (path) => {
    const { tensors, metadata } = readSafetensors(await Deno.readFile(path), path);
    assert.equal(metadata.key, SHAPE.key);
    assert.deepEqual(tensors.get("train.pixels")?.shape, [5, 6]);
    assert.deepEqual([...tensors.get("test.labels")?.data ?? []], [0, 1]);
  });
});

Deno.test("a missing file is undefined; another key and any damage are UserErrors", async () => {
  await withCache(async (path) => {
    const query = { key: SHAPE.key, normalization: NORMALIZATION };
    assert.equal(await loadValueCache(`${path}.no`, query), undefined);
    await assert.rejects(loadValueCache(path, { ...query, key: "other" }), UserError);
    assert.ok(await loadValueCache(path, { ...query, key: undefined }));
    const bytes = await Deno.readFile(path);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] ^= 1;
      await Deno.writeFile(path, damaged);
      await assert.rejects(loadValueCache(path, query), UserError, `byte ${at}`);
      const onDisk = { ...query, memoryLimit: 0, full: true };
      await assert.rejects(loadValueCache(path, onDisk), UserError, `byte ${at}`);
    }
    for (const length of [0, 7, 20, bytes.length - 1]) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      await assert.rejects(loadValueCache(path, query), UserError);
    }
  });
});

Deno.test("a split on disk tells when its file is cut or gone", async () => {
  await withCache(async (path) => {
    const query = { key: undefined, normalization: NORMALIZATION, memoryLimit: 0 };
    const loaded = await loadValueCache(path, query);
    await Deno.truncate(path, 300);
    assert.throws(() => loaded?.splits.test.example(1), /the file is cut/);
    await Deno.remove(path);
    assert.throws(() => loaded?.splits.test.example(1), UserError);
  });
});

Deno.test("too few, too many and wrongly sized examples leave no file behind", async () => {
  await withCache(async (path) => {
    const good = { train: () => images(5, 0), valid: () => images(0, 0), test: () => images(2, 0) };
    const other = join(path, "..", "other");
    const wrong = [{ pixels: new Uint8Array(5), label: 0 }];
    for (const train of [() => images(4, 0), () => images(6, 0), () => wrong]) {
      const examples = { ...good, train };
      const streams = perSplit((name) => examples[name]());
      await assert.rejects(writeValueCache(other, SHAPE, streams), RangeError);
    }
    assert.deepEqual([...Deno.readDirSync(join(path, ".."))].length, 1);
  });
});

function* labelled(labels: readonly number[]): Generator<PixelExample> {
  for (const label of labels) yield { pixels: new Uint8Array(6).fill(label % 256), label };
}

Deno.test("labels beyond 255 come back as they were written", async () => {
  await withCache(async (path) => {
    const labels = [0, 255, 256, 70_000, 1];
    const write = (classes: number) =>
      writeValueCache(path, { ...SHAPE, classes }, {
        train: labelled(labels),
        valid: labelled([]),
        test: labelled([70_000, 256]),
      });
    await write(70_001);
    for (const memoryLimit of [Infinity, 0]) {
      const query = { key: SHAPE.key, normalization: NORMALIZATION, memoryLimit, full: true };
      const loaded = await loadValueCache(path, query);
      if (loaded === undefined) assert.fail("no cache");
      const { splits, hash } = loaded;
      assert.deepEqual(labels.map((_, i) => splits.train.example(i).label), labels);
      assert.deepEqual([0, 1].map((i) => splits.test.example(i).label), [70_000, 256]);
      assert.deepEqual(hash, perSplit((name) => splitHash("values", splits[name])));
      const description = describeSplit(splits.train);
      if (description === undefined) assert.fail("no description");
      assert.equal(openSplit(description).example(3).label, 70_000);
    }
    const { tensors } = readSafetensors(await Deno.readFile(path), path);
    assert.deepEqual([...tensors.get("train.labels")?.data ?? []], labels);
  });
});

Deno.test("labels are one byte up to 256 classes, and what is no class is refused", async () => {
  await withCache(async (path) => {
    const write = (classes: number, label: number) =>
      writeValueCache(path, { ...SHAPE, classes, counts: { train: 1, valid: 0, test: 0 } }, {
        train: labelled([label]),
        valid: labelled([]),
        test: labelled([]),
      });
    await write(256, 255);
    const { tensors } = readSafetensors(await Deno.readFile(path), path);
    assert.equal(tensors.get("train.labels")?.dtype, "U8");
    const wrong = [[256, 256], [257, 257], [70_000, 70_000], [3, -1], [3, 0.5], [3, NaN]];
    for (const [classes, label] of wrong) {
      await assert.rejects(write(classes, label), /train: label .* of example 0 is no class of/);
    }
  });
});

Deno.test("the pixel table rounds like float32 tensors", () => {
  const table = pixelTable(0.5, 0.5);
  assert.equal(table[0], -1);
  assert.equal(table[255], 1);
  assert.equal(table[128], Math.fround(Math.fround(Math.fround(128 / 255) - 0.5) / 0.5));
});
