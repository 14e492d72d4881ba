import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { readResult } from "../results/store.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { readJob } from "../sweep/job_files.ts";
import {
  advised,
  cellFolders,
  ended,
  numbers,
  rowsOf,
  runBench,
  startCommand,
  until,
} from "./bench_testing.ts";

// Child processes that compile all kernels: MEGA_SLOW=1 runs them.
const ignore = Deno.env.get("MEGA_SLOW") !== "1";

const translationUpdates = 120;

/** Time of the last checkpoint in a store with one cell; undefined before the first. */
async function lastCheckpoint(store: string): Promise<number | undefined> {
  try {
    const [folder] = await cellFolders(store);
    if (folder === undefined) return undefined;
    return (await Deno.stat(join(folder, "last.safetensors"))).mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Starts a bench and waits for a checkpoint that was not there before. */
async function startUntilCheckpoint(folder: string, args: readonly string[]) {
  const store = join(folder, "cells");
  const before = await lastCheckpoint(store);
  const child = startCommand(folder, ["bench", "--cells", store, ...args]);
  const changed = async () => ![undefined, before].includes(await lastCheckpoint(store));
  assert.ok(await until(child, changed), "it ended too early");
  return child;
}

/**
 * Kills a run twice at some moment, resumes it, and compares it with one that was left alone.
 *
 * @returns The row of both.
 */
async function killAndResume(request: readonly string[], updates = 240): Promise<ResultRow> {
  const options = ["--profile", "smoke", "--updates", String(updates), ...request];
  return await withFolder(async (folder) => {
    const [expected] = await rowsOf(join(folder, "alone"), options, "whole");
    const broken = join(folder, "broken.json");
    for (const delay of [0, 130]) {
      const child = await startUntilCheckpoint(folder, [...options, "--output", broken]);
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await child.output();
      await assert.rejects(Deno.stat(broken), Deno.errors.NotFound, "it was killed too late");
    }
    const { code, stderr } = await runBench(folder, ["--resume", broken]);
    assert.equal(code, 0, stderr);
    const [actual] = (await readResult(broken)).rows;
    assert.deepEqual(numbers(actual), numbers(expected));
    assert.equal(actual.updatesDone, updates);
    return actual;
  });
}

Deno.test({
  name: "a run killed at any moment resumes to the same bits as an uninterrupted one",
  ignore,
  fn: async () => {
    await killAndResume(["--task", "listops", "--model", "mega"]);
  },
});

Deno.test({
  name: "so does a language model that carries state from batch to batch",
  ignore,
  fn: async () => {
    await killAndResume(
      ["--suite", "lm", "--task", "characters", "--model", "mega", "--carry-state"],
    );
  },
});

const translation = ["--suite", "translation", "--task", "numbers", "--model", "mega-laplace"];

Deno.test({
  name: "so does a translation model whose updates sum batches of several shapes",
  ignore,
  async fn() {
    const row = await killAndResume(translation, translationUpdates);
    assert.match(row.translations?.[0].sha256 ?? "", /^[0-9a-f]{64}$/);
  },
});

Deno.test({
  name: "so does the mean of its last models, from German to English",
  ignore,
  async fn() {
    const averaged = [...translation, "--average", "3", "--direction", "de-en"];
    const row = await killAndResume(averaged, translationUpdates);
    assert.equal(row.task.direction, "de-en");
    assert.equal(row.validationCurve.length, 5);
  },
});

const small = ["--profile", "smoke", "--task", "listops", "--model", "s4d-legs"];

Deno.test({
  name: "stopped by a signal, it says what continues it, and that works from any output",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const options = [...small, "--updates", "600"];
      const [expected] = await rowsOf(join(folder, "alone"), options, "whole");
      const output = join(folder, "far", "away", "x.json");
      const child = await startUntilCheckpoint(folder, [...options, "--output", output]);
      child.kill("SIGTERM");
      const stopped = await ended(child);
      assert.equal(stopped.code, 143, stopped.stderr);
      assert.match(stopped.stderr, /interrupted; the checkpoint of 1 run kept; /);
      const done = await ended(startCommand(folder, advised(stopped.stderr)));
      assert.equal(done.code, 0, done.stderr);
      const [actual] = (await readResult(output)).rows;
      assert.deepEqual(numbers(actual), numbers(expected));
    }),
});

Deno.test({
  name: "a flipped byte in a checkpoint is an error that deletes nothing and says what goes on",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const options = [...small, "--updates", "600"];
      const [expected] = await rowsOf(join(folder, "alone"), options, "whole");
      const output = join(folder, "x.json");
      const child = await startUntilCheckpoint(folder, [...options, "--output", output]);
      child.kill("SIGKILL");
      await child.output();
      const [cell] = await cellFolders(join(folder, "cells"));
      const last = join(cell, "last.safetensors");
      const bytes = await Deno.readFile(last);
      bytes[bytes.length >> 1] ^= 1;
      await Deno.writeFile(last, bytes);
      const failed = await runBench(folder, [...options, "--output", output]);
      assert.equal(failed.code, 2, failed.stderr);
      assert.match(failed.stderr, /\nerror: .*last\.safetensors: damaged [^\n]*\n$/);
      await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
      assert.deepEqual(await Deno.readFile(last), bytes);
      const done = await ended(startCommand(folder, advised(failed.stderr)));
      assert.equal(done.code, 0, done.stderr);
      const [actual] = (await readResult(output)).rows;
      assert.deepEqual(numbers(actual), numbers(expected));
      const [aside] = await Array.fromAsync(Deno.readDir(join(folder, "cells", "aside")));
      const kept = join(folder, "cells", "aside", aside.name, "last.safetensors");
      assert.deepEqual(await Deno.readFile(kept), bytes);
    }),
});

Deno.test({
  name: "a job whose row is damaged says what begins it anew, and that works",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const [store, job] = [join(folder, "cells"), join(folder, "job")];
      const options = ["cell", ...small, "--updates", "6", "--cells", store, "--job", job];
      const first = await ended(startCommand(folder, options));
      assert.equal(first.code, 0, first.stderr);
      const [cell] = await cellFolders(store);
      const row = join(cell, "row.json");
      const text = await Deno.readTextFile(row);
      await Deno.writeTextFile(row, text.slice(0, 500));
      const failed = await ended(startCommand(folder, options));
      assert.equal(failed.code, 2, failed.stderr);
      assert.match(
        (await readJob(job)).record?.reason ?? "",
        /row\.json: damaged .* begins it anew$/,
      );
      const wrong = await ended(startCommand(folder, [...options, "--start-over", "0"]));
      assert.match(wrong.stderr, /--start-over 0: the cell of these options is [0-9a-f]{20}\n$/);
      const done = await ended(startCommand(folder, advised(failed.stderr)));
      assert.equal(done.code, 0, done.stderr);
      assert.equal((await readJob(job)).record?.state, "completed");
      assert.equal((await Array.fromAsync(Deno.readDir(join(store, "aside")))).length, 1);
    }),
});

Deno.test({
  name:
    "benches that start in the same second share cells and lose no row; --overwrite writes again",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const options = [...small, "--updates", "60", "--seeds", "3"];
      const rows = await Promise.all(
        ["one", "two"].map((name) => rowsOf(folder, options, name)),
      );
      assert.deepEqual(rows[0].map(({ seed, status }) => [seed, status]), [
        [1, "completed"],
        [2, "completed"],
        [3, "completed"],
      ]);
      assert.deepEqual(rows[1], rows[0]);
      assert.equal((await cellFolders(join(folder, "cells"))).length, 3);
      // The same command again writes nothing anew, unless it is asked to replace what is there.
      const output = join(folder, "one.json");
      await Deno.writeTextFile(output, "of somebody else");
      const again = [...options, "--output", output];
      assert.equal((await runBench(folder, again)).code, 2);
      assert.equal(await Deno.readTextFile(output), "of somebody else");
      assert.equal((await runBench(folder, [...again, "--overwrite"])).code, 0);
      assert.deepEqual((await readResult(output)).rows, rows[0]);
    }),
});
