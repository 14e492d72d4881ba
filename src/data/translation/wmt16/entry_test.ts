import assert from "node:assert/strict";
import { join } from "node:path";
import { generateData, listData, verifyData } from "../../commands.ts";
import { fetchData } from "../../fetch_data.ts";
import { rejectsInOneLine, withFolder } from "../../data_test_folder.ts";
import { readPrefixes } from "../moses/read_prefixes.ts";
import type { ParallelSplit } from "../parallel_corpus.ts";
import { loadWmt16, WMT16_ENTRY } from "./entry.ts";
import {
  sgmText,
  TINY_WMT16,
  wmt16Archives,
  type Wmt16Content,
  writeWmt16Archives,
  writeWmt16Files,
} from "./wmt16_testing.ts";

const ID = "wmt16-en-de";

/** Symbols and counts, computed by an independent program from sentences tokenised by hand. */
const DICTIONARY = [
  ...[". 8", '" 4', "The 4", "Das 3", "Haus 3", "house 3", "is 3", "ist 3", "big 2", "groß 2"],
  ...["old 2", "D@@ 1", "Garten 1", "al@@ 1", "alt 1", "ar@@ 1", "d@@ 1", "e 1", "en 1", "er 1"],
  ...["g@@ 1", "t@@ 1", "madeupword0000 0", "madeupword0001 0", "madeupword0002 0"],
  ...["madeupword0003 0", "madeupword0004 0", "madeupword0005 0"],
];
const TRAIN = [
  [[6, 9, 10, 12, 4, 2], [7, 8, 11, 13, 4, 2]],
  [[6, 24, 19, 20, 22, 10, 5, 12, 4, 5, 2], [15, 23, 16, 11, 5, 13, 5, 4, 2]],
  [[6, 14, 9, 4, 2], [7, 17, 25, 21, 8, 4, 2]],
  [[6, 9, 10, 14, 4, 2], [7, 8, 11, 18, 4, 2]],
];
const VALID = [
  [[6, 24, 19, 20, 22, 10, 14, 4, 2], [15, 23, 16, 11, 18, 4, 2]],
  [[3, 3, 25, 3, 9, 12, 3, 2], [3, 3, 20, 3, 8, 13, 3, 2]],
];
const TEST = [
  [[6, 3, 9, 3, 10, 14, 4, 2], [7, 3, 8, 3, 11, 18, 4, 2]],
  [
    [3, 19, 20, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2],
    [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 23, 2],
  ],
];

function pairsOf({ source, target }: ParallelSplit): number[][][] {
  return Array.from(
    { length: source.count },
    (_, i) => [[...source.sentence(i)], [...target.sentence(i)]],
  );
}

function tinyWithout(...paths: readonly string[]): Wmt16Content {
  return Object.fromEntries(Object.entries(TINY_WMT16).filter(([path]) => !paths.includes(path)));
}

/** Every file below a folder but locks and the memory of inputs. */
function filesBelow(folder: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith(".lock")) continue;
    if (isDirectory) found.push(...filesBelow(path));
    else if (name !== "inputs.json") found.push(path);
  }
  return found.sort();
}

/** Fails unless files of a tiny WMT16 are refused with a message, and without unfinished files. */
async function refuses(content: Readonly<Wmt16Content>, message: RegExp): Promise<void> {
  for (const write of [writeWmt16Archives, writeWmt16Files]) {
    await withFolder(async (folder, _lines, print) => {
      const [dataDir, cacheDir] = [join(folder, "data"), join(folder, "cache")];
      await write(join(dataDir, ID), content);
      const made = generateData({ dataDir, cacheDir, print, id: ID, profile: "paper" });
      await rejectsInOneLine(made, message);
      const left = filesBelow(folder).filter((path) => !path.startsWith(dataDir));
      assert.ok(left.every((path) => !path.includes(".tmp") && path.includes("-steps/")));
    });
  }
}

Deno.test("a tiny WMT16 gives the expected dictionary, ids and lines", async () => {
  await withFolder(async (folder) => {
    await writeWmt16Archives(folder);
    using data = await loadWmt16({ dataDir: folder, cacheDir: join(folder, "cache") });
    assert.deepEqual(data.dictionary.lines(), DICTIONARY);
    assert.deepEqual(pairsOf(data.splits.train), TRAIN);
    assert.deepEqual(pairsOf(data.splits.valid), VALID);
    assert.deepEqual(pairsOf(data.splits.test), TEST);
    assert.deepEqual(data.splits.test.text, {
      source: ["The “house” is old.", "Gardens &amp; houses"],
      target: ["Das „Haus“ ist alt.", "Gärten &amp; Häuser"],
    });
    assert.equal(data.pipeline.encode("Der Garten ist alt.", "de"), "D@@ er Garten ist alt .");
    assert.match(data.version, /abbreviations builtin-1; 32000 joint merges/);
  });
});

Deno.test("archives, unpacked files and workers give the same; lists of Moses do not", async () => {
  await withFolder(async (folder) => {
    const [packed, plain] = [join(folder, "packed"), join(folder, "plain", ID)];
    await writeWmt16Archives(packed);
    await writeWmt16Files(plain);
    using first = await loadWmt16({ dataDir: packed, cacheDir: join(folder, "a") });
    using second = await loadWmt16({
      dataDir: join(folder, "plain"),
      cacheDir: join(folder, "b"),
      direction: { source: "de", target: "en" },
      workers: true,
    });
    assert.deepEqual(second.dictionary.lines(), DICTIONARY);
    assert.deepEqual(
      pairsOf(second.splits.train),
      TRAIN.map(([english, german]) => [german, english]),
    );
    assert.equal(second.splits.test.text?.source[1], "Gärten &amp; Häuser");
    assert.equal(second.version, first.version);
    await Deno.mkdir(join(packed, "moses"));
    for (const language of ["en", "de"]) {
      await Deno.writeTextFile(join(packed, `moses/nonbreaking_prefix.${language}`), "Haus\n");
    }
    using third = await loadWmt16({ dataDir: packed, cacheDir: join(folder, "a") });
    assert.match(third.version, /abbreviations moses sha256:/);
  });
});

Deno.test("finished steps and tokens are found again, changed text is prepared anew", async () => {
  await withFolder(async (folder, lines, print) => {
    const files = join(folder, ID);
    await writeWmt16Files(files);
    const options = { dataDir: folder, cacheDir: join(folder, "cache"), print };
    (await loadWmt16(options))[Symbol.dispose]();
    const started = () => lines.splice(0).filter((line) => line.endsWith(": started")).length;
    assert.ok(started() > 10);
    (await loadWmt16(options))[Symbol.dispose]();
    assert.equal(started(), 0);
    await Deno.writeTextFile(join(files, "europarl-v7.de-en.de"), "Das Haus ist alt.\n\n");
    using changed = await loadWmt16(options);
    assert.equal(changed.splits.train.target.count, 4);
    assert.ok(lines.some((line) => line.includes("tokens-europarl-v7: started")));
    assert.ok(!lines.some((line) => line.includes("tokens-commoncrawl: started")));
    assert.ok(!lines.some((line) => line.includes("text-newstest2014: started")));
  });
});

Deno.test("what a killed process left is removed, finished steps are kept", async () => {
  await withFolder(async (folder, lines, print) => {
    await writeWmt16Files(join(folder, ID));
    const options = { dataDir: folder, cacheDir: join(folder, "cache"), print };
    using first = await loadWmt16(options);
    const translation = join(folder, "cache/translation");
    const [tokens] = [...Deno.readDirSync(translation)].map(({ name }) => name)
      .filter((name) => name !== ".locks" && !name.endsWith("-steps"));
    await Deno.rename(join(translation, tokens), join(translation, `${tokens}.0.tmp`));
    const steps = join(translation, `${ID}-steps`);
    await Deno.rename(join(steps, "train"), join(steps, "train.tmp"));
    lines.splice(0);
    using second = await loadWmt16(options);
    assert.equal(second.hash.train, first.hash.train);
    assert.deepEqual(
      lines.filter((line) => line.endsWith(": started")),
      [`${ID}: train: started`],
    );
    assert.deepEqual(filesBelow(folder).filter((path) => path.includes(".tmp")), []);
  });
});

Deno.test("archives are fetched, listed, verified and generated from by the commands", async () => {
  await withFolder(async (folder, lines, print) => {
    const archives = await wmt16Archives();
    const asked: string[] = [];
    const fetcher: typeof fetch = (input) => {
      const name = String(input).split("/").at(-1) ?? "";
      asked.push(name);
      const list = name.startsWith("nonbreaking_prefix") ? "Dr\n" : undefined;
      return Promise.resolve(new Response(archives.get(name) ?? list));
    };
    const context = { dataDir: join(folder, "data"), cacheDir: join(folder, "cache"), print };
    const fetching = { ...context, id: ID, fetcher };
    await rejectsInOneLine(fetchData(fetching), /no checksum of .*de-en\.tgz is known/);
    const wrong = { ...fetching, sha256: `de-en.tgz=${"0".repeat(64)}` };
    await rejectsInOneLine(fetchData(wrong), /the sha256 of what arrived is/);
    asked.splice(0);
    // One archive is there already.
    await writeWmt16Archives(
      join(context.dataDir, ID),
      tinyWithout(...Object.keys(TINY_WMT16).filter((path) => !path.startsWith("dev.tgz"))),
    );
    const target = await fetchData({ ...fetching, trustFirstUse: true });
    assert.equal(target, join(context.dataDir, ID));
    assert.deepEqual(asked, [
      ...[...archives.keys()].filter((name) => name !== "dev.tgz"),
      "nonbreaking_prefix.en",
      "nonbreaking_prefix.de",
    ]);
    assert.match((await readPrefixes(context.dataDir)).name, /^moses sha256:/);
    const status = await listData(context);
    assert.equal(status.find(({ id }) => id === ID)?.official, target);
    const hash = await generateData({ ...context, id: ID, profile: "paper" });
    assert.ok(lines.includes(`${ID}: train: 4 sentence pairs, sha256 ${hash?.train}`));
    assert.ok(await verifyData({ ...context, ids: [ID] }));
    assert.match(lines.at(-1) ?? "", /^2 checked, 0 damaged$/);
  });
});

Deno.test("damaged files are found by verify", async () => {
  await withFolder(async (folder, lines, print) => {
    const context = { dataDir: folder, cacheDir: join(folder, "cache"), print };
    await writeWmt16Archives(join(folder, ID));
    (await WMT16_ENTRY.load({ ...context, profile: "paper" }))[Symbol.dispose]();
    await Deno.writeTextFile(
      join(context.cacheDir, `translation/${ID}-steps/codes/codes`),
      "changed\n",
    );
    await Deno.truncate(join(folder, ID, "dev.tgz"), 100);
    assert.ok(!await verifyData({ ...context, ids: [ID] }));
    assert.deepEqual(lines.slice(-1), ["2 checked, 2 damaged"]);
  });
});

Deno.test("different numbers of lines are told with both files", async () => {
  const path = "training-parallel-commoncrawl.tgz/commoncrawl.de-en.en";
  const message = /commoncrawl\.de-en\.en has 1 lines and .*commoncrawl\.de-en\.de 2: they must/;
  await refuses({ ...TINY_WMT16, [path]: "The garden is big.\n" }, message);
});

Deno.test("different numbers of segments are told with both files", async () => {
  const path = "dev.tgz/dev/newstest2014-deen-ref.en.sgm";
  const message = /newstest2014-deen-ref\.en\.sgm has 1 lines and .*src\.de\.sgm 2: they must/;
  await refuses({ ...TINY_WMT16, [path]: sgmText(["One."]) }, message);
});

Deno.test("text that is not UTF-8 is told with file and line", async () => {
  const path = "de-en.tgz/europarl-v7.de-en.de";
  const bytes = new TextEncoder().encode("Das Haus.\nGroß.\n");
  bytes[bytes.indexOf(0xc3)] = 0xff;
  await refuses({ ...TINY_WMT16, [path]: bytes }, /europarl-v7\.de-en\.de:2: not UTF-8 text$/);
});

Deno.test("an empty file is refused", async () => {
  const path = "de-en.tgz/europarl-v7.de-en.de";
  await refuses({ ...TINY_WMT16, [path]: "" }, /europarl-v7\.de-en\.de: is empty/);
});

Deno.test("SGM without segments is refused", async () => {
  const path = "dev.tgz/dev/newstest2014-deen-src.de.sgm";
  await refuses({ ...TINY_WMT16, [path]: "<doc>\n</doc>\n" }, /holds no <seg id=\.\.\.>/);
});

Deno.test("training text of which nothing is left is refused", async () => {
  const parts = Object.keys(TINY_WMT16).filter((path) => /(?:v7|crawl|v11)\.de-en/.test(path));
  const empty = Object.fromEntries(parts.map((path) => [path, "\n"]));
  await refuses({ ...TINY_WMT16, ...empty }, /no training pair of 3 is left after cleaning/);
});

Deno.test("a missing file or archive is told with where it comes from", async () => {
  const message = /no newstest2013\.en and no dev\.tgz in .*data fetch wmt16-en-de/;
  const dev = Object.keys(TINY_WMT16).filter((path) => path.startsWith("dev.tgz"));
  await refuses(tinyWithout(...dev), message);
  await withFolder(async (folder) => {
    const options = { dataDir: folder, cacheDir: join(folder, "cache") };
    await rejectsInOneLine(loadWmt16(options), /no wmt16-en-de\/europarl-v7 below/);
  });
});

Deno.test("an archive without a wanted member and a cut archive are refused", async () => {
  await withFolder(async (folder) => {
    const options = { dataDir: folder, cacheDir: join(folder, "cache") };
    const files = join(folder, ID);
    await writeWmt16Archives(files, tinyWithout("dev.tgz/dev/newstest2013.en"));
    await rejectsInOneLine(loadWmt16(options), /dev\.tgz: lacks newstest2013\.en$/);
    for (const { name } of Deno.readDirSync(files)) {
      if (name !== "de-en.tgz") await Deno.remove(join(files, name));
    }
    await Deno.truncate(join(files, "de-en.tgz"), 150);
    await rejectsInOneLine(loadWmt16(options), /de-en\.tgz: the archive is damaged or cut/);
    const unfinished = filesBelow(join(folder, "cache")).filter((path) => path.includes(".tmp"));
    assert.deepEqual(unfinished, []);
  });
});
