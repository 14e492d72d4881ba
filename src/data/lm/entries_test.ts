import assert from "node:assert/strict";
import { join } from "node:path";
import { zipSync } from "fflate";
import { UserError } from "../../errors.ts";
import { sha256Hex } from "../../util/sha256.ts";
import { generateData, listData, verifyData } from "../commands.ts";
import { fetchData } from "../fetch_data.ts";
import { rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { classificationEntry, corpusEntry } from "../registry.ts";
import { brownSentences, splitByCharacters, splitDocuments } from "./embedded_text.ts";
import { enwik8Cuts } from "./enwik8.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const WIKITEXT = {
  "wikitext-2/wiki.train.tokens": encode(" \n = A = \n \n a <unk> b . \n"),
  "wikitext-2/wiki.valid.tokens": encode(" \n a c . \n"),
  "wikitext-2/wiki.test.tokens": encode(" \n b . \n"),
};

Deno.test("characters come with the program, 90/5/5 %, newlines as </s>", async () => {
  await withFolder(async (cacheDir) => {
    using data = await corpusEntry("characters").load({ cacheDir });
    const { dictionary, splits } = data;
    assert.equal(data.unit, "character");
    assert.equal(dictionary.size, 72);
    assert.equal(dictionary.symbol(4), " ");
    // A part that does not end in a newline gains a </s>.
    assert.equal(splits.train.tokens.length, 1_003_854 + 1);
    const [first, ...others] = splits.train.tokens.slice(0, 15);
    assert.equal(dictionary.symbol(first), "F");
    assert.equal(dictionary.symbol(others[13]), "</s>");
    assert.equal(splits.train.lineSizes().reduce((sum, n) => sum + n, 0), 1_003_855);
  });
});

Deno.test("a text is cut by characters, not by UTF-16 units", () => {
  const { train, valid, test } = splitByCharacters("😀".repeat(40));
  assert.deepEqual([train, valid, test].map((part) => Array.from(part).length), [36, 2, 2]);
});

Deno.test("tagged documents become sentences without tags, each in one split", () => {
  const document = "\n\n\tThe/at 1/2/cd ,/, dog/nn\n\n\n\tIt/pps ran/vbd ./.\n";
  assert.deepEqual(brownSentences(document), ["The 1/2 , dog", "It ran ."]);
  const { train, valid, test } = splitDocuments(Array.from({ length: 40 }, (_, i) => `d${i}/x`));
  assert.equal(valid, "d9\nd29\n");
  assert.equal(test, "d19\nd39\n");
  assert.equal(train.split("\n").length, 37);
});

Deno.test("WikiText is fetched as a zip archive, verified and read", async () => {
  await withFolder(async (folder, lines, print) => {
    const bytes = zipSync(WIKITEXT);
    const context = { dataDir: join(folder, "data"), cacheDir: join(folder, "cache"), print };
    const target = await fetchData({
      ...context,
      id: "wikitext-2",
      sha256: sha256Hex(bytes),
      fetcher: () => Promise.resolve(new Response(bytes)),
    });
    assert.equal(target, join(context.dataDir, "wikitext-2"));
    assert.equal((await listData(context)).find(({ id }) => id === "wikitext-2")?.official, target);
    const hash = await generateData({ ...context, id: "wikitext-2", profile: "paper" });
    assert.ok(lines.includes(`wikitext-2: valid: 5 tokens, 2 lines, sha256 ${hash?.valid}`));
    assert.ok(await verifyData({ ...context, ids: ["wikitext-2"] }));
    assert.equal(lines.at(-1), "2 checked, 0 damaged");
    using data = await corpusEntry("wikitext-2").load(context);
    assert.equal(data.dictionary.id("<unk>"), 3);
    assert.deepEqual([...data.splits.valid.tokens.slice(0, 5)], [2, 7, 3, 5, 2]);
  });
});

Deno.test("an archive without a part of WikiText is refused", async () => {
  await withFolder(async (folder, _lines, print) => {
    const { "wikitext-2/wiki.test.tokens": _test, ...others } = WIKITEXT;
    const bytes = zipSync(others);
    const dataDir = join(folder, "data");
    const fetching = fetchData({
      ...{ dataDir, cacheDir: folder, print, id: "wikitext-2" },
      sha256: sha256Hex(bytes),
      fetcher: () => Promise.resolve(new Response(bytes)),
    });
    await rejectsInOneLine(fetching, /lacks wiki\.test\.tokens$/);
    assert.deepEqual([...Deno.readDirSync(dataDir)].map(({ name }) => name), ["downloads"]);
  });
});

Deno.test("missing and wrong files are the user's errors", async () => {
  await withFolder(async (folder) => {
    const options = { cacheDir: folder, dataDir: folder };
    await rejectsInOneLine(
      corpusEntry("wikitext-103").load(options),
      /no wikitext-103\/wiki\.train\.tokens below .*data fetch wikitext-103/,
    );
    await Deno.mkdir(join(folder, "wikitext-2"));
    await Deno.writeTextFile(join(folder, "wikitext-2/wiki.train.tokens"), "a\n");
    await rejectsInOneLine(
      corpusEntry("wikitext-2").load(options),
      /wiki\.valid\.tokens: no such file: fetch wikitext-2 again/,
    );
    await Deno.writeTextFile(join(folder, "enwik8"), "short");
    await rejectsInOneLine(corpusEntry("enwik8").load(options), /has 5 bytes, expected 100000000/);
    const made = generateData({ ...options, print() {}, id: "characters", profile: "", out: "x" });
    await rejectsInOneLine(made, /leave out --out/);
  });
});

Deno.test("data sets are asked for by what they are", () => {
  assert.throws(() => corpusEntry("text"), UserError);
  assert.throws(() => classificationEntry("words"), UserError);
  assert.equal(classificationEntry("text").id, "text");
});

Deno.test("enwik8 is cut into 90, 5 and 5 million bytes", () => {
  assert.deepEqual(enwik8Cuts(100_000_000, 5_000_000), {
    train: [0, 90_000_000],
    valid: [90_000_000, 95_000_000],
    test: [95_000_000, 100_000_000],
  });
});
