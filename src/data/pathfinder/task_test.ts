import assert from "node:assert/strict";
import { join } from "node:path";
import { copyFolder, rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { SPLIT_NAMES } from "../dataset.ts";
import { perSplit } from "../packed_cache.ts";
import { pixelTable } from "../packed_values.ts";
import { PATHFINDER_ENTRY, PATHX_ENTRY } from "./entry.ts";
import { findPathfinder, readPathfinderRecords } from "./official.ts";
import { PATHFINDER_PROFILES, type PathfinderProfile } from "./profiles.ts";
import { loadPathfinder } from "./task.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/pathfinder`;
const PROFILE: PathfinderProfile = {
  resolution: 32,
  counts: { train: 20, valid: 5, test: 5 },
};
const METADATA = "pathfinder32/curv_contour_length_14/metadata";

Deno.test("records come by number of the metadata file, then by line", async () => {
  const { records } = await readPathfinderRecords(join(FIXTURES, "pathfinder32"));
  assert.deepEqual(records.map(({ label }) => label), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  assert.deepEqual(records.slice(2, 6).map(({ path }) => path), [
    "curv_contour_length_14/imgs/2/sample_1.png",
    "curv_contour_length_14/imgs/2/sample_0.png",
    "curv_contour_length_14/imgs/10/sample_0.png",
    "curv_contour_length_14/imgs/10/sample_1.png",
  ]);
});

Deno.test("official pictures are split as the reference does", async () => {
  await withFolder(async (cacheDir, lines, print) => {
    const options = { id: "pathfinder", profile: PROFILE, seed: 0, cacheDir, print };
    const task = await loadPathfinder({ ...options, dataDir: FIXTURES });
    assert.equal(task.version, 1);
    assert.equal(task.origin, "custom");
    assert.match(task.source, /^other pathfinder32 .*10 of 200,000 pictures/);
    assert.deepEqual(perSplit((name) => task.splits[name].length), { train: 8, valid: 1, test: 1 });
    const table = pixelTable(0.5, 0.5);
    const order = { train: [2, 6, 1, 8, 4, 5, 0, 9], valid: [3], test: [7] };
    for (const name of SPLIT_NAMES) {
      for (const [i, picture] of order[name].entries()) {
        const { label, values } = task.splits[name].example(i);
        assert.equal(label, picture % 2);
        assert.deepEqual(values, new Float32Array(1024).fill(table[20 * picture]));
      }
    }
    const dataDir = join(FIXTURES, "pathfinder32");
    assert.deepEqual((await loadPathfinder({ ...options, dataDir })).hash, task.hash);
    assert.equal(lines.filter((line) => line.includes("10 images")).length, 1);
  });
});

Deno.test("without files images are generated, once, and never called official", async () => {
  await withFolder(async (cacheDir, lines, print) => {
    const options = { id: "pathx", profile: PROFILE, seed: 3, cacheDir, print };
    const task = await loadPathfinder({ ...options, dataDir: cacheDir });
    assert.match(lines[0], /^pathx: no pathfinder32 below .*; generating images$/);
    assert.equal(task.version, "synthetic-2");
    assert.match(task.source, /^generated.*seed 3/);
    assert.equal(task.maxLength, 1024);
    assert.deepEqual(perSplit((name) => task.splits[name].length), PROFILE.counts);
    assert.deepEqual((await loadPathfinder(options)).hash, task.hash);
    assert.equal(lines.filter((line) => line.includes("generated 30 images")).length, 1);
    const more = { ...PROFILE, counts: { ...PROFILE.counts, train: 25 } };
    const larger = await loadPathfinder({ ...options, profile: more });
    assert.equal(larger.hash.test, task.hash.test);
    assert.deepEqual(larger.splits.train.example(3), task.splits.train.example(3));
  });
});

Deno.test("generated files have the official layout, and loading them tells what they are", async () => {
  await withFolder(async (folder, lines, print) => {
    await PATHFINDER_ENTRY.generate?.({ profile: "smoke", seed: 0 }, folder);
    const root = await findPathfinder(folder, 32);
    assert.equal(root, join(folder, "pathfinder32"));
    await PATHFINDER_ENTRY.verifyOfficial(root ?? "", print);
    assert.match(lines[0], /240 pictures, 120 of one contour, all readable$/);
    const profile = PATHFINDER_PROFILES.smoke;
    const cacheDir = join(folder, "cache");
    const options = { id: "pathfinder", profile, seed: 0, cacheDir };
    const files = await loadPathfinder({ ...options, dataDir: folder });
    assert.match(files.source, /generated/);
    assert.equal(files.version, "synthetic-2");
    assert.deepEqual(perSplit((name) => files.splits[name].length), {
      train: 192,
      valid: 20,
      test: 20,
    });
    assert.ok(await PATHFINDER_ENTRY.verifyCache({ profile: "smoke", cacheDir }));
    assert.equal(await PATHX_ENTRY.verifyCache({ profile: "quick", cacheDir }), false);
    assert.equal(await PATHX_ENTRY.findOfficial(folder), undefined);
  });
});

const line = "imgs/2 sample_3.png 3 0 1.0 14 4 2 0.5 1 1\n";
const malformed: [string, string, string, RegExp][] = [
  ["an empty file", "2.npy", "", /2\.npy: the file is empty/],
  ["too few fields", "2.npy", `${line}imgs/2 sample_2.png 2\n`, /2\.npy:2: expected at least 4/],
  ["a blank line", "2.npy", `${line}\n${line}`, /2\.npy:2: expected at least 4 .* found 0/],
  ["another label", "2.npy", "imgs/2 sample_3.png 3 2\n", /2\.npy:1: label "2" is not 0 or 1/],
  [
    "a path that leaves the folder",
    "2.npy",
    "../.. sample_3.png 3 1\n",
    /2\.npy:1: .*not the path/,
  ],
  ["a picture that is no PNG", "2.npy", "imgs/2 sample_3.gif 3 1\n", /2\.npy:1: .*not the path/],
  ["another file name", "two.npy", line, /two\.npy: expected a name such as/],
  ["a missing picture", "2.npy", "imgs/2 sample_9.png 3 1\n", /sample_9\.png: no such file/],
];
for (const [what, file, content, message] of malformed) {
  Deno.test(`metadata with ${what} is refused, with file and line`, async () => {
    await withFolder(async (folder, _, print) => {
      await copyFolder(FIXTURES, folder);
      await Deno.writeTextFile(join(folder, METADATA, file), content);
      const options = { id: "pathfinder", profile: PROFILE, seed: 0, cacheDir: join(folder, "c") };
      await rejectsInOneLine(loadPathfinder({ ...options, dataDir: folder }), message);
      const verified = PATHFINDER_ENTRY.verifyOfficial(join(folder, "pathfinder32"), print);
      await rejectsInOneLine(verified, message);
    });
  });
}

Deno.test("a folder without metadata and a picture of another size are refused", async () => {
  await withFolder(async (folder) => {
    await copyFolder(FIXTURES, folder);
    const options = { id: "pathx", profile: { ...PROFILE, resolution: 64 as const }, seed: 0 };
    await Deno.rename(join(folder, "pathfinder32"), join(folder, "pathfinder64"));
    const load = () => loadPathfinder({ ...options, cacheDir: join(folder, "c"), dataDir: folder });
    await rejectsInOneLine(load(), /sample_\d\.png: 32 x 32 pixels, expected 64 x 64/);
    for (const name of ["2.npy", "10.npy"]) {
      await Deno.remove(join(folder, METADATA.replace("32", "64"), name));
    }
    await rejectsInOneLine(load(), /metadata: no metadata file/);
  });
});
