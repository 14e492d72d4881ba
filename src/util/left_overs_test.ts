import assert from "node:assert/strict";
import { join } from "node:path";
import { AtomicFile, temporaryPath } from "./atomic_write.ts";
import { FolderLock } from "./folder_lock.ts";
import { removeLeftOvers } from "./left_overs.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();

/** A folder with a left-over of a lock, one of a file, and names that only look like one. */
async function withLeftOvers(
  minutes: number,
  body: (folder: string, left: string[], others: string[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const base = (path: string) => path.slice(folder.length + 1);
  const left = ["lock-3.json", "row.json"].map((name) => base(temporaryPath(join(folder, name))));
  const others = [".notes.tmp", "row.json", base(temporaryPath(join(folder, "x"))).slice(1)];
  const then = Date.now() / 1000 - 60 * minutes;
  try {
    for (const name of [...left, ...others]) {
      Deno.writeTextFileSync(join(folder, name), "x");
      Deno.utimeSync(join(folder, name), then, then);
    }
    await body(folder, left.toSorted(), others.toSorted());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("temporary files that nobody touched for an hour are removed, nothing else", async () => {
  await withLeftOvers(61, async (folder, left, others) => {
    const folderLike = temporaryPath(join(folder, "folder"));
    Deno.mkdirSync(folderLike);
    assert.deepEqual(await removeLeftOvers(folder), left);
    Deno.removeSync(folderLike);
    assert.deepEqual(names(folder), others);
  });
});

Deno.test("temporary files that were touched within the hour stay", async () => {
  await withLeftOvers(59, async (folder, left, others) => {
    assert.deepEqual(await removeLeftOvers(folder), []);
    assert.deepEqual(names(folder), [...left, ...others].toSorted());
  });
});

Deno.test("a file that is being written is not a left-over, however long it takes", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using file = await AtomicFile.create(join(folder, "row.json"));
    await file.write(new Uint8Array(10));
    assert.deepEqual(await removeLeftOvers(folder), []);
    await file.commit();
    assert.deepEqual(names(folder), ["row.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("who is alone in a folder removes all but what others need for its lock", async () => {
  await withLeftOvers(1, async (folder, left) => {
    await using lock = await FolderLock.acquire(folder);
    assert.deepEqual(await removeLeftOvers(folder, true), left.slice(1));
    assert.ok(names(folder).includes(left[0]));
    await lock.check();
  });
});

Deno.test("a folder that is missing has no left-overs", async () => {
  assert.deepEqual(await removeLeftOvers("/nowhere/at/all"), []);
});
