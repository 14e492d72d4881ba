import assert from "node:assert/strict";
import { join } from "node:path";
import { cellRowFormat } from "../cells/cell_files.ts";
import { fixtureLanguage } from "../results/result_fixture.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { formatResult, parseResult } from "../results/store.ts";
import { summaryTables } from "../results/summary.ts";
import { writeSealed } from "../util/sealed_file.ts";
import { concludeSweep } from "./conclude.ts";
import type { SweepRecord } from "./plan.ts";
import { jobFolder, openSweep } from "./sweep_folder.ts";
import { testPlan, withFolder, writeJob } from "./sweep_testing.ts";

const { rows: [template], environment } = fixtureLanguage();

/** A sweep whose jobs are finished: the second rate is better. */
async function finishedSweep(folder: string): Promise<SweepRecord> {
  const record = await openSweep(folder, "s", testPlan());
  for (const { index, model, seed, setting } of record.jobs) {
    const own = jobFolder(folder, index);
    await writeJob(own, { state: "completed" });
    const peak = setting.learningRate ?? 0;
    const row: ResultRow = {
      ...template,
      role: "final",
      model: { ...template.model, name: model },
      seed,
      schedule: { ...template.schedule, configuration: { peak } },
      validationCurve: [{ step: 1, loss: 1, score: peak === 0.01 ? 1 : 2 }],
    };
    await Deno.writeTextFile(join(own, "cell", "model.safetensors"), `${model} ${seed} ${peak}`);
    await writeSealed(join(own, "cell", "row.json"), cellRowFormat, {
      row,
      environment,
      warnings: [],
      startedAt: "2026-01-01T00:00:00.000Z",
      finishedAt: "2026-01-01T00:01:00.000Z",
      commits: [environment.git.commit],
    });
  }
  return record;
}

Deno.test("the result of a sweep has the runs of the chosen setting as final, the others as trials", async () => {
  await withFolder(async (folder) => {
    const record = await finishedSweep(folder);
    const output = join(folder, "out", "r.json");
    const { result, choices } = await concludeSweep(folder, record, output);
    assert.deepEqual(parseResult(formatResult(result), "r.json"), result);
    assert.deepEqual(
      result.rows.map(({ role, model, seed, schedule }) =>
        `${role} ${model.name} ${seed} ${schedule.configuration.peak}`
      ).toSorted(),
      [
        ...["final mega 1 0.01", "final mega 2 0.01"],
        ...["final transformer 1 0.01", "final transformer 2 0.01"],
        ...["trial mega 1 0.005", "trial mega 2 0.005"],
        ...["trial transformer 1 0.005", "trial transformer 2 0.005"],
      ],
    );
    assert.equal(choices.length, 2);
    assert.deepEqual(result.overrides, { learningRates: "0.005,0.01" });
    assert.equal(result.warnings.filter((line) => line.includes("among 2 settings")).length, 2);
    const notes = summaryTables(result).flatMap(({ footnotes }) => footnotes).join("\n");
    assert.match(notes, /Best of 2 learning rates by validation/);
    const models = join(folder, "out", "r.models");
    const names = [...Deno.readDirSync(models)].map(({ name }) => name).toSorted();
    assert.equal(names.length, 4);
    assert.match(await Deno.readTextFile(join(models, names[0])), /^mega 1 0\.01$/);
  });
});

Deno.test("a sweep whose cell is damaged or gone makes no result and deletes nothing", async () => {
  await withFolder(async (folder) => {
    const record = await finishedSweep(folder);
    const path = join(jobFolder(folder, 3), "cell", "row.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"seed": 1', '"seed": 7'));
    const output = join(folder, "r.json");
    await assert.rejects(concludeSweep(folder, record, output), {
      name: "UserError",
      message: /row\.json: damaged/,
    });
    await Deno.remove(path);
    await assert.rejects(concludeSweep(folder, record, output), {
      name: "UserError",
      message: /row\.json: missing: the same command runs this job again/,
    });
    assert.ok((await Deno.stat(join(jobFolder(folder, 2), "cell", "row.json"))).isFile);
  });
});
