import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "../data/data_test_folder.ts";
import { firstProgress } from "./progress.ts";
import { RunModels } from "./run_models.ts";
import { filesOf } from "./run_testing.ts";
import type { TrainedValues } from "./session_state.ts";

function valuesOf(weight: number): TrainedValues {
  return {
    parameters: new Map([["w", Float32Array.of(weight, 1)]]),
    states: new Map([["average", Float32Array.of(-weight)]]),
  };
}

Deno.test("models are kept alike in files and in memory, under the same digests", () =>
  withFolder(async (folder) => {
    const [files, memory] = [new RunModels(folder, "a run"), new RunModels(undefined, "a run")];
    const [best, same] = await Promise.all([
      files.keep("best", 4, valuesOf(1)),
      memory.keep("best", 4, valuesOf(1)),
    ]);
    assert.deepEqual(best, same);
    assert.deepEqual(await files.load("best", best), valuesOf(1));
    assert.deepEqual(await memory.load("best", best), valuesOf(1));
    const digests = new Set([
      best.sha256,
      (await files.keep("recent", 5, valuesOf(1))).sha256,
      (await files.keep("recent", 4, valuesOf(2))).sha256,
      (await new RunModels(undefined, "another").keep("best", 4, valuesOf(1))).sha256,
    ]);
    assert.equal(digests.size, 4, "run, step and values each change it");
    const keep = new Set(["recent-5.safetensors"]);
    await Deno.writeTextFile(join(folder, "last.safetensors"), "");
    await Deno.writeTextFile(join(folder, "best-notes.txt"), "");
    await files.removeOthers(keep);
    await memory.removeOthers(keep);
    assert.deepEqual(
      [...(await filesOf(folder)).keys()],
      ["best-notes.txt", "last.safetensors", "recent-5.safetensors"],
    );
    await assert.rejects(memory.load("best", best), RangeError);
    await files.remove(["best-9.safetensors"]);
  }));

Deno.test("a model that is missing, damaged or another one is an error in one line that names it", () =>
  withFolder(async (folder) => {
    const models = new RunModels(folder, "a run");
    const best = { ...await models.keep("best", 4, valuesOf(1)), score: 1 };
    const recent = [
      await models.keep("recent", 4, valuesOf(1)),
      await models.keep("recent", 8, valuesOf(2)),
    ];
    const progress = { ...firstProgress("a run", 0), best, recent };
    await models.check(progress);
    const foreign = new RunModels(join(folder, "other"), "another run");
    await foreign.keep("best", 4, valuesOf(1));
    const before = await filesOf(folder);
    for (const name of ["best-4", "recent-4", "recent-8"]) {
      const path = join(folder, `${name}.safetensors`);
      const content = await Deno.readFile(path);
      const rest = "the other files of the run are as they were$";
      await Deno.remove(path);
      await rejectsInOneLine(
        models.check(progress),
        new RegExp(`${name}\\.safetensors: missing, but the checkpoint .* refers to it; ${rest}`),
      );
      await Deno.writeFile(path, content.subarray(0, -1));
      await rejectsInOneLine(
        models.check(progress),
        new RegExp(`${name}\\.safetensors: damaged \\(.*\\); ${rest}`),
      );
      await Deno.copyFile(join(folder, "other", "best-4.safetensors"), path);
      await rejectsInOneLine(
        models.check(progress),
        new RegExp(`${name}\\.safetensors: not the model of update \\d that .*; ${rest}`),
      );
      await Deno.writeFile(path, content);
      await models.check(progress);
    }
    assert.deepEqual(await filesOf(folder), before);
  }));
