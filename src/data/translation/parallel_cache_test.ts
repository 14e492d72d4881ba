import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import type { SplitName } from "../dataset.ts";
import { sha256Hex } from "../../util/sha256.ts";
import {
  loadParallelCorpus,
  parallelFolder,
  verifyParallelCaches,
  verifyParallelCorpus,
} from "./parallel_cache.ts";
import { EN_DE, type Language } from "./parallel_corpus.ts";
import { type ParallelRecipe, recipeFolder } from "./parallel_recipe.ts";

type Lines = Readonly<Record<SplitName, Readonly<Record<Language, readonly string[]>>>>;

const LINES: Lines = {
  train: { en: ["a b", "c", ""], de: ["x a", "y y y", "z"] },
  valid: { en: ["b"], de: ["new x"] },
  test: { en: ["c c", "a"], de: ["x", "z y"] },
};

function recipeOf(lines: Lines, change: Partial<ParallelRecipe> = {}): ParallelRecipe {
  return {
    id: "tiny",
    version: "1",
    origin: () => ({ origin: "generated", source: "made up" }),
    quotable: true,
    fingerprint: "x",
    prepare: () =>
      Promise.resolve({
        pipeline: { tokenizer: { name: "none" }, lowercase: false, codes: null },
        lines: {},
        limits: { paddingFactor: 1 },
        pieces: (split, language) => lines[split][language],
        text: (split, language) => lines[split][language].map((line) => `${line}.`),
      }),
    ...change,
  };
}

const DE_EN = { source: "de", target: "en" } as const;

Deno.test("tokens of both languages share a dictionary of the training split", async () => {
  await withFolder(async (cacheDir) => {
    using data = await loadParallelCorpus(recipeOf(LINES), { cacheDir, direction: EN_DE });
    // y 3, a 2, then b, c, x, z once each.
    assert.deepEqual(data.dictionary.symbols.slice(4), ["y", "a", "b", "c", "x", "z"]);
    const { train, valid, test } = data.splits;
    assert.deepEqual([...train.source.lengths], [3, 2, 1]);
    assert.deepEqual([...train.source.sentence(0)], [5, 6, 2]);
    assert.deepEqual([...train.source.sentence(2)], [2]);
    assert.deepEqual([...train.target.sentence(1)], [4, 4, 4, 2]);
    assert.deepEqual([...valid.target.sentence(0)], [3, 8, 2]);
    assert.deepEqual(test.text, { source: ["c c.", "a."], target: ["x.", "z y."] });
    assert.equal(train.text, undefined);
    assert.throws(() => train.source.sentence(3), RangeError);
    const ids = Int32Array.of(6, 2, 3, 8, 2);
    assert.equal(data.hash.valid, sha256Hex(new Uint8Array(ids.buffer)));
  });
});

Deno.test("the other direction exchanges the sides", async () => {
  await withFolder(async (cacheDir) => {
    const recipe = recipeOf(LINES);
    using there = await loadParallelCorpus(recipe, { cacheDir, direction: EN_DE });
    const unread = { ...recipe, prepare: () => Promise.reject(new Error("not to be called")) };
    using back = await loadParallelCorpus(unread, { cacheDir, direction: DE_EN });
    assert.deepEqual(back.splits.train.source.sentence(1), there.splits.train.target.sentence(1));
    const ids = Int32Array.of(3, 8, 2, 6, 2);
    assert.equal(back.hash.valid, sha256Hex(new Uint8Array(ids.buffer)));
  });
});

Deno.test("sentences are the same from memory and from disk, in any order", async () => {
  await withFolder(async (cacheDir) => {
    const many = Array.from({ length: 500 }, (_, i) => "a b c ".repeat(1 + i % 40) + (i % 7));
    const lines = { ...LINES, train: { en: many, de: many.toReversed() } };
    const options = { cacheDir, direction: EN_DE };
    using memory = await loadParallelCorpus(recipeOf(lines), options);
    using disk = await loadParallelCorpus(recipeOf(lines), { ...options, memoryLimit: 0 });
    for (let i = 499; i >= 0; i -= 3) {
      for (const side of ["source", "target"] as const) {
        const expected = memory.splits.train[side].sentence(i);
        assert.deepEqual(disk.splits.train[side].sentence(i), expected);
        assert.equal(expected.length, memory.splits.train[side].lengths[i]);
      }
    }
    const first = memory.splits.train.source.sentence(70);
    assert.equal(memory.dictionary.string(first), many[70]);
  });
});

Deno.test("damage is found, told, and mended by making the tokens again", async () => {
  await withFolder(async (cacheDir, lines, print) => {
    const recipe = recipeOf(LINES);
    const options = { cacheDir, direction: EN_DE, print };
    const folder = parallelFolder(recipe, cacheDir);
    assert.equal(await verifyParallelCorpus(folder), false);
    const load = async () => {
      using data = await loadParallelCorpus(recipe, options);
      return data.hash.train;
    };
    const hash = await load();
    assert.ok(await verifyParallelCorpus(folder));
    for (const file of ["train.en.ids", "valid.de.lengths", "test.de.txt", "dict.txt"]) {
      const path = join(folder, file);
      const bytes = await Deno.readFile(path);
      bytes[0] ^= 1;
      await Deno.writeFile(path, bytes);
      await rejectsInOneLine(
        verifyParallelCorpus(folder),
        /do(?:es)? not match (?:its|their) check/,
      );
      const told = lines.length;
      assert.equal(await load(), hash);
      assert.match(lines[told], /making it again$/);
      assert.ok(await verifyParallelCorpus(folder));
    }
    await Deno.writeTextFile(join(folder, "corpus.json"), "{");
    await rejectsInOneLine(verifyParallelCorpus(folder), /corpus\.json: is damaged/);
    assert.equal(await load(), hash);
  });
});

Deno.test("sides that differ in their lines are refused, and nothing is left behind", async () => {
  await withFolder(async (cacheDir) => {
    const options = { cacheDir, direction: EN_DE };
    const uneven = { ...LINES, valid: { en: ["a"], de: ["x", "y"] } };
    await rejectsInOneLine(
      loadParallelCorpus(recipeOf(uneven), options),
      /^tiny: valid has 1 lines of en and 2 of de/,
    );
    const empty = { ...LINES, test: { en: [], de: [] } };
    await rejectsInOneLine(loadParallelCorpus(recipeOf(empty), options), /test has no sentence/);
    const left = [...Deno.readDirSync(join(cacheDir, "translation"))].map(({ name }) => name);
    assert.deepEqual(left.filter((name) => name !== ".locks"), []);
  });
});

Deno.test("preparations of one corpus lie side by side and are all verified", async () => {
  await withFolder(async (cacheDir) => {
    const options = { cacheDir, direction: EN_DE };
    assert.equal(await verifyParallelCaches("tiny", cacheDir), false);
    const [one, other] = [recipeOf(LINES), recipeOf(LINES, { fingerprint: "y" })];
    assert.notEqual(recipeFolder(one), recipeFolder(other));
    for (const recipe of [one, other]) {
      using _data = await loadParallelCorpus(recipe, options);
    }
    assert.ok(await verifyParallelCaches("tiny", cacheDir));
    assert.equal(await verifyParallelCaches("tin", cacheDir), false);
    await Deno.writeTextFile(join(parallelFolder(other, cacheDir), "train.de.ids"), "cut");
    await rejectsInOneLine(verifyParallelCaches("tiny", cacheDir), /holds 3 bytes, expected/);
  });
});
