import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { inventedCell, writeCell } from "../cells/cell_testing.ts";
import { withFolder } from "../data/data_test_folder.ts";
import { readResult } from "../results/store.ts";
import { summaryTables } from "../results/summary.ts";
import { concludeSweep } from "./conclude.ts";
import type { SweepRecord } from "./plan.ts";
import { jobFolder, openSweep } from "./sweep_folder.ts";
import { testPlan, writeJob } from "./sweep_testing.ts";

/** A sweep whose jobs are finished: the second rate is better. */
async function finishedSweep(
  folder: string,
): Promise<{ readonly record: SweepRecord; readonly cells: readonly string[] }> {
  const record = await openSweep(folder, "s", testPlan());
  const cells: string[] = [];
  for (const { index, model, seed, setting } of record.jobs) {
    const peak = setting.learningRate ?? 0;
    const validation = peak === 0.01 ? 0.6 : 0.5;
    const cell = inventedCell({ folder: join(folder, "cells"), model, seed, peak, validation });
    await writeCell(cell);
    await Deno.writeTextFile(join(cell.folder, "model.safetensors"), `${model} ${seed} ${peak}`);
    await writeJob(jobFolder(folder, index), { state: "completed", folder: cell.folder });
    cells.push(cell.folder);
  }
  return { record, cells };
}

Deno.test("the result of a sweep has the runs of the chosen setting as final, the others as trials", async () => {
  await withFolder(async (folder) => {
    const { record } = await finishedSweep(folder);
    const output = join(folder, "out", "r.json");
    const { result, choices } = await concludeSweep(folder, record, output, false);
    assert.deepEqual(await readResult(output), result);
    const rows = result.rows.map(({ role, model, seed, schedule }) =>
      `${role} ${model.name} ${seed} ${schedule.configuration.peak}`
    );
    assert.deepEqual(rows.toSorted(), [
      ...["final mega 1 0.01", "final mega 2 0.01"],
      ...["final transformer 1 0.01", "final transformer 2 0.01"],
      // The chosen setting was tried as well.
      ...["trial mega 1 0.005", "trial mega 1 0.01", "trial mega 2 0.005", "trial mega 2 0.01"],
      ...["trial transformer 1 0.005", "trial transformer 1 0.01"],
      ...["trial transformer 2 0.005", "trial transformer 2 0.01"],
    ]);
    assert.equal(choices.length, 2);
    assert.match(choices[0], /mega: learning rate 0\.01 is the best of 2 settings by validation/);
    const notes = summaryTables(result).flatMap(({ footnotes }) => footnotes).join("\n");
    assert.match(notes, /Best of 2 learning rates by validation/);
    const model = join(folder, "out", "r.models", "listops-mega-seed1.safetensors");
    assert.equal(await Deno.readTextFile(model), "mega 1 0.01");
    await assert.rejects(concludeSweep(folder, record, output, false), { name: "UserError" });
  });
});

Deno.test("a sweep whose cell is damaged or gone makes no result and deletes nothing", async () => {
  await withFolder(async (folder) => {
    const { record, cells } = await finishedSweep(folder);
    const path = join(cells[3], "row.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"seed": 1', '"seed": 7'));
    const output = join(folder, "r.json");
    await assert.rejects(concludeSweep(folder, record, output, false), {
      name: "UserError",
      message: new RegExp(
        `row\\.json: damaged .*; .deno task cell --suite lm .* --seeds 1, .*` +
          ` --job ${jobFolder(folder, 3)} --start-over ${basename(cells[3])}. sets`,
      ),
    });
    await Deno.remove(path);
    await assert.rejects(concludeSweep(folder, record, output, false), {
      name: "UserError",
      message: /is not complete any more: the same command runs this job again/,
    });
    await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
    assert.ok((await Deno.stat(join(cells[2], "row.json"))).isFile);
  });
});
