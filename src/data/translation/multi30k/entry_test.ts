import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { generateData, listData, verifyData } from "../../commands.ts";
import { fetchData } from "../../fetch_data.ts";
import { rejectsInOneLine, withFolder } from "../../data_test_folder.ts";
import { loadMulti30k } from "./entry.ts";

const FILES: Readonly<Record<string, string>> = {
  "train.en": "Two Dogs run.\nA dog sleeps (outside).\n",
  "train.de": "Zwei Hunde laufen.\nEin Hund schläft (draußen).\n",
  "val.en": "A Dog runs.\n",
  "val.de": "Ein HUND läuft.\n",
  "test_2016_flickr.en": "Two dogs sleep.\n",
  "test_2016_flickr.de": "Zwei Hunde schlafen.",
};

function packed(): [name: string, bytes: Uint8Array<ArrayBuffer>][] {
  return Object.entries(FILES).map(([name, text]) => [
    `${name}.gz`,
    new Uint8Array(gzipSync(text)),
  ]);
}

async function writePacked(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, bytes] of packed()) await Deno.writeFile(join(folder, name), bytes);
}

/** All ways in which the files may lie in a data folder. */
const LAYOUTS: Readonly<Record<string, (dataDir: string) => Promise<void>>> = {
  "packed files": (dataDir) => writePacked(join(dataDir, "multi30k")),
  async "plain files"(dataDir) {
    await Deno.mkdir(join(dataDir, "multi30k"));
    for (const [name, text] of Object.entries(FILES)) {
      await Deno.writeTextFile(join(dataDir, "multi30k", name), text);
    }
  },
  async "a tar file"(dataDir) {
    const other = { header: { name: "multi30k/test_2017_flickr.en.gz", size: 3 }, body: "abc" };
    const entries = packed().map(([name, body]) => ({
      header: { name: `multi30k/${name}`, size: body.length },
      body,
    }));
    const tar = await packTar([other, ...entries]);
    await Deno.writeFile(join(dataDir, "multi30k_task1_en_de.tar"), tar);
  },
};

for (const [layout, write] of Object.entries(LAYOUTS)) {
  Deno.test(`${layout} become lower-cased pieces with the lines as they were`, async () => {
    await withFolder(async (folder, lines, print) => {
      const dataDir = join(folder, "data");
      await Deno.mkdir(dataDir);
      await write(dataDir);
      const context = { dataDir, cacheDir: join(folder, "cache"), print };
      using data = await loadMulti30k(context);
      const { train, valid, test } = data.splits;
      const text = (ids: Int32Array) => data.dictionary.string(ids, { bpeSymbol: "@@ " });
      assert.equal(text(train.source.sentence(0)), "two dogs run .");
      assert.equal(text(train.target.sentence(1)), "ein hund schläft ( draußen ) .");
      assert.deepEqual(valid.text, { source: ["A Dog runs."], target: ["Ein HUND läuft."] });
      assert.deepEqual(test.text?.target, ["Zwei Hunde schlafen."]);
      assert.equal(data.pipeline.tokenize("Ein HUND läuft.", "de"), "ein hund läuft .");
      assert.match(data.version, /lower-cased.*builtin-1; 3000 joint merges/);
      assert.ok(await verifyData({ ...context, ids: ["multi30k"] }));
      assert.equal(lines.at(-1), "2 checked, 0 damaged");
      const status = await listData(context);
      assert.ok(status.find(({ id }) => id === "multi30k")?.official);
    });
  });
}

Deno.test("damaged, missing and unequal files are refused in one line", async () => {
  const cases: [change: (folder: string) => Promise<void>, message: RegExp][] = [
    [(folder) => Deno.truncate(join(folder, "val.en.gz"), 20), /val\.en\.gz: .* damaged or cut/],
    [(folder) => Deno.writeTextFile(join(folder, "val.en.gz"), "x"), /val\.en\.gz: .* damaged/],
    [(folder) => Deno.remove(join(folder, "val.en.gz")), /no val\.en\.gz in .*data fetch multi30k/],
    [
      (folder) => Deno.writeFile(join(folder, "val.en.gz"), gzipSync("a\nb\n")),
      /val\.en\.gz has 2 lines and .*val\.de\.gz 1: they must belong together/,
    ],
    [
      (folder) => Deno.writeFile(join(folder, "val.de.gz"), gzipSync(Uint8Array.of(65, 10, 255))),
      /val\.de\.gz:2: not UTF-8 text$/,
    ],
    [(folder) => Deno.writeFile(join(folder, "val.de.gz"), gzipSync("")), /val\.de\.gz: is empty/],
  ];
  for (const [change, message] of cases) {
    await withFolder(async (folder, _lines, print) => {
      await writePacked(join(folder, "multi30k"));
      await change(join(folder, "multi30k"));
      const context = { dataDir: folder, cacheDir: join(folder, "cache"), print };
      const made = generateData({ ...context, id: "multi30k", profile: "paper" });
      await rejectsInOneLine(made, message);
      const left = [...Deno.readDirSync(join(folder, "cache/translation"))].map(({ name }) => name);
      assert.deepEqual(left.filter((name) => name !== ".locks"), ["multi30k-steps"]);
      const steps = [...Deno.readDirSync(join(folder, "cache/translation/multi30k-steps"))];
      assert.ok(steps.every(({ name }) => !name.endsWith(".tmp")));
    });
  }
});

Deno.test("files of another checksum than the published ones are not accepted", async () => {
  await withFolder(async (folder, _lines, print) => {
    const fetcher: typeof fetch = () => Promise.resolve(new Response(new Uint8Array(3)));
    const context = { dataDir: folder, cacheDir: join(folder, "cache"), print, fetcher };
    const fetching = fetchData({ ...context, id: "multi30k", trustFirstUse: true });
    await rejectsInOneLine(fetching, /train\.en\.gz: the sha256 of what arrived is/);
    await rejectsInOneLine(loadMulti30k(context), /no multi30k\/train\.en\.gz below/);
  });
});
