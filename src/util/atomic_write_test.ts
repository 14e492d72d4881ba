import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { AtomicFile, writeError, writeFileAtomic } from "./atomic_write.ts";
import { withFolder } from "./folder_testing.ts";
import { publishNew } from "./publish_new.ts";
import { Racer } from "./racer_testing.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name);

Deno.test("writeFileAtomic creates folders, replaces content and leaves no temporary file", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a", "b", "file.txt");
    await writeFileAtomic(path, "first");
    await writeFileAtomic(path, new TextEncoder().encode("zwölf"));
    assert.equal(Deno.readTextFileSync(path), "zwölf");
    assert.deepEqual(names(join(folder, "a", "b")), ["file.txt"]);
  });
});

Deno.test("an AtomicFile that is not committed leaves the old file and nothing else", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "file");
    await writeFileAtomic(path, "old");
    await assert.rejects(async () => {
      await using file = await AtomicFile.create(path);
      await file.write(new Uint8Array(10));
      throw new Error("interrupted");
    }, /interrupted/);
    assert.equal(Deno.readTextFileSync(path), "old");
    assert.deepEqual(names(folder), ["file"]);
  });
});

Deno.test("a failed rename is a UserError and removes the temporary file", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "taken");
    Deno.mkdirSync(path);
    await assert.rejects(
      writeFileAtomic(path, "x"),
      (error) => error instanceof UserError && error.message.startsWith(`cannot write ${path}: `),
    );
    assert.deepEqual(names(folder), ["taken"]);
  });
});

Deno.test("a file where a folder should be is a UserError", async () => {
  await withFolder(async (folder) => {
    await writeFileAtomic(join(folder, "file"), "x");
    await assert.rejects(writeFileAtomic(join(folder, "file", "inside"), "y"), UserError);
  });
});

Deno.test("an AtomicFile cannot be written after commit", async () => {
  await withFolder(async (folder) => {
    await using file = await AtomicFile.create(join(folder, "file"));
    await file.commit();
    await assert.rejects(file.write(new Uint8Array(1)), /already committed/);
  });
});

Deno.test("a full disk becomes a UserError, other failures stay what they are", () => {
  // The shape of the error that a write to /dev/full raises.
  const full = Object.assign(new Error("No space left on device (os error 28)"), {
    code: "ENOSPC",
  });
  const translated = writeError(full, "run/checkpoint");
  assert.ok(translated instanceof UserError);
  assert.match(translated.message, /^cannot write run\/checkpoint: the disk is full/);
  assert.equal(translated.cause, full);
  const other = new TypeError("a bug");
  assert.equal(writeError(other, "x"), other);
});

Deno.test("a file that must not be replaced stays, and nothing is left beside it", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "file");
    await writeFileAtomic(path, "first", { replace: false });
    await assert.rejects(
      writeFileAtomic(path, "second", { replace: false }),
      (error) =>
        error instanceof UserError &&
        error.message === `${path} already exists: choose another name or add --overwrite`,
    );
    assert.equal(Deno.readTextFileSync(path), "first");
    assert.deepEqual(names(folder), ["file"]);
  });
});

Deno.test("of two processes that write a new file exactly one succeeds", async () => {
  await withFolder(async (folder) => {
    await using left = new Racer();
    await using right = new Racer();
    for (let round = 0; round < 50; round++) {
      const path = join(folder, String(round));
      const answers = await Promise.all([
        left.tell("write", path, "left"),
        right.tell("write", path, "right"),
      ]);
      const winner = answers.indexOf("done");
      assert.match(answers[1 - winner], /already exists: choose another name/);
      assert.equal(Deno.readTextFileSync(path), ["left", "right"][winner]);
    }
    assert.equal(names(folder).length, 50);
  });
});

Deno.test("without hard links a new file is published once too", async () => {
  await withFolder(async (folder) => {
    const refuse = () => Promise.reject(new Deno.errors.PermissionDenied("no hard links"));
    const path = join(folder, "file");
    for (const text of ["a", "b"]) Deno.writeTextFileSync(join(folder, text), text);
    assert.equal(await publishNew(join(folder, "a"), path, refuse), true);
    assert.equal(await publishNew(join(folder, "b"), path, refuse), false);
    assert.equal(Deno.readTextFileSync(path), "a");
    assert.deepEqual(names(folder).toSorted(), ["b", "file"]);
  });
});

Deno.test("a link that exists because its answer was lost is one's own", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "file");
    Deno.writeTextFileSync(join(folder, "a"), "a");
    const repeat = async (from: string, to: string) => {
      await Deno.link(from, to);
      await Deno.link(from, to);
    };
    assert.equal(await publishNew(join(folder, "a"), path, repeat), true);
    assert.deepEqual(names(folder), ["file"]);
  });
});
