import assert from "node:assert/strict";
import { rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import type { TokenUnit } from "./corpus.ts";
import { scanText } from "./scan.ts";
import { bytesSource, fileSource, gzipSource, type TextSource } from "./text_source.ts";

async function scanned(source: TextSource, unit: TokenUnit, longestLine?: number) {
  const lines: string[][] = [[]];
  await scanText(
    source,
    unit,
    { symbol: (symbol) => lines.at(-1)?.push(symbol), endLine: () => lines.push([]) },
    longestLine === undefined ? {} : { longestLine },
  );
  assert.deepEqual(lines.pop(), []);
  return lines;
}

const text = (content: string) => bytesSource("t", new TextEncoder().encode(content));

Deno.test("words, characters and bytes of lines", async () => {
  assert.deepEqual(await scanned(text(" a bc\n\nd"), "word"), [["a", "bc"], [], ["d"]]);
  assert.deepEqual(await scanned(text("a 😀\r\n\ufeff"), "character"), [
    ["a", " ", "😀", "\r"],
    ["\ufeff"],
  ]);
  assert.deepEqual(await scanned(text("é\n\0"), "byte"), [["195", "169"], ["0"]]);
  assert.deepEqual(await scanned(text(""), "word"), []);
});

Deno.test("lines and characters that span pieces of a source are whole", async () => {
  const bytes = new TextEncoder().encode("aé b\n😀c d\ne");
  const source: TextSource = {
    name: "t",
    size: undefined,
    async *read() {
      for await (const byte of bytes) yield Uint8Array.of(byte);
    },
  };
  assert.deepEqual(await scanned(source, "word"), [["aé", "b"], ["😀c", "d"], ["e"]]);
});

Deno.test("a part of a file is read as if it were all", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t`, "one two\nthree\n");
    assert.deepEqual(await scanned(await fileSource(`${folder}/t`, 4, 10), "word"), [
      ["two"],
      ["th"],
    ]);
    await rejectsInOneLine(
      scanned(await fileSource(`${folder}/t`, 0, 99), "word"),
      /ends after 14/,
    );
    await rejectsInOneLine(fileSource(`${folder}/no`), /no such file/);
    await rejectsInOneLine(fileSource(folder), /is a folder/);
  });
});

Deno.test("what is not text is refused with its line", async () => {
  const bytes = bytesSource("t", Uint8Array.of(97, 10, 0xc3, 10));
  await rejectsInOneLine(scanned(bytes, "word"), /^t:2: not UTF-8 text$/);
  await rejectsInOneLine(scanned(text("a\nb\0\n"), "character"), /^t:2: a NUL byte/);
  await rejectsInOneLine(scanned(text("a\n0123456789"), "word", 8), /^t:2: a line of more than 8/);
  assert.deepEqual(await scanned(text("01234567\n"), "word", 8), [["01234567"]]);
});

Deno.test("a cut gzip file is refused", async () => {
  await withFolder(async (folder) => {
    const stream = new Blob(["a b c\n".repeat(999)]).stream()
      .pipeThrough(new CompressionStream("gzip"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    await Deno.writeFile(`${folder}/t.gz`, packed);
    assert.equal((await scanned(gzipSource(`${folder}/t.gz`), "word")).length, 999);
    await Deno.writeFile(`${folder}/cut.gz`, packed.subarray(0, packed.length - 12));
    await rejectsInOneLine(scanned(gzipSource(`${folder}/cut.gz`), "word"), /damaged or cut/);
  });
});
