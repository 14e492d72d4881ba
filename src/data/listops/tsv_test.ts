import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { type ListOpsExample, readListOpsTsv, writeListOpsTsv } from "./tsv.ts";

const FIXTURE = `${import.meta.dirname}/../../../fixtures/listops/listops-1000/`;
const HEADER = "Source\tTarget";

async function readText(content: string): Promise<ListOpsExample[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "f.tsv"), content);
    return await Array.fromAsync(readListOpsTsv(join(folder, "f.tsv"), { checkValues: true }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the official format is read with CRLF and with LF", async () => {
  const train = await Array.fromAsync(
    readListOpsTsv(`${FIXTURE}basic_train.tsv`, { checkValues: true }),
  );
  assert.deepEqual(train.map(({ label }) => label), [7, 2, 2]);
  assert.deepEqual([...train[1].codes], [11, 1, 12, 2, 3, 14, 0, 14]);
  const test = await Array.fromAsync(readListOpsTsv(`${FIXTURE}basic_test.tsv`));
  assert.deepEqual(test.map(({ label }) => label), [5]);
});

Deno.test("what is written has the official bytes", async () => {
  const path = `${FIXTURE}basic_train.tsv`;
  const folder = await Deno.makeTempDir();
  try {
    const copy = join(folder, "copy.tsv");
    await writeListOpsTsv(copy, await Array.fromAsync(readListOpsTsv(path)));
    assert.deepEqual(await Deno.readFile(copy), await Deno.readFile(path));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const malformed: [string, string, RegExp][] = [
  ["an empty file", "", /f\.tsv: the file is empty/],
  ["another header", "a\tb\r\n5\t5\r\n", /f\.tsv:1: expected the header/],
  ["no header", "5\t5\n", /f\.tsv:1: expected the header/],
  ["a header alone", `${HEADER}\n`, /f\.tsv: no expression/],
  ["one field", `${HEADER}\n5\t5\n5\n`, /f\.tsv:3: expected 2 .* found 1/],
  ["three fields", `${HEADER}\n5\t5\t5\n`, /f\.tsv:2: expected 2 .* found 3/],
  ["a blank line", `${HEADER}\n5\t5\n\n5\t5\n`, /f\.tsv:3: expected 2/],
  ["a label above 9", `${HEADER}\n5\t10\n`, /f\.tsv:2: target "10"/],
  ["a negative label", `${HEADER}\n5\t-1\n`, /f\.tsv:2: target "-1"/],
  [
    "an unknown operator",
    `${HEADER}\n( ( [FIRST 5 ) ] )\t5\n`,
    /f\.tsv:2: unknown token "\[FIRST"/,
  ],
  ["a number above 9", `${HEADER}\n12\t5\n`, /f\.tsv:2: unknown token "12"/],
  ["no expression", `${HEADER}\n( )\t5\n`, /f\.tsv:2: the expression is empty/],
  ["a cut expression", `${HEADER}\n( ( [MIN 5 )\t5\n`, /f\.tsv:2: .*incomplete/],
  ["a wrong value", `${HEADER}\n( ( [MIN 5 ) ] )\t6\n`, /f\.tsv:2: .*worth 5, the file says 6/],
];
for (const [what, content, message] of malformed) {
  Deno.test(`the reader refuses ${what}, with file and line`, async () => {
    await assert.rejects(readText(content), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

Deno.test("a missing file is a UserError", async () => {
  await assert.rejects(Array.fromAsync(readListOpsTsv("no/such.tsv")), UserError);
});
