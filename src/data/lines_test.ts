import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { readLines } from "./lines.ts";

async function linesOf(content: Uint8Array | string, longest?: number): Promise<string[]> {
  const path = await Deno.makeTempFile();
  try {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(path, bytes);
    return await Array.fromAsync(readLines(path, longest));
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readLines takes LF and CRLF and a last line without end", async () => {
  assert.deepEqual(await linesOf("a\r\nb\n\nc"), ["a", "b", "", "c"]);
  assert.deepEqual(await linesOf("a\n"), ["a"]);
  assert.deepEqual(await linesOf(""), []);
});

Deno.test("readLines joins what chunk borders cut, inside characters too", async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${"zwölf€".repeat(60)}`);
  assert.deepEqual(await linesOf(lines.join("\r\n")), lines);
});

Deno.test("readLines reports bytes that are not UTF-8, missing files and folders", async () => {
  await assert.rejects(
    linesOf(Uint8Array.of(0x61, 0x0a, 0xff)),
    (error) => error instanceof UserError && /not UTF-8 text after line 1$/.test(error.message),
  );
  await assert.rejects(linesOf(Uint8Array.of(0x61, 0xe2, 0x82)), UserError);
  await assert.rejects(
    Array.fromAsync(readLines("no/such/file")),
    (error) =>
      error instanceof UserError && error.message === "no/such/file: no such file or folder",
  );
  await assert.rejects(Array.fromAsync(readLines(".")), UserError);
});

Deno.test("readLines refuses a line that would not fit in memory", async () => {
  const text = `short\n${"x".repeat(3 << 20)}`;
  assert.equal((await linesOf(text, 4 << 20)).length, 2);
  await assert.rejects(
    linesOf(text, 2 << 20),
    (error) => error instanceof UserError && /:2: a line of more than 2\.0 MiB/.test(error.message),
  );
});
