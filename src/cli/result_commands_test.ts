/** What `tables`, `report` and `diff` say of files and names that they cannot work with. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { fixtureResult, fixtureRow } from "../results/result_fixture.ts";
import type { Result } from "../results/schema.ts";
import { main } from "./main.ts";
import { makeLink } from "../util/link_testing.ts";

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs a command in this process. */
async function run(...args: readonly string[]): Promise<Outcome> {
  const { log, error } = console;
  const out: string[] = [];
  const errors: string[] = [];
  console.log = (text: string) => void out.push(text);
  console.error = (text: string) => void errors.push(text);
  try {
    return { code: await main(args), out: out.join("\n"), errors: errors.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

/** Requires one line of refusal and the exit code of a user's error. */
async function refused(args: readonly string[], message: RegExp): Promise<void> {
  const { code, out, errors } = await run(...args);
  const what = args.join(" ");
  assert.equal(code, 2, `${what}: ${errors}`);
  assert.match(errors, message, what);
  assert.equal(errors.split("\n").length, 1, what);
  assert.doesNotMatch(errors, /[\p{Cc}\p{Cf}]/u, what);
  assert.equal(out, "", what);
}

const save = (path: string, value: unknown) => Deno.writeTextFile(path, JSON.stringify(value));

Deno.test("files that are no results are refused by every command in one line", () =>
  withFolder(async (folder) => {
    const sound = join(folder, "sound.json");
    await save(sound, fixtureResult());
    const file = async (name: string, text: string) => {
      const path = join(folder, name);
      await Deno.writeTextFile(path, text);
      return path;
    };
    const text = JSON.stringify(fixtureResult());
    const deep = `"overrides":{"a":${"[".repeat(3000)}${"]".repeat(3000)}}`;
    const broken: [string, RegExp][] = [
      [await file("empty.json", ""), /empty\.json: is empty$/],
      [await file("deep.json", text.replace('"overrides":{}', deep)), /nested more than 64/],
      [await file("half.json", text.slice(0, 200)), /half\.json: not JSON \(/],
      [await file("esc.json", '{"schema": \u001b[2J}'), /esc\.json: not JSON \(/],
      [
        await file("key.json", text.replace('"suite"', '"\\u001b[2J\\r\\u202e":1,"suite"')),
        /key\.json: field at the top: Unrecognized key/,
      ],
      [folder, /is a folder, expected a file/],
      [join(folder, "none.json"), /none\.json: no such file/],
      ["", /the name of a result file is empty/],
    ];
    for (const [path, message] of broken) {
      await refused(["tables", path], message);
      await refused(["report", path, "--output", join(folder, "r.html")], message);
      await refused(["diff", sound, path], message);
      await refused(["diff", path, sound], message);
    }
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.ok(!files.includes("r.html"));
  }));

Deno.test("diff refuses one file twice, results without runs and other suites", () =>
  withFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    await save(path("a.json"), fixtureResult());
    await save(path("none.json"), fixtureResult([]));
    await save(path("lm.json"), { ...fixtureResult(), suite: "lm" });
    await makeLink(path("a.json"), path("link.json"));
    await Deno.copyFile(path("a.json"), path("copy.json"));
    const diff = (left: string, right: string) => ["diff", path(left), path(right)];
    await refused(diff("a.json", "a.json"), /are the same file: give two results$/);
    await refused(diff("a.json", "link.json"), /are the same file/);
    await refused(diff("a.json", "none.json"), /none\.json: holds no runs: nothing to compare$/);
    await refused(diff("none.json", "a.json"), /none\.json: holds no runs/);
    await refused(diff("a.json", "lm.json"), /a\.json is of the suite lra, .*lm\.json of lm: give/);
    assert.equal((await run(...diff("a.json", "copy.json"))).code, 0);
  }));

Deno.test("outputs that cannot be written are refused in one line, and what is there stays", () =>
  withFolder(async (folder) => {
    const result = join(folder, "a.json");
    await save(result, fixtureResult());
    const before = await Deno.readTextFile(result);
    const below = join(result, "x");
    await refused(["tables", result, "--output", folder], /cannot write .*: this is a folder/);
    await refused(["tables", result, "--output", below], /a part of the path is not a folder/);
    await refused(["tables", result, "--update", folder], /is a folder, expected a file/);
    await refused(["tables", result, "--update", result], /no "<!-- results:begin -->"/);
    await refused(["tables", "--update", join(folder, "no.md")], /no\.md: no such file/);
    await refused(["report", result, "--output", folder], /cannot write .*: this is a folder/);
    await refused(["report", result, "--output", below], /a part of the path is not a folder/);
    assert.equal(await Deno.readTextFile(result), before);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.json"]);
  }));

Deno.test("names of built-in properties are names like any other", () =>
  withFolder(async (folder) => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      const row = fixtureRow({ task: name, model: name });
      row.metrics[0].name = name;
      row.score.name = name;
      row.model.configuration = JSON.parse(`{"${name}":1}`);
      const changed: Result = { ...fixtureResult([row]), suite: name };
      const [left, right] = [join(folder, "left.json"), join(folder, "right.json")];
      await save(left, changed);
      const other = { ...row.model, configuration: {}, sha256: "0".repeat(64) };
      await save(right, { ...changed, rows: [{ ...row, model: other }] });
      const tables = await run("tables", left, "--table", name);
      assert.equal(tables.code, 0, tables.errors);
      assert.ok(tables.out.startsWith(`${name}\n`));
      const diff = await run("diff", left, right);
      assert.equal(diff.code, 2, diff.errors);
      assert.match(diff.out.replaceAll("\n", " "), /model configuration differs/);
      assert.doesNotMatch(tables.out + diff.out, /native code|undefined|\[object/);
      await refused(["tables", "--table", name], new RegExp(`no table and no results of ${name}`));
    }
  }));
