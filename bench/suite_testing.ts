import assert from "node:assert/strict";
import { join } from "node:path";
import { testDevice } from "../src/compiler/testing.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { readResult } from "../src/results/store.ts";
import type { TrainingSpec } from "./spec.ts";
import type { SuitePlan } from "./suite_plan.ts";
import { runTrainingSuite } from "./training_suite.ts";

/** The spec of a task and a model; the test fails where there is none. */
export function specOf(
  specs: readonly TrainingSpec[],
  task: string,
  model: string,
): TrainingSpec {
  const spec = specs.find((one) => one.task === task && one.model === model);
  assert.ok(spec, `${task} ${model}`);
  return spec;
}

/**
 * Runs two updates of each spec in the profile smoke on the software adapter, and checks that the
 * file holds the result.
 *
 * @param folder For the result, its checkpoints and prepared data.
 * @param plan Specs, and what is to be different.
 * @returns The result, where it is, and what was trained and said.
 */
export async function runSuite(
  folder: string,
  plan: Pick<SuitePlan, "suite" | "specs"> & Partial<SuitePlan>,
) {
  const device = await testDevice("software");
  const messages: string[] = [];
  const trained = new Set<string>();
  const output = plan.output ?? join(folder, "result.json");
  const result = await runTrainingSuite(device, {
    profile: "smoke",
    seeds: [1],
    batchSize: undefined,
    updates: 2,
    scheduleOf: undefined,
    learningRates: [],
    carryState: false,
    direction: undefined,
    averagedModels: undefined,
    output,
    checkpoints: join(folder, "result.run"),
    resuming: false,
    earlier: undefined,
    dataDir: undefined,
    cacheDir: join(folder, "cache"),
    leaveOut: false,
    compileAhead: false,
    ...plan,
  }, {
    message: (line) => void messages.push(line),
    report: ({ model, seed }) => trained.add(`${model} ${seed}`),
    signal: new AbortController().signal,
  });
  assert.deepEqual(await readResult(output), result);
  return { result, output, trained: [...trained], messages };
}

/** Names of what a folder holds, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

/** What a run measured, whatever it was for. */
export function measuredBy({ role: _, warnings: __, ...row }: ResultRow) {
  return row;
}
