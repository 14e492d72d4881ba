import assert from "node:assert/strict";
import { withFolder } from "../data/data_test_folder.ts";
import { UserError } from "../errors.ts";
import { sha256Hex } from "../util/sha256.ts";
import { fixtureResult, fixtureRow } from "./result_fixture.ts";
import { resultSchema } from "./schema.ts";
import type { TranslationsRecord } from "./schema_row.ts";
import {
  readTranslations,
  type Translations,
  translationsFormat,
  translationsName,
  writeTranslations,
} from "./translations_file.ts";

const example: Translations = {
  format: translationsFormat,
  task: "numbers",
  model: "mega",
  seed: 1,
  split: "test",
  textSha256: sha256Hex("two\nthree “quoted”\nzwei\ndrei\n"),
  statistics: [[1, 0, 0, 0, 1, 0, 0, 0, 1, 1], [1, 0, 0, 0, 2, 1, 0, 0, 2, 1]],
  sources: ["two", "three “quoted”"],
  references: ["zwei", "drei"],
  hypotheses: ["zwei", "drei\u2028drei"],
};

/** Calls `use` with the path of a result file in an empty folder. */
function inFolder(use: (result: string) => Promise<void>): Promise<void> {
  return withFolder((folder) => use(`${folder}/mt-quick.json`));
}

/** Writes the example beside a result file and returns its record. */
async function written(result: string): Promise<TranslationsRecord> {
  const file = translationsName(result, example);
  const sha256 = await writeTranslations(`${result.replace(/[^/]*$/, "")}${file}`, example);
  return { split: "test", file, sha256, sentences: 2 };
}

Deno.test("translations survive writing and reading, a line for each sentence", async () => {
  await inFolder(async (result) => {
    const record = await written(result);
    assert.equal(record.file, "mt-quick.translations/numbers-mega-seed1-test.json");
    assert.deepEqual(await readTranslations(result, record), example);
    const text = await Deno.readTextFile(result.replace("mt-quick.json", record.file));
    assert.equal(text.split("\n").filter((line) => /zwei|drei/.test(line)).length, 4);
    assert.equal(sha256Hex(text), record.sha256);
  });
});

Deno.test("a file of translations that is not the recorded one is refused in one line", async () => {
  await inFolder(async (result) => {
    const record = await written(result);
    const path = result.replace("mt-quick.json", record.file);
    const refused = (changes: Partial<TranslationsRecord>, message: RegExp) =>
      assert.rejects(readTranslations(result, { ...record, ...changes }), (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    await refused({ file: "none.json" }, /none\.json: no such file/);
    await refused({ sentences: 3 }, /2 sentences of test, .* says 3 of test/);
    await refused({ split: "valid" }, /2 sentences of test, .* says 2 of valid/);
    await Deno.writeTextFile(path, "{}");
    await refused({}, /not the file that .*mt-quick\.json was written with/);
    await refused({ sha256: sha256Hex("{}") }, /not a file of translations \(field format: /);
    await Deno.writeTextFile(path, "[");
    await refused({ sha256: sha256Hex("[") }, /not a file of translations/);
  });
});

Deno.test("translations of unequal numbers of lines are not written", async () => {
  await inFolder(async (result) => {
    await assert.rejects(
      writeTranslations(result, { ...example, hypotheses: [] }),
      /must be equally many/,
    );
    await assert.rejects(Deno.stat(result), Deno.errors.NotFound);
  });
});

Deno.test("a result records translations below its own folder only", () => {
  const accepts = (file: string) => {
    const translations = [{ split: "test" as const, file, sha256: "0".repeat(64), sentences: 2 }];
    return resultSchema.safeParse(fixtureResult([{ ...fixtureRow(), translations }])).success;
  };
  for (const file of ["a.json", "my run.translations/numbers.json", "..a/b..json", ".a/b"]) {
    assert.ok(accepts(file), file);
  }
  for (const file of ["", "/a", "../a", "a/../b", "a/..", "./a", "a//b", "a/", "a\\b", "..\\a"]) {
    assert.ok(!accepts(file), file);
  }
});
