import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readByteLines } from "./byte_lines.ts";

async function linesOf(content: Uint8Array, longest?: number): Promise<number[][]> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "f");
    await Deno.writeFile(path, content);
    const lines: number[][] = [];
    for await (const line of readByteLines(path, longest)) lines.push([...line]);
    return lines;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("lines end with LF or CRLF or the file; bytes need not be text", async () => {
  assert.deepEqual(await linesOf(Uint8Array.of()), []);
  assert.deepEqual(await linesOf(Uint8Array.of(10)), [[]]);
  assert.deepEqual(await linesOf(Uint8Array.of(13, 10, 13)), [[], []]);
  assert.deepEqual(await linesOf(Uint8Array.of(255, 10, 1, 13, 10, 2)), [[255], [1], [2]]);
});

Deno.test("lines longer than the buffer and many short ones come whole", async () => {
  const long = new Uint8Array(5_000_000).fill(65);
  long[4_999_000] = 10;
  assert.deepEqual((await linesOf(long)).map((line) => line.length), [4_999_000, 999]);
  const short = new Uint8Array(3_000_000).map((_, i) => i % 3 === 2 ? 10 : 66);
  const lines = await linesOf(short);
  assert.equal(lines.length, 1_000_000);
  assert.ok(lines.every(([a, b, c]) => a === 66 && b === 66 && c === undefined));
});

Deno.test("a missing file and a folder are UserErrors", async () => {
  for (const path of ["no/such/file", "src"]) {
    await assert.rejects(Array.fromAsync(readByteLines(path)), UserError);
  }
});

Deno.test("a line that would not fit in memory is refused", async () => {
  const content = new Uint8Array(3 << 20).fill(65);
  content[5] = 10;
  assert.equal((await linesOf(content, 4 << 20)).length, 2);
  await assert.rejects(
    linesOf(content, 2 << 20),
    (error) => error instanceof UserError && /:2: a line of more than 2\.0 MiB/.test(error.message),
  );
});
