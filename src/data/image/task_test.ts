import assert from "node:assert/strict";
import { join } from "node:path";
import { copyFolder, rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { SPLIT_NAMES, splitHash, type ValueTaskData } from "../dataset.ts";
import { perSplit } from "../packed_cache.ts";
import { pixelTable } from "../packed_values.ts";
import { IMAGE_ENTRY } from "./entry.ts";
import { luma } from "./grayscale.ts";
import type { ImageProfile } from "./profiles.ts";
import { loadImage } from "./task.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/image`;
const FULL: ImageProfile = {
  counts: { train: 45_000, valid: 5_000, test: 10_000 },
  downsampling: 1,
};

function labels(task: ValueTaskData, name: typeof SPLIT_NAMES[number]): number[] {
  return Array.from(
    { length: task.splits[name].length },
    (_, i) => task.splits[name].example(i).label,
  );
}

Deno.test("binary batches are split as torch does and grey as Pillow makes them", async () => {
  await withFolder(async (cacheDir) => {
    const task = await loadImage({ profile: FULL, cacheDir, dataDir: join(FIXTURES, "binary") });
    assert.equal(task.version, 1);
    assert.equal(task.origin, "custom");
    assert.match(task.source, /^CIFAR-10 .*10 of 50,000 training pictures, 2 of 10,000 test/);
    assert.equal(task.maxLength, 1024);
    assert.deepEqual(labels(task, "train"), [2, 6, 1, 8, 4, 5, 0, 9, 3]);
    assert.deepEqual(labels(task, "valid"), [7]);
    assert.deepEqual(labels(task, "test"), [3, 9]);
    const table = pixelTable(0.48, 0.24);
    const { values } = task.splits.train.example(0);
    assert.deepEqual(values, new Float32Array(1024).fill(table[luma(20, 0, 0)]));
    const gradient = task.splits.test.example(0).values;
    assert.equal(gradient[37], table[luma(37, 9, 218)], "rows from the top, planes R, G, B");
    assert.deepEqual(task.hash, perSplit((name) => splitHash("values", task.splits[name])));
  });
});

Deno.test("class folders of JPEG pictures are a task of their own, PNG ones another", async () => {
  await withFolder(async (cacheDir) => {
    const load = (form: string) =>
      loadImage({ profile: FULL, cacheDir, dataDir: join(FIXTURES, form) });
    const [jpeg, png] = [await load("jpeg"), await load("png")];
    assert.equal(jpeg.version, "cifar10-jpeg-2");
    assert.match(jpeg.source, /^cifar10-jpeg: /);
    assert.doesNotMatch(jpeg.source, /official/);
    assert.equal(png.version, "cifar10-png-2");
    for (const task of [jpeg, png]) {
      assert.deepEqual(labels(task, "train"), [2, 6, 1, 8, 4, 5, 0, 9, 3]);
      assert.deepEqual(labels(task, "test"), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    const table = pixelTable(0.48, 0.24);
    assert.deepEqual(
      png.splits.train.example(1),
      { kind: "values", label: 6, values: new Float32Array(1024).fill(table[120]) },
    );
  });
});

Deno.test("the first pictures of class folders hold all classes alike", async () => {
  await withFolder(async (folder) => {
    for (const part of ["train", "test"]) {
      for await (const { name } of Deno.readDir(join(FIXTURES, "png", part))) {
        const into = join(folder, part, name);
        await Deno.mkdir(into, { recursive: true });
        for await (const file of Deno.readDir(join(FIXTURES, "png", part, name))) {
          const from = join(FIXTURES, "png", part, name, file.name);
          for (const copy of ["a", "b", "c"]) await Deno.copyFile(from, join(into, `${copy}.png`));
        }
      }
    }
    const profile: ImageProfile = { counts: { train: 20, valid: 3, test: 20 }, downsampling: 1 };
    const task = await loadImage({ profile, cacheDir: join(folder, "cache"), dataDir: folder });
    const counts = Array.from(
      { length: 10 },
      (_, label) => labels(task, "test").filter((each) => each === label).length,
    );
    assert.deepEqual(counts, new Array(10).fill(2));
  });
});

Deno.test("a smaller profile has the first pictures, averaged, and says so", async () => {
  await withFolder(async (cacheDir, lines, print) => {
    const profile: ImageProfile = { counts: { train: 4, valid: 9, test: 1 }, downsampling: 2 };
    const options = { profile, cacheDir, dataDir: join(FIXTURES, "binary"), print };
    const task = await loadImage(options);
    assert.equal(task.maxLength, 256);
    assert.match(task.source, /averaged to 16 x 16 pixels$/);
    assert.deepEqual(labels(task, "train"), [2, 6, 1, 8]);
    assert.deepEqual(labels(task, "valid"), [7]);
    assert.equal(task.splits.train.example(0).values.length, 256);
    assert.deepEqual((await loadImage(options)).hash, task.hash);
    assert.equal(lines.filter((line) => line.includes("converted 6 images")).length, 1);
    await loadImage({ ...options, dataDir: join(FIXTURES, "png") });
    assert.ok(lines.some((line) => /was made from other files.*; making it again$/.test(line)));
  });
});

const malformed: [string, string, (folder: string) => Promise<void>, RegExp][] = [
  [
    "a cut batch",
    "binary/cifar-10-batches-bin",
    (folder) => Deno.truncate(join(folder, "data_batch_3.bin"), 3000),
    /data_batch_3\.bin: 3000 bytes, expected records of 3073/,
  ],
  [
    "a label above 9",
    "binary/cifar-10-batches-bin",
    (folder) => Deno.writeFile(join(folder, "test_batch.bin"), new Uint8Array(3073).fill(10)),
    /test_batch\.bin: record 0: label 10/,
  ],
  [
    "a missing batch",
    "binary/cifar-10-batches-bin",
    (folder) => Deno.remove(join(folder, "test_batch.bin")),
    /test_batch\.bin: no such file/,
  ],
  [
    "a damaged picture",
    "png",
    (folder) => Deno.truncate(join(folder, "train/bird/0000.png"), 50),
    /train\/bird\/0000\.png: damaged picture/,
  ],
  [
    "a missing class",
    "jpeg",
    (folder) => Deno.remove(join(folder, "test/truck"), { recursive: true }),
    /test\/truck: no such file or folder/,
  ],
  [
    "a class without pictures",
    "jpeg",
    (folder) => Deno.remove(join(folder, "test/truck/0000.jpg")),
    /test\/truck: no picture files/,
  ],
];
for (const [what, from, damage, message] of malformed) {
  Deno.test(`${what} is a UserError that names the file`, async () => {
    await withFolder(async (folder, _, print) => {
      await copyFolder(join(FIXTURES, from), folder);
      await damage(folder);
      const options = { profile: FULL, cacheDir: join(folder, "cache"), dataDir: folder };
      await rejectsInOneLine(loadImage(options), message);
      await rejectsInOneLine(IMAGE_ENTRY.verifyOfficial(folder, print), message);
    });
  });
}

Deno.test("without files the user is told how to get them", async () => {
  await withFolder(async (folder) => {
    const options = { profile: FULL, cacheDir: folder, dataDir: folder };
    await rejectsInOneLine(loadImage(options), /^image: no .*run "deno task data fetch image"/);
  });
});
