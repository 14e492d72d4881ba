import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { readPairs, writePairs } from "./tsv.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/retrieval/tsv_data`;

async function readAll(path: string) {
  const pairs: [number, string, string, string, string][] = [];
  const decoder = new TextDecoder();
  for await (const { label, ids, texts } of readPairs(path)) {
    pairs.push([label, ...ids, decoder.decode(texts[0]), decoder.decode(texts[1])]);
  }
  return pairs;
}

Deno.test("the official format is read: float labels, quotes, UTF-8, CRLF, no last line end", async () => {
  assert.deepEqual(await readAll(join(FIXTURES, "new_aan_pairs.train.tsv")), [
    [1, "P05-1", "P04-2", 'Parsing "trees" fast', "Trees are parsed"],
    [0, "A1", "B2", "Speech", "Übersetzung"],
    [1, "A3", "B4", "Alpha beta", "Alpha gamma"],
  ]);
  assert.deepEqual((await readAll(join(FIXTURES, "new_aan_pairs.eval.tsv")))[1][4], "A B");
  assert.deepEqual((await readAll(join(FIXTURES, "new_aan_pairs.test.tsv")))[0][4], "Last two");
});

const malformed: [string, string, RegExp][] = [
  ["an empty file", "", /f\.tsv: the file is empty/],
  ["four fields", "1.0\ta\tb\tc\td\n1\ta\tb\tc\n", /f\.tsv:2: expected 5 .*, found 4/],
  ["six fields", "1.0\ta\tb\tc\td\te\n", /f\.tsv:1: expected 5 .*, found 6/],
  ["a blank line", "\n", /f\.tsv:1: expected 5 .*, found 1/],
  ["a header", "label\tid1\tid2\ttext1\ttext2\n", /f\.tsv:1: label "label" is not 0 or 1/],
  ["another class", "2.0\ta\tb\tc\td\n", /f\.tsv:1: label "2\.0"/],
  ["half a label", "0.5\ta\tb\tc\td\n", /f\.tsv:1: label "0\.5"/],
];
for (const [what, content, message] of malformed) {
  Deno.test(`the reader refuses ${what}, with file and line`, async () => {
    await withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "f.tsv"), content);
      await rejectsInOneLine(readAll(join(folder, "f.tsv")), message);
    });
  });
}

Deno.test("what is written is read back; what does not fit a line is refused", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "out", "f.tsv");
    const bytes = (text: string) => new TextEncoder().encode(text);
    const pair = { label: 1, ids: ["a", "b"], texts: [bytes("é x"), bytes("y")] } as const;
    await writePairs(path, [pair, { ...pair, label: 0 }]);
    assert.deepEqual(await readAll(path), [[1, "a", "b", "é x", "y"], [0, "a", "b", "é x", "y"]]);
    await assert.rejects(writePairs(path, [{ ...pair, texts: [bytes("a\tb"), bytes("")] }]));
    assert.equal((await readAll(path)).length, 2);
  });
});
