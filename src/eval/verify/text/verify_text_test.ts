import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { formatReport } from "../report.ts";
import { compareText } from "./differences.ts";
import { verifyTextFile } from "./verify_text.ts";
import { makeLink } from "../../../util/link_testing.ts";

const FIXTURES = `${import.meta.dirname}/../../../../fixtures/goldens_text`;
/** Golden files whose sentences may not be passed on, and the texts that they need in `../data`. */
const OTHERS = Deno.env.get("MEGA_GOLDENS_TEXT");

function goldenFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".json")).sort();
}

const kindOf = (path: string): string => JSON.parse(Deno.readTextFileSync(path)).kind;

/** Ten million bytes: among the slow tests. */
const SLOW = ["enwik8_full_size_split.json"];

for (const name of goldenFiles(FIXTURES).filter((name) => !SLOW.includes(name))) {
  Deno.test(`golden ${name} agrees`, async () => {
    const report = await verifyTextFile(join(FIXTURES, name));
    assert.ok(report.passed, formatReport([report]));
  });
}

Deno.test({
  name: "golden files of MEGA_GOLDENS_TEXT agree (ignored where it is not set)",
  ignore: OTHERS === undefined,
  async fn() {
    const folder = OTHERS ?? "";
    const files = goldenFiles(folder).map((name) => join(folder, name));
    assert.ok(files.some((path) => kindOf(path) === "wikitext_tokens"));
    for (const path of files) {
      const report = await verifyTextFile(path);
      assert.ok(report.passed, formatReport([report]));
    }
  },
});

/** Verifies a file of the fixtures after its text was changed. */
async function changed(name: string, from: string, to: string) {
  const folder = await Deno.makeTempDir();
  try {
    const text = await Deno.readTextFile(join(FIXTURES, name));
    assert.ok(text.includes(from));
    const path = join(folder, name);
    await Deno.writeTextFile(path, text.replace(from, to));
    return await verifyTextFile(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a wrong value fails and the first one is named", async () => {
  const report = await changed("dict_string.json", '"Hinter haus ."', '"Hinter Haus ."');
  assert.equal(report.passed, false);
  assert.match(
    formatReport([report]),
    /^FAIL .*1 of 11 values differ, first output\.strings\[1\]: expected "Hinter Haus \.", got "Hin/,
  );
  const longer = await changed("dict_string.json", '"Hinter haus ."', '"Hinter haus .", "more"');
  assert.match(longer.failure ?? "", /output\.strings\.length: expected 12, got 11/);
});

Deno.test("doubles may differ in their last places, counts may not", () => {
  const differences = (expected: unknown, found: unknown) =>
    compareText(expected, found).differences.length;
  // JSON has no 40.0.
  assert.equal(differences({ score: 40 }, { score: 40.000000000000007 }), 0);
  assert.equal(differences({ score: 40 }, { score: 40.0001 }), 1);
  assert.equal(differences({ count: 4_000_000_000 }, { count: 4_000_000_001 }), 1);
});

Deno.test("a configuration that does not fit fails with the field's name", async () => {
  const report = await changed(
    "lm_blocks_eos.json",
    '"break_mode": "eos"',
    '"break_mode": "never"',
  );
  assert.match(report.failure ?? "", /^config: break_mode: /);
});

Deno.test("unknown kinds and files are the user's errors", async () => {
  const change = (kind: string) => changed("dict_string.json", '"dictionary"', `"${kind}"`);
  await assert.rejects(
    change("crossword"),
    (error) => error instanceof UserError && /unknown kind "crossword"/.test(error.message),
  );
  await assert.rejects(verifyTextFile("no/such.json"), /no such file/);
  await assert.rejects(changed("dict_string.json", "{", "["), /: not JSON$/);
});

Deno.test("a device or a pipe as a golden file is refused at once", async () => {
  const folder = await Deno.makeTempDir();
  const pipe = join(folder, "pipe.json");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const zero = join(folder, "zero.json");
  await makeLink("/dev/zero", zero);
  for (const path of [pipe, zero]) {
    await assert.rejects(
      verifyTextFile(path),
      new UserError(`${path}: is a device or a pipe, expected a file`),
    );
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a text that the golden file names and nobody has fails in one line", async () => {
  const report = await changed(
    "dict_string.json",
    '"kind": "dictionary",',
    '"kind": "wikitext_tokens", "config": {"dictionary_from": "w.gz", "encode": "w.gz", ' +
      '"threshold": 0, "nwords": -1, "padding_factor": 8}, "input": {"encode_sha256": "", ' +
      '"dictionary_sha256": ""}, "output": {"dictionary_head": [], "dictionary_tail": [], ' +
      '"id_of": {}}, "rest": {},',
  );
  assert.equal(report.passed, false);
  assert.match(report.failure ?? "", /^[^\n]+$/);
});
