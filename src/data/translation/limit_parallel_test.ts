import assert from "node:assert/strict";
import { withFolder } from "../data_test_folder.ts";
import { SPLIT_NAMES } from "../dataset.ts";
import { translationEntry } from "../registry.ts";
import { limitParallel, parallelHash } from "./limit_parallel.ts";
import { EN_DE } from "./parallel_corpus.ts";

Deno.test("the hash of sentences is that of the files that keep them, in both directions", () =>
  withFolder(async (folder) => {
    const hashes: string[] = [];
    for (const direction of [EN_DE, { source: "de", target: "en" }] as const) {
      using data = await translationEntry("numbers").load({
        cacheDir: folder,
        profile: "smoke",
        direction,
      });
      for (const name of SPLIT_NAMES) {
        assert.equal(parallelHash(data.splits[name]), data.hash[name], name);
        hashes.push(data.hash[name]);
      }
    }
    assert.equal(new Set(hashes).size, 6);
  }));

Deno.test("a limited text has the first sentences, and a version and hashes of its own", () =>
  withFolder(async (folder) => {
    using data = await translationEntry("numbers").load({ cacheDir: folder, profile: "smoke" });
    assert.equal(limitParallel(data, {}), data);
    assert.equal(limitParallel(data, { valid: 100, test: 101 }), data);
    const cut = limitParallel(data, { valid: 3, test: 100 });
    assert.equal(cut.version, `${data.version}; cut: valid to 3 sentences`);
    assert.equal(cut.splits.train, data.splits.train);
    assert.equal(cut.splits.test, data.splits.test);
    assert.deepEqual([cut.hash.train, cut.hash.test], [data.hash.train, data.hash.test]);
    assert.notEqual(cut.hash.valid, data.hash.valid);
    assert.equal(cut.hash.valid, parallelHash(cut.splits.valid));
    const [whole, part] = [data.splits.valid, cut.splits.valid];
    for (const side of ["source", "target"] as const) {
      assert.equal(part[side].count, 3);
      assert.deepEqual(part[side].lengths, whole[side].lengths.slice(0, 3));
      assert.deepEqual(part[side].sentence(2), whole[side].sentence(2));
      assert.throws(() => part[side].sentence(3), RangeError);
      assert.deepEqual(part.text?.[side], whole.text?.[side].slice(0, 3));
    }
    const all = limitParallel(data, { train: 5, valid: 3, test: 2 });
    assert.match(
      all.version,
      /; cut: train to 5 sentences, valid to 3 sentences, test to 2 sentences$/,
    );
    assert.equal(all.splits.train.text, undefined);
  }));
