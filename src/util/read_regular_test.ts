import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { openRegular, readRegular, readRegularSync, readRegularText } from "./read_regular.ts";
import { z } from "zod";
import { makeLink } from "./link_testing.ts";
import { readLock, systemTryLock } from "./lock_file.ts";
import { readSealed } from "./sealed_file.ts";

/** Checks that every way to read a path refuses it with one line that matches. */
async function refused(path: string, atMost: number, pattern: RegExp): Promise<void> {
  const check = (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    assert.ok(error.message.startsWith(`${path}: `) && !error.message.includes("\n"));
    return true;
  };
  await assert.rejects(openRegular(path, atMost), check);
  await assert.rejects(readRegular(path, atMost), check);
  await assert.rejects(readRegularText(path, atMost), check);
  assert.throws(() => readRegularSync(path, atMost), check);
}

Deno.test("regular files are read to their end", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "file");
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);
  await Deno.writeFile(path, bytes);
  await makeLink(path, join(folder, "link"));
  assert.deepEqual(await readRegular(path, bytes.length), bytes);
  assert.deepEqual(readRegularSync(join(folder, "link"), bytes.length), bytes);
  await Deno.writeTextFile(path, "\ufeffäöü\n");
  assert.equal(await readRegularText(path, 100), "\ufeffäöü\n");
  await Deno.writeFile(path, new Uint8Array());
  assert.equal((await readRegular(path, 0)).length, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("devices, pipes, folders and large files are refused at once", async () => {
  const folder = await Deno.makeTempDir();
  const pipe = join(folder, "pipe");
  assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
  await refused(pipe, 10, /: is a device or a pipe, expected a file$/);
  const zero = join(folder, "zero");
  await makeLink("/dev/zero", zero);
  await refused(zero, 10, /: is a device or a pipe, expected a file$/);
  await refused(folder, 10, /: is a folder, expected a file$/);
  await refused(join(folder, "missing"), 10, /: no such file or folder$/);
  const large = join(folder, "large");
  await Deno.writeFile(large, new Uint8Array(5000));
  await refused(large, 2048, /: holds 4\.9 KiB, expected at most 2\.0 KiB$/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("links in a circle are one line", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "circle");
  await makeLink("circle", path);
  await refused(path, 10, /: links that lead in a circle$/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("text that is not UTF-8 is refused", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, Uint8Array.of(65, 0xff));
  await assert.rejects(readRegularText(path, 10), new UserError(`${path}: is not UTF-8 text`));
  await Deno.remove(path);
});

Deno.test("the program's own files are read only when they are regular", async () => {
  const folder = await Deno.makeTempDir();
  const pipe = join(folder, "pipe");
  assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
  const zero = join(folder, "zero");
  await makeLink("/dev/zero", zero);
  const format = { format: "test-1", schema: z.string() };
  for (const path of [pipe, zero]) {
    const message = /: is a device or a pipe, expected a file$/;
    for (
      const read of [
        () => readSealed(path, format),
        () => readLock(path, systemTryLock),
      ]
    ) await assert.rejects(read, { name: "UserError", message });
  }
  await Deno.remove(folder, { recursive: true });
});
