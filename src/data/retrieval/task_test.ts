import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeBytes } from "../byte_vocabulary.ts";
import { copyFolder, rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { perSplit } from "../packed_cache.ts";
import { RETRIEVAL_ENTRY } from "./entry.ts";
import { RETRIEVAL_PROFILES } from "./profiles.ts";
import { loadRetrieval } from "./task.ts";
import { readPairs } from "./tsv.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/retrieval`;
const PROFILE = { ...RETRIEVAL_PROFILES.smoke, counts: { train: 50, valid: 10, test: 10 } };

function ids(text: string, maxPositions: number): Int32Array {
  return new Int32Array(encodeBytes(new TextEncoder().encode(text), maxPositions));
}

Deno.test("official pairs keep both documents, cut to the profile's length", async () => {
  await withFolder(async (cacheDir) => {
    const profile = { ...PROFILE, maxPositions: 12 };
    const options = { profile, seed: 0, cacheDir, dataDir: FIXTURES };
    const task = await loadRetrieval(options);
    assert.deepEqual(perSplit((name) => task.splits[name].length), { train: 3, valid: 2, test: 1 });
    assert.ok(task.pair);
    assert.equal(task.version, 1);
    assert.equal(task.origin, "custom");
    assert.match(task.source, /^pairs in the form of AAN \(3 of 147,086 train pairs/);
    const { tokens, second, label } = task.splits.train.example(2);
    assert.deepEqual([tokens, second, label], [ids("Alpha beta", 12), ids("Alpha gamma", 12), 1]);
    const limited = { ...profile, counts: { train: 2, valid: 1, test: 1 } };
    assert.equal((await loadRetrieval({ ...options, profile: limited })).splits.train.length, 2);
  });
});

Deno.test("without files a stand-in is made that can not be taken for AAN", async () => {
  await withFolder(async (cacheDir, lines, print) => {
    const options = { profile: PROFILE, seed: 5, cacheDir, print };
    const task = await loadRetrieval(options);
    assert.match(task.source, /^generated stand-in for AAN .*seed 5/);
    assert.equal(task.version, "synthetic-1");
    assert.deepEqual(perSplit((name) => task.splits[name].length), PROFILE.counts);
    assert.deepEqual((await loadRetrieval(options)).hash, task.hash);
    assert.equal(lines.filter((line) => line.includes("generated 70 pairs")).length, 1);
    assert.notEqual((await loadRetrieval({ ...options, seed: 6 })).hash.test, task.hash.test);
    await loadRetrieval({ ...options, dataDir: cacheDir });
    assert.match(lines.at(-1) ?? "", /no new_aan_pairs.train.tsv below .*synthetic pairs instead/);
    const more = { ...PROFILE, counts: { ...PROFILE.counts, train: 60 } };
    assert.equal((await loadRetrieval({ ...options, profile: more })).hash.test, task.hash.test);
  });
});

Deno.test("the hash of the stand-in is pinned", async () => {
  await withFolder(async (cacheDir) => {
    const { hash } = await loadRetrieval({ profile: PROFILE, seed: 0, cacheDir });
    assert.equal(hash.train, "1ad8a3bd04d9a5046af6ccf6dac2ea5d04f98076e7c3b025848dee06d9c77704");
  });
});

Deno.test("a missing and a malformed file are UserErrors", async () => {
  await withFolder(async (folder) => {
    await copyFolder(FIXTURES, folder);
    const options = { profile: PROFILE, seed: 0, cacheDir: join(folder, "cache"), dataDir: folder };
    const path = join(folder, "tsv_data", "new_aan_pairs.eval.tsv");
    await Deno.writeTextFile(path, "1.0\ta\n");
    await rejectsInOneLine(loadRetrieval(options), /eval\.tsv:1: expected 5/);
    await Deno.remove(path);
    await rejectsInOneLine(loadRetrieval(options), /eval\.tsv: no such file/);
    await rejectsInOneLine(loadRetrieval({ ...options, dataDir: "no/such" }), /no such file/);
  });
});

Deno.test("generated files have the official format but not its names", async () => {
  await withFolder(async (folder) => {
    await RETRIEVAL_ENTRY.generate?.({ profile: "smoke" }, folder);
    assert.equal(await RETRIEVAL_ENTRY.findOfficial(folder), undefined);
    const path = join(folder, "synthetic_pairs.test.tsv");
    const pairs = await Array.fromAsync(readPairs(path), ({ label }) => label);
    assert.equal(pairs.length, RETRIEVAL_PROFILES.smoke.counts.test);
  });
});
