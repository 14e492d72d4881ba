import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { sha256Hex } from "../../../util/sha256.ts";
import { withFolder } from "../../data_test_folder.ts";
import {
  decodeLines,
  measureLines,
  readFileLines,
  readLineBlocks,
  writeLines,
} from "./line_files.ts";

const linesOf = (path: string) => [...readLineBlocks(path)].flat();

Deno.test("lines are read back as they were written, in blocks", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a");
    const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${"ä😀".repeat(i % 400)}`);
    const facts = writeLines(path, lines);
    assert.equal(facts.lines, 3000);
    assert.equal(facts.sha256, sha256Hex(lines.map((line) => `${line}\n`).join("")));
    assert.deepEqual(measureLines(path), facts);
    assert.ok([...readLineBlocks(path)].length > 1);
    assert.deepEqual(linesOf(path), lines);
    assert.deepEqual([...readFileLines(path)], lines);
    await Promise.resolve();
  });
});

Deno.test("only LF ends a line, and the last one need not end", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path, "\ufeffa\r\n\n\u2028b\u0085\nc");
    assert.deepEqual(linesOf(path), ["\ufeffa\r", "", "\u2028b\u0085", "c"]);
    assert.equal(measureLines(path).lines, 4);
    await Deno.writeTextFile(path, "");
    assert.deepEqual(linesOf(path), []);
  });
});

Deno.test("a line longer than a block is read whole", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a");
    const long = "x".repeat(5 * 2 ** 20);
    await Deno.writeTextFile(path, `a\n${long}\nb\n`);
    assert.deepEqual(linesOf(path).map(({ length }) => length), [1, long.length, 1]);
  });
});

Deno.test("bytes that are not UTF-8 are told with their line", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a");
    const bytes = new TextEncoder().encode(`${"x".repeat(1 << 14)}\n`.repeat(200));
    bytes[bytes.length - 3] = 0xff;
    await Deno.writeFile(path, bytes);
    const message = `${path}:200: not UTF-8 text`;
    assert.throws(() => linesOf(path), { message });
    assert.throws(() => decodeLines(bytes, path), { message });
    assert.throws(() => linesOf(join(folder, "b")), UserError);
    assert.throws(() => writeLines(path, ["a"]), UserError);
  });
});
