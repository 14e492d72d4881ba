import assert from "node:assert/strict";
import { rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { sha256Hex } from "../../util/sha256.ts";
import { corpusFolder, loadCorpus, verifyCorpusCache } from "./corpus_cache.ts";
import { limitCorpus } from "./limit_corpus.ts";
import { recipeOf } from "./lm_testing.ts";

const TEXTS = { train: "b a b\n\n<unk> c c c\n", valid: "a new b\n", test: "c" };

Deno.test("a text becomes ids of the training split's dictionary, line by line", async () => {
  await withFolder(async (cacheDir) => {
    using data = await loadCorpus(recipeOf(TEXTS), { cacheDir });
    assert.deepEqual(data.dictionary.lines(), ["c 3", "b 2", "a 1"]);
    const { train, valid, test } = data.splits;
    const ids = [5, 6, 5, 2, 2, 3, 4, 4, 4, 2];
    assert.deepEqual([...train.tokens.slice(0, train.tokens.length)], ids);
    assert.deepEqual([...train.lineSizes()], [4, 1, 5]);
    assert.equal(train.lines, 3);
    assert.deepEqual([...valid.tokens.slice(0, 4)], [6, 3, 5, 2]);
    assert.deepEqual([...test.tokens.slice(0, 2)], [4, 2]);
    assert.equal(data.hash.train, sha256Hex(new Uint8Array(Int32Array.from(ids).buffer)));
  });
});

Deno.test("tokens on disk are the same as tokens in memory", async () => {
  await withFolder(async (cacheDir) => {
    const train = Array.from({ length: 30_000 }, (_, i) => `w${i % 70_000} v${i % 977}`).join("\n");
    const recipe = recipeOf({ ...TEXTS, train });
    using memory = await loadCorpus(recipe, { cacheDir });
    using disk = await loadCorpus(recipe, { cacheDir, memoryLimit: 1 });
    const { length } = memory.splits.train.tokens;
    assert.equal(length, 90_000);
    assert.deepEqual(
      disk.splits.train.tokens.slice(0, length),
      memory.splits.train.tokens.slice(0, length),
    );
  });
});

Deno.test("the cache serves the second load; other text, options or damage make it again", async () => {
  await withFolder(async (cacheDir, lines, print) => {
    const load = async (recipe = recipeOf(TEXTS)) => {
      using data = await loadCorpus(recipe, { cacheDir, print });
      return data.hash.train;
    };
    assert.equal(await verifyCorpusCache("tiny", cacheDir), false);
    const first = await load();
    assert.equal(await load(), first);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^tiny: 16 tokens, dictionary of 7, in /);
    assert.notEqual(await load(recipeOf({ ...TEXTS, train: "a b" })), first);
    assert.match(lines[1], /was made from other files, .*; making it again$/);
    assert.equal(await load(), first);
    const folder = corpusFolder("tiny", cacheDir);
    await Deno.truncate(`${folder}/train.ids`, 8);
    assert.equal(await load(), first);
    await Deno.writeTextFile(`${folder}/dict.txt`, "x 1\n");
    await rejectsInOneLine(verifyCorpusCache("tiny", cacheDir), /dict\.txt: does not match/);
    assert.equal(await load(), first);
    assert.ok(await verifyCorpusCache("tiny", cacheDir));
    await Deno.writeTextFile(`${folder}/corpus.json`, "{");
    await rejectsInOneLine(verifyCorpusCache("tiny", cacheDir), /corpus\.json: is damaged/);
    assert.equal(await load(), first);
  });
});

Deno.test("a changed token is found by verifying, and mended by the next load", async () => {
  await withFolder(async (cacheDir) => {
    using _data = await loadCorpus(recipeOf(TEXTS), { cacheDir });
    const path = `${corpusFolder("tiny", cacheDir)}/valid.ids`;
    const bytes = await Deno.readFile(path);
    bytes[0] ^= 1;
    await Deno.writeFile(path, bytes);
    await rejectsInOneLine(verifyCorpusCache("tiny", cacheDir), /tokens of valid do not match/);
    const said: string[] = [];
    using _mended = await loadCorpus(recipeOf(TEXTS), {
      cacheDir,
      print: (line) => void said.push(line),
    });
    assert.match(said[0], /tokens of valid do not match their checksum; making it again$/);
    assert.ok(await verifyCorpusCache("tiny", cacheDir));
  });
});

const refused: [string, Parameters<typeof recipeOf>[0], RegExp][] = [
  ["an empty training text", { ...TEXTS, train: "" }, /^tiny\.train: the train text is empty$/],
  ["an empty test text", { ...TEXTS, test: "" }, /^tiny\.test: the test text is empty$/],
  ["a NUL", { ...TEXTS, valid: "a\n\0" }, /^tiny\.valid:2: a NUL byte/],
  [
    "text that is not UTF-8",
    { ...TEXTS, test: Uint8Array.of(0xff, 10) },
    /^tiny\.test:1: not UTF-8/,
  ],
];
for (const [what, texts, message] of refused) {
  Deno.test(`${what} is refused and leaves nothing behind`, async () => {
    await withFolder(async (cacheDir) => {
      await rejectsInOneLine(loadCorpus(recipeOf(texts), { cacheDir }), message);
      const left = await Array.fromAsync(Deno.readDir(`${cacheDir}/lm`)).catch(() => []);
      assert.deepEqual(left.filter(({ name }) => name !== ".locks"), []);
    });
  });
}

Deno.test("a limited text is its first lines, with a hash of its own", async () => {
  await withFolder(async (cacheDir) => {
    using data = await loadCorpus(recipeOf(TEXTS), { cacheDir });
    const few = limitCorpus(data, { train: 9, valid: 1 });
    assert.equal(few.splits.train.tokens.length, 5);
    assert.deepEqual([...few.splits.train.lineSizes()], [4, 1]);
    assert.equal(few.splits.valid.lines, 1);
    assert.equal(few.splits.test, data.splits.test);
    assert.equal(few.hash.train, sha256Hex(new Uint8Array(Int32Array.of(5, 6, 5, 2, 2).buffer)));
    assert.equal(few.hash.test, data.hash.test);
    assert.match(few.version, /cut: train to 5 tokens/);
    assert.throws(() => few.splits.train.tokens.slice(0, 6), RangeError);
    assert.equal(limitCorpus(data, { train: 99 }), data);
  });
});
