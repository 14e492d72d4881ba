import assert from "node:assert/strict";
import { join } from "node:path";
import { Cell } from "../cells/cell.ts";
import { inventedCell } from "../cells/cell_testing.ts";
import { withFolder } from "../data/data_test_folder.ts";
import { DamagedError, UserError } from "../errors.ts";
import { FailingFiles } from "../util/failing_files_testing.ts";
import { interruptedAdvice, withAdvice } from "./bench_advice.ts";
import { type BenchRecord, readRun, runName } from "./bench_plan.ts";
import { planOf } from "./bench_request.ts";
import { BegunCells } from "./begun_cells.ts";

function recordIn(folder: string, began: string[] = []): BenchRecord {
  return {
    plan: planOf({ profile: "smoke", task: ["listops"], seeds: [1, 2] }, "lra", undefined),
    cells: join(folder, "cells"),
    output: null,
    code: "0".repeat(64),
    commit: null,
    startedAt: "2026-01-31T12:00:00Z",
    result: null,
    began,
  };
}

const cellOf = ({ cells }: BenchRecord, seed: number) =>
  new Cell(cells, inventedCell({ seed }).identity);

async function touch(cell: Cell, name: string): Promise<void> {
  await Deno.mkdir(cell.folder, { recursive: true });
  await Deno.writeTextFile(cell.path(name), "");
}

Deno.test("a run that is continued still names the cells that it began earlier", () =>
  withFolder(async (folder) => {
    const first = recordIn(folder);
    const [one, two] = [cellOf(first, 1), cellOf(first, 2)];
    const record = recordIn(folder, [one.id, two.id]);
    const begun = new BegunCells(record);
    await begun.add(one);
    assert.deepEqual((await readRun(record.cells, runName(record)))?.began, [one.id, two.id]);
    const fresh = new BegunCells(first);
    await fresh.add(two);
    await fresh.add(one);
    assert.deepEqual((await readRun(record.cells, runName(record)))?.began, [two.id, one.id]);
  }));

Deno.test("a start that fails leaves no record, but does not remove that of an earlier attempt", () =>
  withFolder(async (folder) => {
    const record = recordIn(folder);
    const cell = cellOf(record, 1);
    const fresh = new BegunCells(record);
    await fresh.add(cell);
    assert.equal(await fresh.keepAny(), false);
    assert.equal(await readRun(record.cells, runName(record)), undefined);
    const later = new BegunCells(recordIn(folder, [cell.id]));
    await later.add(cell);
    assert.equal(await later.keepAny(), false);
    assert.ok(await readRun(record.cells, runName(record)));
    await touch(cell, "cell.json");
    assert.equal(await later.keepAny(), true);
  }));

Deno.test("a record that cannot be written is the error, not what is missing then", () =>
  withFolder(async (folder) => {
    const record = recordIn(folder);
    const begun = new BegunCells(record);
    const full = () => Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
    {
      using _files = new FailingFiles(1, full);
      await assert.rejects(begun.add(cellOf(record, 1)), /the disk is full/);
    }
    assert.equal(await begun.keepAny(), false);
  }));

Deno.test("an error says what is kept and what goes on", () =>
  withFolder(async (folder) => {
    const record = recordIn(folder);
    const cells = [1, 2, 3].map((seed) => cellOf(record, seed));
    const [one, two, three] = cells;
    const resume = `\`deno task bench --resume ${runName(record)} --cells ${record.cells}`;
    const lost = new UserError("the device was lost");
    const say = async (some: Cell[]) => (await withAdvice(lost, record, some)).message;
    await touch(one, "best-5.safetensors");
    assert.equal(
      await say([one]),
      `the device was lost; nothing to keep yet; ${resume}\` continues`,
    );
    await touch(one, "last.safetensors");
    assert.match(await say([one]), /; the checkpoint of 1 run kept; /);
    await touch(one, "row.json");
    await touch(two, "last.safetensors");
    assert.match(await interruptedAdvice(record, [one]), /^1 complete run kept; /);
    assert.match(await say([one, two]), /; 1 complete run and the checkpoint of 1 more kept; /);
    const damaged = new DamagedError("row.json: damaged");
    await touch(three, "last.safetensors");
    assert.equal(
      (await withAdvice(damaged, record, [three])).message,
      `row.json: damaged; nothing else was begun; ${resume} --start-over ${three.id}\` sets the ` +
        "damaged run aside and begins it anew",
    );
  }));
