import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../src/data/data_test_folder.ts";
import { DamagedError } from "../src/errors.ts";
import { FolderLock, LockedError } from "../src/util/folder_lock.ts";
import { sha256Hex } from "../src/util/sha256.ts";
import { lraSuite } from "./lra.ts";
import { filesIn, measuredBy, runSuite, specOf, type SuiteChanges } from "./suite_testing.ts";

const specs = [specOf(lraSuite.specs, "listops", "s4d-legs")];

/** Thirty updates of the smallest model; six of them between checkpoints. */
function run(folder: string, changes: Partial<SuiteChanges> = {}) {
  return runSuite(folder, { suite: "lra", specs, updates: 30, ...changes });
}

/** Interrupts a run after some points of its curve. @returns The cell's folder. */
async function interrupt(folder: string, changes: Partial<SuiteChanges> = {}): Promise<string> {
  const controller = new AbortController();
  const { cells } = await runSuite(folder, {
    suite: "lra",
    specs,
    updates: 30,
    signal: controller.signal,
    onReport: (update) => update >= 8 && controller.abort(),
    ...changes,
  }).then(
    () => assert.fail("it was not interrupted"),
    async (error) => {
      assert.match(String(error), /nothing was done/);
      return { cells: await filesIn(join(folder, "cells")) };
    },
  );
  assert.equal(cells.length, 1);
  return join(folder, "cells", cells[0]);
}

Deno.test("a cell keeps what it is, its curve, its log and its row; checkpoints go when it is complete", () =>
  withFolder(async (folder) => {
    const cell = await interrupt(folder);
    const held = await filesIn(cell);
    assert.deepEqual(held.filter((name) => !/^(lock|best)-/.test(name)), [
      "cell.json",
      "curve.json",
      "last.safetensors",
      "log.json",
      "progress.json",
    ]);
    const { outcome, result } = await run(folder);
    const [{ cell: { id }, done }] = outcome.runs;
    assert.equal(join(folder, "cells", id), cell);
    assert.deepEqual((await filesIn(cell)).filter((name) => !name.startsWith("lock-")), [
      "cell.json",
      "curve.json",
      "log.json",
      "progress.json",
      "row.json",
    ]);
    const events = (await outcome.runs[0].cell.log()).map(({ event }) => event);
    assert.deepEqual([events[0], events.at(-1)], ["started", "continued"]);
    assert.deepEqual(done.row.curve, result.rows[0].curve);
    const alone = await run(join(folder, "alone"));
    assert.deepEqual(done.row.curve, alone.result.rows[0].curve);
    assert.deepEqual(done.row.validationCurve, alone.result.rows[0].validationCurve);
    assert.deepEqual(done.row.metrics, alone.result.rows[0].metrics);
  }));

Deno.test("other sources continue what was begun, which the row says, and begin the rest as their own", () =>
  withFolder(async (folder) => {
    await interrupt(folder);
    const presentCode = sha256Hex("changed sources");
    const { outcome, result } = await run(folder, { presentCode, seeds: [1, 2] });
    const codes = outcome.runs.map(({ cell: { identity } }) => identity.code);
    assert.deepEqual(codes, [sha256Hex("the sources"), presentCode]);
    const said = result.rows.map(({ warnings }) =>
      warnings.some((line) => line.startsWith("the run was begun with other sources"))
    );
    assert.deepEqual(said, [true, false]);
  }));

Deno.test("a missing checkpoint is an error, and nothing begins anew by itself", () =>
  withFolder(async (folder) => {
    const cell = await interrupt(folder);
    await Deno.remove(join(cell, "last.safetensors"));
    const before = await filesIn(cell);
    await assert.rejects(run(folder), (error) => {
      assert.ok(error instanceof DamagedError);
      assert.match(error.message, /last\.safetensors: missing, though the run has a curve/);
      return true;
    });
    const kept = (names: readonly string[]) => names.filter((name) => !name.startsWith("lock-"));
    assert.deepEqual(kept(await filesIn(cell)), kept(before));
  }));

Deno.test("a changed row is an error; started over, the run has the same numbers and the old one is kept", () =>
  withFolder(async (folder) => {
    const { result, outcome } = await run(folder);
    const [{ cell: { id, folder: place } }] = outcome.runs;
    const path = join(place, "row.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/"status": "completed"/, '"status": "diverged"'));
    await assert.rejects(run(folder), /row\.json: damaged \(its digest does not match\)/);
    const again = await run(folder, { startOver: id });
    const [row] = again.result.rows;
    assert.deepEqual(row.curve, result.rows[0].curve);
    assert.deepEqual(row.metrics, result.rows[0].metrics);
    assert.equal((await filesIn(join(folder, "cells", "aside"))).length, 1);
    const known = await run(folder);
    assert.deepEqual(measuredBy(known.result.rows[0]), measuredBy(row));
  }));

Deno.test("a cell that another process has is waited for, or left alone when that is wanted", () =>
  withFolder(async (folder) => {
    const cell = await interrupt(folder);
    const lock = await FolderLock.acquire(cell);
    await assert.rejects(run(folder, { whenLocked: "fail" }), LockedError);
    let given: Promise<void> | undefined;
    const { result } = await run(folder, {
      whenLocked: "wait",
      onMessage(line) {
        if (line.endsWith("; waiting for it")) given = lock[Symbol.asyncDispose]();
      },
    });
    await given;
    assert.ok(given !== undefined);
    assert.equal(result.rows[0].status, "completed");
  }));
