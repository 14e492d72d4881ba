import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { builtinPrefixes } from "./builtin_prefixes.ts";
import { parsePrefixes } from "./prefixes.ts";
import { OFFICIAL_PREFIXES, readPrefixes } from "./read_prefixes.ts";
import { MosesTokenizer } from "./tokenizer.ts";

/** Calls `body` with a data folder that holds the given files in `moses/`. */
async function withFiles(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  body: (dataDir: string) => Promise<void>,
) {
  const dataDir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(dataDir, "moses"));
    for (const [language, content] of Object.entries(files)) {
      const path = join(dataDir, "moses", `nonbreaking_prefix.${language}`);
      if (typeof content === "string") await Deno.writeTextFile(path, content);
      else await Deno.writeFile(path, content);
    }
    await body(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

const oneLine = (pattern: RegExp) => (error: unknown) =>
  error instanceof UserError && !error.message.includes("\n") && pattern.test(error.message);

Deno.test("prefix files: comments, empty lines, numeric ones", () => {
  const text = "# titles\nMr\n\nNo #NUMERIC_ONLY# before numbers\n0\nz.B\nÄ\n#Dr\n";
  const { always, numericOnly } = parsePrefixes(text, "x");
  assert.deepEqual([...always], ["Mr", "z.B", "Ä"]);
  assert.deepEqual([...numericOnly], ["No"]);
});

Deno.test("prefix files: the last line for a prefix counts", () => {
  const { always, numericOnly } = parsePrefixes("a\na #NUMERIC_ONLY#\nb #NUMERIC_ONLY#\nb", "x");
  assert.deepEqual([[...always], [...numericOnly]], [["b"], ["a"]]);
});

Deno.test("prefix files: both kinds of line ends, and an end without one", () => {
  assert.deepEqual([...parsePrefixes("a\r\nb", "x").always], ["a", "b"]);
});

Deno.test("prefix files: a list of nothing is refused", () => {
  assert.throws(
    () => parsePrefixes("# nothing\n\n", "lists/x"),
    oneLine(/^lists\/x: lists no prefixes/),
  );
});

Deno.test("the lists of a data folder are read and named by their content", async () => {
  await withFiles({ en: "Mr\n", de: "Hr\n" }, async (dataDir) => {
    const { prefixes, name } = await readPrefixes(dataDir);
    assert.deepEqual([...prefixes.en.always, ...prefixes.de.always], ["Mr", "Hr"]);
    // printf 'Mr\nHr\n' | sha256sum
    assert.equal(name, "moses sha256:08a738e7aa29");
  });
});

Deno.test("without files the built-in lists are used and named", async () => {
  await withFiles({}, async (dataDir) => {
    const { prefixes, name } = await readPrefixes(dataDir);
    assert.equal(name, "builtin-1");
    assert.equal(prefixes.de, builtinPrefixes("de"));
  });
  assert.equal((await readPrefixes(undefined)).name, "builtin-1");
  assert.equal((await readPrefixes("no/such/folder")).name, "builtin-1");
});

Deno.test("one list without the other and lists that are not text are refused", async () => {
  await withFiles({ en: "Mr\n" }, async (dataDir) => {
    await assert.rejects(readPrefixes(dataDir), oneLine(/nonbreaking_prefix\.de: no such file/));
  });
  await withFiles({ en: "Mr\n", de: Uint8Array.of(0x48, 0xff) }, async (dataDir) => {
    await assert.rejects(readPrefixes(dataDir), oneLine(/nonbreaking_prefix\.de:\d+: not UTF-8/));
  });
});

Deno.test("the official files go where they are looked for", () => {
  assert.deepEqual(
    OFFICIAL_PREFIXES.map(({ folder, file }) => `${folder}/${file}`),
    ["moses/nonbreaking_prefix.en", "moses/nonbreaking_prefix.de"],
  );
});

Deno.test("the built-in lists keep the dots of titles, initials and ordinals", () => {
  const english = new MosesTokenizer("en", { prefixes: builtinPrefixes("en") });
  assert.equal(
    english.tokenize("Mr. J. Smith met Dr. Who. On Jan. 5, No. 7. No. Never."),
    "Mr. J. Smith met Dr. Who . On Jan. 5 , No. 7 . No . Never .",
  );
  const german = new MosesTokenizer("de", { prefixes: builtinPrefixes("de") });
  assert.equal(
    german.tokenize("Am 3. Mai kam Dr. Meier bzw. Prof. Kunz mit 5 Mio. Euro. Dann ging er."),
    "Am 3. Mai kam Dr. Meier bzw. Prof. Kunz mit 5 Mio. Euro . Dann ging er .",
  );
});
