import assert from "node:assert/strict";
import { makeLink } from "../util/link_testing.ts";
import { UserError } from "../errors.ts";
import { aggregateRows } from "./aggregate.ts";
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

Deno.test("fields are written in the order of the schema, whatever order they came in", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/result.json`;
    const result = fixtureResult([fixtureRow()]);
    await writeResult(path, result);
    const text = await Deno.readTextFile(path);
    const { provenance, warnings, ...row } = result.rows[0];
    const { limits, ...adapter } = result.environment.adapter;
    await writeResult(path, {
      ...result,
      environment: { ...result.environment, adapter: { limits, ...adapter } },
      rows: [{ provenance, warnings, ...row }],
    });
    assert.equal(await Deno.readTextFile(path), text);
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
    ["nothing", "", /r\.json: is empty/],
    [
      "a value nested 3,000 deep",
      text.replace('"overrides":{}', `"overrides":{"a":${"[".repeat(3000)}${"]".repeat(3000)}}`),
      /nested more than 64 levels deep/,
    ],
    ["an array", "[]", /r\.json: not a result file/],
    ["another schema", '{"schema":"other","version":1}', /r\.json: not a result file/],
    ["no version", '{"schema":"mega-webgpu/result"}', /"version" must be a whole number/],
    ["a newer version", text.replace('"version":2', '"version":99'), /version 99 is newer than 2/],
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

Deno.test("only a regular file of bounded size is read as a result", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const large = `${folder}/large.json`;
    await Deno.writeTextFile(large, "");
    await Deno.truncate(large, 2 ** 27 + 1);
    const broken: [string, RegExp][] = [
      [folder, /is a folder, expected a file/],
      [large, /holds 128\.0 MiB, expected at most 128\.0 MiB/],
      ["", /the name of a result file is empty/],
      [`${large}/x`, /a part of the path is not a folder/],
    ];
    if (Deno.build.os !== "windows") {
      await makeLink("/dev/zero", `${folder}/zero`);
      broken.push([`${folder}/zero`, /is a device or a pipe/]);
    }
    for (const [path, message] of broken) {
      await assert.rejects(readResult(path), { name: "UserError", message });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("names of built-in properties are names like any other", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    const row = fixtureRow({ task: name, model: name });
    row.metrics[0].name = name;
    row.score.name = name;
    const result = { ...fixtureResult([row]), suite: name };
    result.kernels = [{ ...fixtureKernelRow(), shape: JSON.parse(`{"${name}":3}`) }];
    assert.equal(parseResult(JSON.stringify(result), "r.json").rows[0].task.name, name);
  }
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

/** The numbers and texts of a JSON value, sorted: what a migration must neither lose nor change. */
function leaves(value: unknown): (string | number)[] {
  if (typeof value === "string" || typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(leaves);
}

Deno.test("a result of version 1 keeps every number and gains what version 2 adds", async () => {
  const path = "fixtures/results/result-1.json";
  const old = JSON.parse(await Deno.readTextFile(path));
  const { rows, aggregate, ...rest } = await readResult(path);
  const [row] = rows;
  assert.equal(rest.version, 2);
  assert.equal(row.role, "final");
  assert.equal(row.task.kind, "classification");
  assert.equal(row.task.splits.test?.tokens, null);
  assert.deepEqual(row.score, { name: "accuracy", unit: "fraction", higherIsBetter: true });
  assert.equal(row.lossPer, "sentences");
  assert.equal(row.metrics[0].per, "sentences");
  assert.equal(row.metrics[0].setting, null);
  assert.deepEqual(row.curve[0], {
    step: 0,
    loss: 2.31,
    score: 0.11,
    learningRate: 1e-7,
    gradientNorm: 1.2,
  });
  assert.deepEqual(aggregate, aggregateRows(rows));
  const added = rows.flatMap(({ role, task, score, lossPer, metrics }) =>
    leaves([role, task.kind, score, lossPer, metrics.map(({ per }) => per)])
  );
  assert.deepEqual(
    leaves([rows, aggregate, rest]).toSorted(),
    leaves([old.rows, old.aggregate, { ...old, rows: [], aggregate: [], version: 2 }, added])
      .toSorted(),
  );
});

Deno.test("a broken result of version 1 is named by its field after the migration", async () => {
  const old = JSON.parse(await Deno.readTextFile("fixtures/results/result-1.json"));
  old.rows[0].task.splits = 3;
  old.rows[1].metrics = null;
  assert.throws(() => parseResult(JSON.stringify(old), "r.json"), /field rows\[0\]\.task\.splits/);
});

Deno.test("defaultResultPath sorts by time within a suite and profile", () => {
  const path = defaultResultPath("lra", "quick", new Date("2026-01-31T12:00:05.250Z"));
  assert.equal(path, "results/lra-quick-20260131T120005Z.json");
});
