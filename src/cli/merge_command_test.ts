import assert from "node:assert/strict";
import { join } from "node:path";
import { type CellChanges, inventedCell, writeCell } from "../cells/cell_testing.ts";
import { jobFormat } from "../cells/job_file.ts";
import { withFolder } from "../data/data_test_folder.ts";
import { readResult } from "../results/store.ts";
import { writeSealed } from "../util/sealed_file.ts";
import { runCommand } from "./command_testing.ts";

const merge = (folder: string, ...args: readonly string[]) =>
  runCommand(folder, ["merge", ...args], "", true);

async function write(folder: string, changes: CellChanges = {}): Promise<string> {
  const cell = inventedCell({ folder, ...changes });
  await writeCell(cell);
  return cell.folder;
}

Deno.test("merge writes the result of the cells in several folders, and says what it chose", () =>
  withFolder(async (folder) => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    await write(one, { peak: 0.001, validation: 0.4 });
    await write(two, { peak: 0.004, validation: 0.6 });
    await write(two, { model: "s4" });
    const output = join(folder, "result.json");
    const { code, stdout, stderr } = await merge(folder, one, two, "--output", output);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`wrote ${output}: 3 runs`));
    assert.match(stderr, /^listops mega: learning rate 0.004 is the best of 2 settings/m);
    assert.equal((await readResult(output)).rows.length, 3);
    const before = Deno.readTextFileSync(output);
    const again = await merge(folder, one, "--output", output);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /^error: --output .*: already exists: .*--overwrite.*\n$/);
    assert.equal(Deno.readTextFileSync(output), before);
  }));

Deno.test("merge names what is not complete, and ends with 1", () =>
  withFolder(async (folder) => {
    const sweep = join(folder, "sweep");
    const record = { state: "running", cell: null, reason: null, host: "here", pid: 1 } as const;
    const job = { ...record, at: "2026-01-31T12:00:00Z" };
    const cell = await write(join(folder, "cells"));
    const open = await write(join(folder, "cells"), { seed: 2, done: null });
    for (const [i, path] of [cell, open, null].entries()) {
      const file = join(sweep, "jobs", String(i), "job.json");
      await writeSealed(file, jobFormat, { ...job, folder: path });
    }
    const output = join(folder, "result.json");
    const { code, stderr } = await merge(folder, sweep, "--output", output);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^warning: runs left out, since not complete: 2$/m);
    assert.ok(stderr.includes(`${open}: listops mega seed 2 is not complete`));
    assert.ok(stderr.includes(`${join(sweep, "jobs", "2")}: has no cell yet`));
    assert.equal((await readResult(output)).finishedAt, null);
  }));

Deno.test("merge refuses in one line, and writes nothing", () =>
  withFolder(async (folder) => {
    const store = join(folder, "cells");
    const output = join(folder, "result.json");
    await write(store, { done: null });
    await write(join(folder, "mixed"));
    await write(join(folder, "mixed"), { seed: 2, identity: { suite: "overview" } });
    const cases: [string[], RegExp][] = [
      [[store], /none of 1 runs is complete yet/],
      [[join(folder, "mixed")], /cells of several suites: .* choose with --suite/],
      [[join(folder, "none")], /no such folder, and no bench run of that name/],
    ];
    await Promise.all(cases.map(async ([args, message]) => {
      const { code, stderr } = await merge(folder, "--output", output, ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    }));
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.deepEqual(names.toSorted(), ["cells", "mixed"]);
  }));
