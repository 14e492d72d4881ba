import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "../data/data_test_folder.ts";
import type { RunProgress } from "./checkpoint.ts";
import { RecentModels } from "./recent_models.ts";
import type { TrainedValues } from "./session_state.ts";

const run = "this run";

function progressAt(update: number, identity = run): RunProgress {
  return {
    format: "mega-webgpu/checkpoint-2",
    run: identity,
    update,
    cursor: { epoch: 1, index: 0 },
    curve: [],
    validationCurve: [],
    best: null,
    seconds: { compile: 0, train: 0, evaluate: 0 },
    stepMilliseconds: [],
    tokens: 0,
    positions: 0,
  };
}

function valuesOf(...weights: number[]): TrainedValues {
  return {
    parameters: new Map([["w", Float32Array.from(weights)]]),
    states: new Map([["average", Float32Array.of(-weights[0])]]),
  };
}

async function addAll(models: RecentModels, updates: readonly number[]): Promise<void> {
  for (const update of updates) await models.add(valuesOf(update, 1), progressAt(update));
}

/** First weight and state of the mean. */
async function meanOf(models: RecentModels): Promise<number[]> {
  const { parameters, states } = await models.mean();
  assert.deepEqual([...parameters.keys(), ...states.keys()], ["w", "average"]);
  return [parameters.get("w")?.[0] ?? NaN, states.get("average")?.[0] ?? NaN];
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("the mean is taken in float64 and rounded once", async () => {
  const models = new RecentModels(3, undefined, run);
  // In float32 the ones would vanish beside the large numbers.
  const weights = [2 ** 25, 1, -(2 ** 25)];
  for (const [i, weight] of weights.entries()) {
    await models.add(valuesOf(weight, 0.1), progressAt(i + 1));
  }
  const { parameters, states } = await models.mean();
  assert.deepEqual(parameters.get("w"), Float32Array.of(1 / 3, 0.1));
  assert.deepEqual(states.get("average"), Float32Array.of(-1 / 3));
});

Deno.test("the last so many models are averaged, fewer where there are no more", async () => {
  const models = new RecentModels(2, undefined, run);
  await assert.rejects(models.mean(), RangeError);
  await addAll(models, [4]);
  assert.deepEqual(await meanOf(models), [4, -4]);
  await addAll(models, [8, 12]);
  assert.deepEqual(await meanOf(models), [10, -10]);
  for (const count of [0, -1, NaN]) {
    assert.throws(() => new RecentModels(count, undefined, run), RangeError);
  }
});

Deno.test("models beside checkpoints are as many files, and give the mean of those in memory", () =>
  withFolder(async (folder) => {
    const updates = [4, 8, 12, 16];
    const [files, memory] = [
      new RecentModels(3, folder, run),
      new RecentModels(3, undefined, run),
    ];
    await addAll(files, updates);
    await addAll(memory, updates);
    assert.deepEqual(
      await filesIn(folder),
      [8, 12, 16].map((at) => `recent-${at}.safetensors`).sort(),
    );
    assert.deepEqual(await files.mean(), await memory.mean());
  }));

Deno.test("an interrupted run averages the models that it would have averaged", () =>
  withFolder(async (folder) => {
    // Killed after update 16, its checkpoint is of update 10; the model of update 4 is gone.
    await addAll(new RecentModels(3, folder, run), [4, 8, 12, 16]);
    const other = join(folder, "last.safetensors");
    await Deno.writeTextFile(other, "the checkpoint");
    const resumed = new RecentModels(3, folder, run);
    await resumed.resume(10);
    assert.deepEqual(await filesIn(folder), ["last.safetensors", "recent-8.safetensors"]);
    assert.deepEqual(await meanOf(resumed), [8, -8]);
    await addAll(resumed, [12, 16, 20]);
    assert.deepEqual(await meanOf(resumed), [16, -16]);
    // Killed in its last evaluations: nothing is made again.
    const last = new RecentModels(3, folder, run);
    await last.resume(20);
    assert.deepEqual(await meanOf(last), [16, -16]);
  }));

Deno.test("models are in the order of updates, not of their names", () =>
  withFolder(async (folder) => {
    await addAll(new RecentModels(3, folder, run), [90, 100, 110]);
    const resumed = new RecentModels(3, folder, run);
    await resumed.resume(110);
    await addAll(resumed, [120]);
    assert.deepEqual(await meanOf(resumed), [110, -110]);
    assert.ok(!(await filesIn(folder)).includes("recent-90.safetensors"));
  }));

Deno.test("a run that starts over forgets the models of the one before", () =>
  withFolder(async (folder) => {
    const before = new RecentModels(3, folder, "another run");
    await before.add(valuesOf(5), progressAt(5, "another run"));
    const models = new RecentModels(3, folder, run);
    await models.resume(0);
    assert.deepEqual(await filesIn(folder), []);
    await addAll(models, [7]);
    const resumed = new RecentModels(3, folder, run);
    await resumed.resume(7);
    assert.deepEqual(await meanOf(resumed), [7, -7]);
    await new RecentModels(3, join(folder, "none"), run).resume(0);
  }));

Deno.test("a model that is missing or belongs to another run is the user's error, in one line", () =>
  withFolder(async (folder) => {
    const models = new RecentModels(2, folder, run);
    await addAll(models, [4, 8]);
    const foreign = new RecentModels(2, folder, "another run");
    await foreign.resume(8);
    await rejectsInOneLine(foreign.mean(), /other settings or data/);
    await Deno.remove(join(folder, "recent-4.safetensors"));
    await rejectsInOneLine(models.mean(), /recent-4\.safetensors: missing: [^\n]+ train anew$/);
  }));
