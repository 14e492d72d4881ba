import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar, type TarEntry } from "modern-tar";
import { UserError } from "../errors.ts";
import { type ExtractOptions, extractTar, listTar, safeSegments } from "./archive.ts";

const GOOD: TarEntry[] = [
  { header: { name: "top/", size: 0, type: "directory" } },
  { header: { name: "./top/a.txt", size: 5 }, body: "hello" },
  { header: { name: "top/deep/b.bin", size: 3000 }, body: new Uint8Array(3000).fill(7) },
  { header: { name: "top/empty", size: 0 } },
];

type Outcome = { files: string[]; result: { files: number; bytes: number } };

/** Extracts raw archive bytes in a fresh folder; afterwards only archive and target may be there. */
async function extractBytes(
  bytes: Uint8Array,
  options: Partial<ExtractOptions> = {},
): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    const archive = join(folder, "archive");
    const target = join(folder, "out");
    await Deno.writeFile(archive, bytes);
    try {
      const result = await extractTar({ archive, target, ...options });
      const files: string[] = [];
      const walk = (at: string, prefix: string) => {
        for (const entry of Deno.readDirSync(at)) {
          if (entry.isDirectory) walk(join(at, entry.name), `${prefix}${entry.name}/`);
          else files.push(`${prefix}${entry.name}:${Deno.statSync(join(at, entry.name)).size}`);
        }
      };
      walk(target, "");
      return { files: files.sort(), result };
    } catch (error) {
      const left = [...Deno.readDirSync(folder)].map((entry) => entry.name);
      assert.deepEqual(left, ["archive"], "a refused archive leaves nothing behind");
      throw error;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function assertRefused(bytes: Uint8Array, message: RegExp, options = {}): Promise<void> {
  await assert.rejects(extractBytes(bytes, options), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

Deno.test("tar and tar.gz are unpacked alike", async () => {
  const tar = await packTar(GOOD);
  for (const bytes of [tar, gzipSync(tar)]) {
    const { files, result } = await extractBytes(bytes);
    assert.deepEqual(files, ["top/a.txt:5", "top/deep/b.bin:3000", "top/empty:0"]);
    assert.deepEqual(result, { files: 3, bytes: 3005 });
  }
});

Deno.test("entries are selected and renamed", async () => {
  const select = (path: string) => /deep\/(b.*)$/.exec(path)?.[1];
  const { files } = await extractBytes(await packTar(GOOD), { select });
  assert.deepEqual(files, ["b.bin:3000"]);
  await assertRefused(await packTar(GOOD), /none of the expected files/, {
    select: () => undefined,
  });
});

const evil: [string, TarEntry, RegExp][] = [
  ["an absolute path", { header: { name: "/etc/x", size: 1 }, body: "x" }, /unsafe path/],
  ["a path upwards", { header: { name: "a/../../x", size: 1 }, body: "x" }, /unsafe path/],
  ["a backslash", { header: { name: "..\\x", size: 1 }, body: "x" }, /unsafe path/],
  ["a drive letter", { header: { name: "C:x", size: 1 }, body: "x" }, /unsafe path/],
  [
    "a symbolic link",
    { header: { name: "l", size: 0, type: "symlink", linkname: "/etc" } },
    /is a symlink/,
  ],
  ["a hard link", { header: { name: "l", size: 0, type: "link", linkname: "a" } }, /is a link/],
  [
    "a device",
    { header: { name: "d", size: 0, type: "character-device" } },
    /is a character-device/,
  ],
  ["a pipe", { header: { name: "p", size: 0, type: "fifo" } }, /is a fifo/],
  ["a name twice", { header: { name: "top/a.txt", size: 1 }, body: "x" }, /occurs twice/],
  [
    "a long unsafe pax name",
    {
      header: { name: "ok", size: 1, pax: { path: `../${"x".repeat(300)}` } },
      body: "x",
    },
    /unsafe path/,
  ],
];
for (const [what, entry, message] of evil) {
  Deno.test(`an archive with ${what} is refused`, async () => {
    await assertRefused(await packTar([...GOOD, entry]), message);
    await assertRefused(gzipSync(await packTar([...GOOD, entry])), message);
  });
}

Deno.test("unsafe entries are refused although they are not selected", async () => {
  const tar = await packTar([...GOOD, { header: { name: "../x", size: 1 }, body: "x" }]);
  await assertRefused(tar, /unsafe path/, {
    select: (path: string) => path.endsWith("a.txt") ? "a.txt" : undefined,
  });
});

Deno.test("limits on bytes and files hold, also for a small gzip of much", async () => {
  const tar = await packTar(GOOD);
  await assertRefused(tar, /more than 3004 bytes/, { maxBytes: 3004 });
  await assertRefused(tar, /or 2 files/, { maxFiles: 2 });
  await extractBytes(tar, { maxBytes: 3005, maxFiles: 3 });
  const zeros = new Uint8Array(4_000_000);
  const bomb = gzipSync(
    await packTar([{ header: { name: "z", size: zeros.length }, body: zeros }]),
  );
  assert.ok(bomb.length < 10_000);
  await assertRefused(bomb, /more than 1000000 bytes/, { maxBytes: 1_000_000 });
});

Deno.test("cut and damaged archives are refused", async () => {
  const tar = await packTar(GOOD);
  const gzip = new Uint8Array(gzipSync(tar));
  await assertRefused(tar.subarray(0, 2000), /damaged or cut/);
  await assertRefused(gzip.subarray(0, gzip.length - 20), /damaged or cut/);
  await assertRefused(gzip.subarray(0, 12), /damaged or cut/);
  const flipped = gzip.slice();
  flipped[flipped.length - 6] ^= 1;
  await assertRefused(flipped, /damaged or cut/);
  const header = tar.slice();
  header[600] ^= 1;
  await assertRefused(header, /damaged or cut/);
  await assertRefused(new TextEncoder().encode("<html>not found</html>".repeat(100)), /damaged/);
  await assertRefused(new Uint8Array(0), /archive: /);
});

Deno.test("a missing archive and a target that exists are UserErrors", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const target = join(folder, "out");
    await assert.rejects(extractTar({ archive: join(folder, "none"), target }), UserError);
    await assert.rejects(extractTar({ archive: folder, target }), /is a folder/);
    await assert.rejects(
      extractTar({ archive: join(folder, "none"), target: folder }),
      /exists already/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("safeSegments cleans harmless paths", () => {
  assert.deepEqual(safeSegments("./a//b/./c..d", "x"), ["a", "b", "c..d"]);
  assert.throws(() => safeSegments("a\0b", "x"), UserError);
});

Deno.test("entries that are not selected are passed over, also in lists", async () => {
  // With this size a decoder whose bodies were cancelled waited forever.
  const body = new Uint8Array(20_000).fill(7);
  const entries: TarEntry[] = ["a", "b", "c", "d"].map((name) => ({
    header: { name: `top/${name}`, size: body.length },
    body,
  }));
  const bytes = await packTar(entries);
  const { files } = await extractBytes(bytes, { select: (path) => /[bd]$/.exec(path)?.[0] });
  assert.deepEqual(files, ["b:20000", "d:20000"]);
  const archive = await Deno.makeTempFile();
  try {
    await Deno.writeFile(archive, bytes);
    assert.deepEqual([...(await listTar(archive)).keys()], ["top/a", "top/b", "top/c", "top/d"]);
    await Deno.truncate(archive, 100);
    await assert.rejects(listTar(archive), UserError);
  } finally {
    await Deno.remove(archive);
  }
});

Deno.test("progress counts the bytes of the archive", async () => {
  const bytes = gzipSync(await packTar(GOOD));
  const seen: [number, number][] = [];
  await extractBytes(bytes, { onProgress: (done, total) => seen.push([done, total]) });
  assert.deepEqual(seen.at(-1), [bytes.length, bytes.length]);
});
