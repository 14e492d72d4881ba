import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "./data_test_folder.ts";
import { DataRoot } from "./data_root.ts";
import { SourceFiles } from "./source_files.ts";

/** Two files in a folder, measured as if they had lain there for a minute. */
async function withFiles(
  body: (
    folder: string,
    measure: (options?: { fresh?: boolean; now?: number }) => Promise<SourceFiles>,
  ) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "data"));
    await Deno.writeTextFile(join(folder, "data/a"), "one\ntwo\n");
    await Deno.writeTextFile(join(folder, "data/b"), "x");
    await body(folder, (options = {}) =>
      SourceFiles.measure(
        {
          root: new DataRoot(join(folder, "data")),
          folder: join(folder, "data"),
          names: ["a", "b"],
          atMost: 100,
        },
        { cacheDir: join(folder, "cache"), now: Date.now() + 60_000, ...options },
      ));
  });
}

/** Makes a memory that claims other content, to see whether it is believed. */
async function forge(folder: string): Promise<void> {
  const [{ name }] = [...Deno.readDirSync(join(folder, "cache/sources"))];
  const path = join(folder, "cache/sources", name);
  const memo = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...memo, sha256: "0".repeat(64) }));
}

Deno.test("unchanged files are read once, unless everything is to be read", async () => {
  await withFiles(async (folder, measure) => {
    const { sha256, lines } = await measure();
    assert.deepEqual(lines, [2, 1]);
    await forge(folder);
    assert.equal((await measure()).sha256, "0".repeat(64));
    assert.equal((await measure({ fresh: true })).sha256, sha256);
  });
});

Deno.test("a changed byte is seen by the time of change, to the millisecond", async () => {
  await withFiles(async (folder, measure) => {
    const path = join(folder, "data/a");
    const { mtime } = await Deno.stat(path);
    const first = await measure();
    await Deno.writeTextFile(path, "one\ntwp\n");
    const later = new Date((mtime?.getTime() ?? 0) + 1);
    await Deno.utime(path, later, later);
    assert.notEqual((await measure()).sha256, first.sha256);
    assert.throws(() => first.checkUnchanged(), /data: was changed while it was read: try again$/);
  });
});

Deno.test("another file in the place of one is read, with size and times the same", async () => {
  await withFiles(async (folder, measure) => {
    const path = join(folder, "data/a");
    const first = await measure();
    await Deno.writeTextFile(`${path}.new`, "one\ntwp\n");
    const { mtime } = await Deno.stat(path);
    await Deno.utime(`${path}.new`, mtime ?? 0, mtime ?? 0);
    await Deno.rename(`${path}.new`, path);
    assert.notEqual((await measure()).sha256, first.sha256);
  });
});

Deno.test("files that have just been written are not believed to stay", async () => {
  await withFiles(async (folder, measure) => {
    const first = await measure({ now: Date.now() });
    await Deno.writeTextFile(join(folder, "data/a"), "one\ntwp\n");
    assert.notEqual((await measure({ now: Date.now() })).sha256, first.sha256);
  });
});

Deno.test("a damaged memory is made anew, and one that cannot be kept does no harm", async () => {
  await withFiles(async (folder, measure) => {
    const { sha256 } = await measure();
    await forge(folder);
    const [{ name }] = [...Deno.readDirSync(join(folder, "cache/sources"))];
    await Deno.writeTextFile(join(folder, "cache/sources", name), "{");
    assert.equal((await measure()).sha256, sha256);
    await Deno.remove(join(folder, "cache"), { recursive: true });
    await Deno.writeTextFile(join(folder, "cache"), "a file");
    assert.equal((await measure()).sha256, sha256);
  });
});

Deno.test("large, missing and irregular files are refused", async () => {
  await withFiles(async (folder, measure) => {
    const path = join(folder, "data/b");
    await Deno.truncate(path, 101);
    await rejectsInOneLine(measure(), /data\/b: holds 101 B, expected at most 100 B$/);
    await Deno.remove(path);
    await rejectsInOneLine(measure(), /data\/b: no such file or folder$/);
    await new Deno.Command("mkfifo", { args: [path] }).output();
    await rejectsInOneLine(measure(), /data\/b: is a device or a pipe, expected a file$/);
  });
});
