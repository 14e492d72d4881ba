import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { sha256Hex } from "../util/sha256.ts";
import type { DataEntry, OfficialArchive } from "./data_entry.ts";
import { rejectsInOneLine, withFolder } from "./data_test_folder.ts";
import { fetchOfficial } from "./fetch_data.ts";
import { findFolder } from "./official_folder.ts";
import { NUMBERS_ENTRY } from "./translation/numbers/entry.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function archiveOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const body = encode(`the text of ${name}\n`);
  return new Uint8Array(gzipSync(
    await packTar([{
      header: { name: `package/${name}`, size: body.length },
      body,
    }]),
  ));
}

/** A data set of two archives and a plain file, and a server for them. */
async function severalArchives() {
  const served: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
    "one.tgz": await archiveOf("one.txt"),
    "two.tgz": await archiveOf("two.txt"),
    "plain.txt": encode("plain\n"),
  };
  const archive = (name: string, folder: string): OfficialArchive => ({
    url: `https://example.org/files/${name}`,
    sha256: sha256Hex(served[name]),
    folder: `several/${folder}`,
    select: (path) => basename(path),
  });
  const official = [
    archive("one.tgz", "one"),
    archive("two.tgz", "two"),
    { ...archive("plain.txt", "plain"), file: "kept.txt" },
  ];
  const entry: DataEntry = {
    ...NUMBERS_ENTRY,
    id: "several",
    official,
    findOfficial: (dataDir) => findFolder(dataDir, ["several"], ["one", "two"]),
  };
  const requests: string[] = [];
  const fetcher: typeof fetch = (address) => {
    const name = basename(String(address));
    requests.push(name);
    return Promise.resolve(new Response(served[name]));
  };
  return { entry, requests, fetcher };
}

Deno.test("several archives and files are fetched, each once and to a place of its own", async () => {
  await withFolder(async (folder, lines, print) => {
    const { entry, requests, fetcher } = await severalArchives();
    const options = { id: "several", dataDir: folder, cacheDir: folder, print, fetcher };
    assert.equal(await fetchOfficial(entry, options), join(folder, "several"));
    assert.deepEqual(requests, ["one.tgz", "two.tgz", "plain.txt"]);
    const read = (path: string) => Deno.readTextFile(join(folder, "several", path));
    assert.equal(await read("one/one.txt"), "the text of one.txt\n");
    assert.equal(await read("two/two.txt"), "the text of two.txt\n");
    assert.equal(await read("plain/kept.txt"), "plain\n");
    assert.ok((await Deno.stat(join(folder, "downloads/several/one.tgz"))).isFile);
    await Deno.remove(join(folder, "several/two"), { recursive: true });
    await Deno.remove(join(folder, "downloads"), { recursive: true });
    await fetchOfficial(entry, options);
    assert.deepEqual(requests.slice(3), ["two.tgz"]);
    assert.match(lines.at(-1) ?? "", /kept\.txt is there already$/);
  });
});

Deno.test("one address or checksum does not stand for several archives", async () => {
  await withFolder(async (folder, _lines, print) => {
    const { entry, fetcher } = await severalArchives();
    const options = { id: "several", dataDir: folder, cacheDir: folder, print, fetcher };
    for (const change of [{ url: "https://example.org/x" }, { sha256: "0".repeat(64) }]) {
      await rejectsInOneLine(
        fetchOfficial(entry, { ...options, ...change }),
        /^several: has 3 archives, but --url and --sha256 HEX stand for one/,
      );
    }
  });
});

Deno.test("what is made here cannot be fetched", async () => {
  await withFolder(async (folder, _lines, print) => {
    const options = { id: "numbers", dataDir: folder, cacheDir: folder, print };
    await rejectsInOneLine(fetchOfficial(NUMBERS_ENTRY, options), /has no official archive/);
  });
});
