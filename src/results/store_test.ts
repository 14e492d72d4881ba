import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { migrate, type MigrationTable } from "./migrations.ts";
import { fixtureKernelRow, fixtureResult, fixtureRow } from "./result_fixture.ts";
import { defaultResultPath, formatResult, parseResult, readResult, writeResult } from "./store.ts";

Deno.test("a result survives writing and reading unchanged", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/deep/result.json`;
    const result = fixtureResult([
      fixtureRow(),
      fixtureRow({ seed: 2, status: "diverged", correct: null }),
    ]);
    result.kernels = [fixtureKernelRow()];
    await writeResult(path, result);
    assert.deepEqual(await readResult(path), result);
    const names = [...Deno.readDirSync(`${folder}/deep`)].map((entry) => entry.name);
    assert.deepEqual(names, ["result.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeResult refuses a result that breaks its schema and leaves no file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const result = fixtureResult();
    result.rows[0].wallSeconds.train = Number.NaN;
    await assert.rejects(
      writeResult(`${folder}/result.json`, result),
      /result breaks its schema: field rows\[0\]\.wallSeconds\.train/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a curve point takes one line of the file", () => {
  const lines = formatResult(fixtureResult()).split("\n");
  assert.equal(lines.filter((line) => line.includes('"gradientNorm"')).length, 2);
  assert.ok(lines.every((line) => line.length < 200));
});

Deno.test("readResult says in one line what is wrong with a file", async () => {
  const text = JSON.stringify(fixtureResult());
  const broken: [string, string, RegExp][] = [
    ["not JSON", "{", /r\.json: not JSON/],
    ["an array", "[]", /r\.json: not a result file/],
    ["another schema", '{"schema":"other","version":1}', /r\.json: not a result file/],
    ["no version", '{"schema":"mega-webgpu/result"}', /"version" must be a whole number/],
    ["a newer version", text.replace('"version":1', '"version":99'), /version 99 is newer than 1/],
    ["a wrong type", text.replace('"seed":1', '"seed":"1"'), /field rows\[0\]\.seed: .*number/],
    ["an unknown field", text.replace('"seed":1', '"sed":2,"seed":1'), /field rows\[0\]: .*"sed"/],
  ];
  for (const [what, content, message] of broken) {
    assert.throws(() => parseResult(content, "r.json"), (error: unknown) => {
      assert.ok(error instanceof UserError, what);
      assert.match(error.message, message, what);
      assert.ok(!error.message.includes("\n"), what);
      return true;
    });
  }
  await assert.rejects(readResult("no/such/file.json"), {
    name: "UserError",
    message: /no\/such\/file\.json: no such file/,
  });
});

Deno.test("migrate applies every step in order and stops where one is missing", () => {
  const table: MigrationTable = {
    1: ({ accuracy, ...rest }) => ({ ...rest, metric: accuracy }),
    2: (old) => ({ ...old, unit: "fraction" }),
  };
  const old = { version: 1, accuracy: 0.5 };
  assert.deepEqual(migrate(old, 1, 3, table), { version: 3, metric: 0.5, unit: "fraction" });
  assert.deepEqual(old, { version: 1, accuracy: 0.5 });
  assert.equal(migrate(old, 1, 4, table), null);
  assert.equal(migrate(old, 1, 1, {}), old);
});

Deno.test("defaultResultPath sorts by time within a suite and profile", () => {
  const path = defaultResultPath("lra", "quick", new Date("2026-01-31T12:00:05.250Z"));
  assert.equal(path, "results/lra-quick-20260131T120005Z.json");
});
