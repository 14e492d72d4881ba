import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { UserError } from "../errors.ts";
import {
  readTranslations,
  translationsFormat,
  writeTranslations,
} from "../results/translations_file.ts";
import { readResult } from "../results/store.ts";
import { writeSealed } from "../util/sealed_file.ts";
import { sha256Hex } from "../util/sha256.ts";
import { cellModelName, cellTranslationsName } from "./cell.ts";
import { type CellChanges, inventedCell, writeCell } from "./cell_testing.ts";
import { jobFormat } from "./job_file.ts";
import { mergeCells, writeMerged } from "./merge.ts";
import { findCells, readStoredCell, type StoredCell } from "./stored_cell.ts";

async function write(folder: string, changes: CellChanges = {}): Promise<StoredCell> {
  const cell = inventedCell({ folder, ...changes });
  await writeCell(cell);
  return cell;
}

async function writeJob(sweep: string, index: number, folder: string | null): Promise<void> {
  await writeSealed(join(sweep, "jobs", String(index), "job.json"), jobFormat, {
    state: "running",
    cell: null,
    folder,
    reason: null,
    host: "here",
    pid: 1,
    at: "2026-01-31T12:00:00Z",
  });
}

Deno.test("cells are found in a store, in a cell and through the jobs of a sweep", async () => {
  await withFolder(async (folder) => {
    const store = join(folder, "cells");
    const one = await write(store);
    const two = await write(store, { seed: 2, done: null });
    Deno.mkdirSync(join(store, "0".repeat(20)));
    assert.deepEqual(await findCells(store), {
      folders: [one.folder, two.folder].toSorted(),
      missing: [],
    });
    assert.deepEqual((await findCells(one.folder)).folders, [one.folder]);
    const sweep = join(folder, "sweep");
    await writeJob(sweep, 0, two.folder);
    await writeJob(sweep, 1, null);
    await writeJob(sweep, 2, join(store, "gone"));
    Deno.mkdirSync(join(sweep, "jobs", "10"));
    assert.deepEqual(await findCells(sweep), {
      folders: [two.folder],
      missing: ["1", "2", "10"].map((job) => `${join(sweep, "jobs", job)}: has no cell yet`),
    });
    for (const [path, message] of [["nowhere", /no such folder/], ["empty", /no cells: give/]]) {
      Deno.mkdirSync(join(folder, "empty"), { recursive: true });
      await assert.rejects(
        findCells(join(folder, String(path))),
        (error) => error instanceof UserError && new RegExp(message).test(error.message),
      );
    }
  });
});

Deno.test("a cell is read as it was written", async () => {
  await withFolder(async (folder) => {
    for (const changes of [{}, { seed: 2, done: null }]) {
      const cell = await write(folder, changes);
      assert.deepEqual(await readStoredCell(cell.folder), cell);
    }
    assert.equal(await readStoredCell(join(folder, "none")), undefined);
  });
});

Deno.test("a cell in a folder of another name, with another row, or damaged is an error", async () => {
  await withFolder(async (folder) => {
    const { folder: path, id } = await write(folder);
    const renamed = join(folder, "0".repeat(20));
    Deno.renameSync(path, renamed);
    await assert.rejects(
      readStoredCell(renamed),
      (error) =>
        error instanceof UserError &&
        error.message ===
          `${renamed}/cell.json: is of the cell ${id}: give its folder that name back`,
    );
    Deno.renameSync(renamed, path);
    const other = await write(folder, { seed: 2 });
    Deno.copyFileSync(join(other.folder, "row.json"), join(path, "row.json"));
    await assert.rejects(readStoredCell(path), /row.json: has another seed than cell.json/);
    const row = join(other.folder, "row.json");
    Deno.writeTextFileSync(row, Deno.readTextFileSync(row).replace('"n": 2000', '"n": 3000'));
    await assert.rejects(readStoredCell(other.folder), /row.json: damaged/);
  });
});

Deno.test("a merged result is read as it was written, with its models and translations", async () => {
  await withFolder(async (folder) => {
    const store = join(folder, "cells");
    const file = cellTranslationsName("test");
    for (const [peak, validation] of [[0.001, 0.5], [0.004, 0.6]]) {
      const { folder: path } = inventedCell({ folder: store, peak, validation });
      const sha256 = await writeTranslations(join(path, file), {
        format: translationsFormat,
        task: "listops",
        model: "mega",
        seed: 1,
        split: "test",
        sources: null,
        references: null,
        textSha256: sha256Hex("text"),
        hypotheses: [`with ${peak}`],
        statistics: [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
      });
      Deno.writeTextFileSync(join(path, cellModelName), `model with ${peak}`);
      const translations = [{ split: "test" as const, file, sha256, sentences: 1 }];
      await write(store, { peak, validation, row: { translations } });
    }
    const { folders } = await findCells(store);
    const cells = await Promise.all(folders.map(readStoredCell));
    const merged = mergeCells(cells.filter((cell) => cell !== undefined));
    const path = join(folder, "out", "result.json");
    const written = await writeMerged(path, merged, false);
    const read = await readResult(path);
    assert.deepEqual(read, written);
    const hypotheses = [];
    for (const { role, translations = [] } of read.rows) {
      for (const record of translations) {
        hypotheses.push([role, (await readTranslations(path, record)).hypotheses[0]]);
      }
    }
    assert.deepEqual(hypotheses, [
      ["trial", "with 0.001"],
      ["trial", "with 0.004"],
      ["final", "with 0.004"],
    ]);
    const models = join(dirname(path), "result.models");
    const model = (name: string) => Deno.readTextFileSync(join(models, `listops-mega${name}`));
    assert.equal(model("-seed1.safetensors"), "model with 0.004");
    assert.equal(model("-rate0.001-seed1.safetensors"), "model with 0.001");
    assert.equal(model("-rate0.004-seed1.safetensors"), "model with 0.004");
    const kept = join(models, "listops-mega-seed1.safetensors");
    await Deno.writeTextFile(kept, "of another result");
    await assert.rejects(
      writeMerged(path, merged, false),
      /result.json already exists: choose another name or add --overwrite/,
    );
    assert.deepEqual(await readResult(path), read);
    assert.equal(await Deno.readTextFile(kept), "of another result");
    await writeMerged(path, merged, true);
  });
});
