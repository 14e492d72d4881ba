import assert from "node:assert/strict";
import { join } from "node:path";
import { BYTE_VOCABULARY } from "../byte_vocabulary.ts";
import { copyFolder, rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { SPLIT_NAMES, type TokenTaskData } from "../dataset.ts";
import { perSplit } from "../packed_cache.ts";
import { TEXT_ENTRY } from "./entry.ts";
import { listReviews } from "./imdb.ts";
import type { TextProfile } from "./profiles.ts";
import { loadText, textCachePath } from "./task.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/text`;
const ALL = { train: 1000, valid: 1000, test: 1000 };
const LRA: TextProfile = { maxPositions: 40, counts: ALL, validation: "lra" };
const HELD_OUT: TextProfile = { ...LRA, validation: "held-out" };

function texts(task: TokenTaskData, name: typeof SPLIT_NAMES[number]): [string, number][] {
  const decoder = new TextDecoder();
  const value = (symbol: string) => symbol.startsWith("0x") ? Number(symbol) : symbol.charCodeAt(0);
  return Array.from({ length: task.splits[name].length }, (_, i) => {
    const { tokens, label } = task.splits[name].example(i);
    const symbols = Array.from(tokens, (id) => BYTE_VOCABULARY.symbol(id));
    const bytes = symbols.filter((symbol) => symbol !== "</s>").map(value);
    const end = symbols.at(-1) === "</s>" ? "|" : "";
    return [decoder.decode(Uint8Array.from(bytes)) + end, label];
  });
}

Deno.test("reviews are listed by sentiment and number", async () => {
  const files = (await listReviews(join(FIXTURES, "aclImdb"), "train")).map(({ file }) => file);
  assert.deepEqual(files.slice(0, 3), [
    "train/neg/2_1.txt",
    "train/neg/10_4.txt",
    "train/neg/20_2.txt",
  ]);
  assert.equal(files[8], "train/pos/0_9.txt");
  assert.equal(files.length, 16);
});

Deno.test("in LRA's protocol all training reviews train and the test split validates", async () => {
  await withFolder(async (cacheDir) => {
    const task = await loadText({ profile: LRA, cacheDir, dataDir: FIXTURES });
    assert.deepEqual(perSplit((name) => task.splits[name].length), {
      train: 16,
      valid: 4,
      test: 4,
    });
    assert.equal(task.hash.valid, task.hash.test);
    assert.equal(task.origin, "custom");
    assert.match(task.source, /8 of 12,500 positive training .*test split, as in LRA/);
    const train = new Map(texts(task, "train"));
    assert.equal(train.get("A café scene, lovely: 10/10!|"), 1);
    assert.equal(train.get("Dull.<br /><br />Not for me.|"), 0);
    assert.ok(
      texts(task, "test").some(([text]) => text === "Wonderful from the first minute to the l"),
    );
  });
});

Deno.test("a held-out tenth of the training reviews validates otherwise", async () => {
  await withFolder(async (cacheDir) => {
    const task = await loadText({ profile: HELD_OUT, cacheDir, dataDir: FIXTURES });
    assert.deepEqual(perSplit((name) => task.splits[name].length), {
      train: 15,
      valid: 1,
      test: 4,
    });
    assert.match(task.source, /held out of the training reviews/);
    const [train, valid, test] = SPLIT_NAMES.map((name) => texts(task, name));
    assert.ok(!train.some(([text]) => text === valid[0][0]));
    assert.ok(!test.some(([text]) => text === valid[0][0]));
    const profile = { ...HELD_OUT, counts: { train: 5, valid: 1, test: 2 } };
    const fewer = await loadText({ profile, cacheDir, dataDir: FIXTURES });
    assert.deepEqual(texts(fewer, "train"), train.slice(0, 5));
    assert.deepEqual(texts(fewer, "test"), test.slice(0, 2));
  });
});

Deno.test("the cache serves the second load; changed files are tokenised again", async () => {
  await withFolder(async (folder, lines, print) => {
    const dataDir = join(folder, "data");
    await copyFolder(join(FIXTURES, "aclImdb"), join(dataDir, "aclImdb"));
    const options = { profile: LRA, cacheDir: join(folder, "cache"), dataDir, print };
    const first = await loadText(options);
    assert.deepEqual((await loadText(options)).hash, first.hash);
    assert.equal(lines.filter((line) => line.includes("tokenised")).length, 1);
    await Deno.writeTextFile(join(dataDir, "aclImdb/train/pos/11_7.txt"), "Good fun, all of it");
    assert.notEqual((await loadText(options)).hash.train, first.hash.train);
    const again = lines.filter((line) => line.endsWith("; making it again"));
    assert.match(again.join("\n"), /^[^\n]*was made from other files, [^\n]*$/);
    const path = textCachePath(LRA, options.cacheDir);
    await Deno.truncate(path, 200);
    assert.deepEqual((await loadText(options)).hash.test, first.hash.test);
  });
});

const malformed: [string, (folder: string) => Promise<void>, RegExp][] = [
  [
    "a file name without a rating",
    (folder) => Deno.writeTextFile(join(folder, "train/pos/7.txt"), "x"),
    /train\/pos\/7\.txt: expected a name such as/,
  ],
  [
    "a rating of the other sentiment",
    (folder) => Deno.writeTextFile(join(folder, "test/neg/7_9.txt"), "x"),
    /test\/neg\/7_9\.txt: rating 9, expected 1 to 4/,
  ],
  [
    "an empty review",
    (folder) => Deno.writeTextFile(join(folder, "train/pos/7_9.txt"), ""),
    /train\/pos\/7_9\.txt: the review is empty/,
  ],
  [
    "a missing folder",
    (folder) => Deno.remove(join(folder, "test/pos"), { recursive: true }),
    /test\/pos: no such folder/,
  ],
  [
    "a folder without reviews",
    async (folder) => {
      await Deno.remove(join(folder, "test/pos"), { recursive: true });
      await Deno.mkdir(join(folder, "test/pos"));
    },
    /test\/pos: no review such as/,
  ],
];
for (const [what, damage, message] of malformed) {
  Deno.test(`${what} is a UserError that names the file`, async () => {
    await withFolder(async (folder, _, print) => {
      const data = join(folder, "aclImdb");
      await copyFolder(join(FIXTURES, "aclImdb"), data);
      await damage(data);
      await rejectsInOneLine(
        loadText({ profile: LRA, cacheDir: folder, dataDir: folder }),
        message,
      );
      await rejectsInOneLine(TEXT_ENTRY.verifyOfficial(data, print), message);
    });
  });
}

Deno.test("without files the user is told how to get them", async () => {
  await withFolder(async (cacheDir) => {
    for (const dataDir of [undefined, cacheDir]) {
      await rejectsInOneLine(
        loadText({ profile: LRA, cacheDir, dataDir }),
        /^text: .*run "deno task data fetch text" or point --data/,
      );
    }
    await rejectsInOneLine(
      loadText({ profile: LRA, cacheDir, dataDir: "no/such" }),
      /no such file/,
    );
  });
});
