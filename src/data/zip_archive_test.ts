import assert from "node:assert/strict";
import { type Zippable, zipSync } from "fflate";
import { rejectsInOneLine, withFolder } from "./data_test_folder.ts";
import { extractArchive } from "./extract_archive.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const LONG = encode("all work and no play ".repeat(20_000));

interface Case {
  readonly content: Zippable;
  readonly change?: (bytes: Uint8Array) => Uint8Array;
  readonly select?: (path: string) => string | undefined;
  readonly required?: readonly string[];
  readonly maxBytes?: number;
}

async function extract({ content, change = (b) => b, ...options }: Case, folder: string) {
  const archive = `${folder}/a.zip`;
  await Deno.writeFile(archive, change(zipSync(content)));
  return await extractArchive({ archive, target: `${folder}/out`, ...options });
}

Deno.test("selected files of a zip archive are unpacked, compressed or stored", async () => {
  await withFolder(async (folder) => {
    const content: Zippable = {
      "w/": new Uint8Array(0),
      "w/long.txt": LONG,
      "w/stored.txt": [encode("as it is"), { level: 0 }],
      "w/other.bin": encode("no"),
    };
    const select = (path: string) => /^w\/(.*\.txt)$/.exec(path)?.[1];
    const required = ["long.txt", "stored.txt"];
    assert.deepEqual(await extract({ content, select, required }, folder), {
      files: 2,
      bytes: LONG.length + 8,
    });
    assert.deepEqual(await Deno.readFile(`${folder}/out/long.txt`), LONG);
    assert.equal(await Deno.readTextFile(`${folder}/out/stored.txt`), "as it is");
    assert.equal([...Deno.readDirSync(`${folder}/out`)].length, 2);
  });
});

/** Changes the first byte of the stored content `as it is`. */
function flip(bytes: Uint8Array): Uint8Array {
  const at = new TextDecoder("latin1").decode(bytes).indexOf("as it is");
  bytes[at] ^= 1;
  return bytes;
}

const noise = crypto.getRandomValues(new Uint8Array(50_000));
const refused: [string, Case, RegExp][] = [
  ["a cut archive", { content: { a: noise }, change: (b) => b.slice(0, 30_000) }, /damaged or cut/],
  ["a lost directory", { content: { a: LONG }, change: (b) => b.slice(0, -30) }, /damaged or cut/],
  [
    "content that does not match its checksum",
    { content: { a: [encode("as it is"), { level: 0 }] }, change: flip },
    /a does not match its checksum/,
  ],
  ["a path that leaves the folder", { content: { "../a": LONG } }, /unsafe path/],
  ["an absolute path", { content: { "/a": LONG } }, /unsafe path/],
  ["too much content", { content: { a: LONG }, maxBytes: 1000 }, /unpacks to more than 1000 bytes/],
  ["an archive of other files", { content: { a: LONG }, select: () => undefined }, /holds none/],
  ["two files of one name", { content: { a: LONG, b: LONG }, select: () => "c" }, /occurs twice/],
  ["a missing file", { content: { a: LONG }, required: ["a", "b", "c"] }, /lacks b, c$/],
];
for (const [what, each, message] of refused) {
  Deno.test(`zip: ${what} is refused and leaves nothing behind`, async () => {
    await withFolder(async (folder) => {
      await rejectsInOneLine(extract(each, folder), message);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.zip"]);
    });
  });
}
