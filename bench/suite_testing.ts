import assert from "node:assert/strict";
import { join } from "node:path";
import { testDevice } from "../src/compiler/testing.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { readResult } from "../src/results/store.ts";
import { sha256Hex } from "../src/util/sha256.ts";
import type { TrainingSpec } from "./spec.ts";
import type { SuitePlan } from "./suite_plan.ts";
import { suiteResult, writeSuiteResult } from "./suite_result.ts";
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

/** What {@link runSuite} may do differently. */
export type SuiteChanges = Pick<SuitePlan, "suite" | "specs"> & Partial<SuitePlan> & {
  /** Name of the result file. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Is told how many updates a run has done. */
  readonly onReport?: (update: number) => void;
  readonly onMessage?: (line: string) => void;
};

/**
 * Runs two updates of each spec in the profile smoke on the software adapter, derives the result
 * from the cells, and checks that its file holds it.
 *
 * @param folder For the result, the cells and prepared data.
 * @param changes Specs, and what is to be different.
 * @returns The result, where it is, and what was trained and said.
 */
export async function runSuite(folder: string, changes: SuiteChanges) {
  const { name = "result", signal = new AbortController().signal, ...rest } = changes;
  const { onReport, onMessage, ...different } = rest;
  const device = await testDevice("software");
  const messages: string[] = [];
  const trained = new Set<string>();
  const plan: SuitePlan = {
    profile: "smoke",
    seeds: [1],
    batchSize: undefined,
    updates: 2,
    scheduleOf: undefined,
    learningRate: undefined,
    learningRates: [],
    carryState: false,
    direction: undefined,
    averagedModels: undefined,
    cells: join(folder, "cells"),
    code: sha256Hex("the sources"),
    presentCode: sha256Hex("the sources"),
    commit: null,
    startOver: undefined,
    whenLocked: "fail",
    dataDir: undefined,
    cacheDir: join(folder, "cache"),
    leaveOut: false,
    compileAhead: false,
    ...different,
  };
  const outcome = await runTrainingSuite(device, plan, {
    message(line) {
      messages.push(line);
      onMessage?.(line);
    },
    report({ model, seed }, { update }) {
      trained.add(`${model} ${seed}`);
      onReport?.(update);
    },
    signal,
  });
  const derived = suiteResult(plan, outcome);
  assert.ok(derived, "nothing was done");
  const output = join(folder, `${name}.json`);
  const result = await writeSuiteResult(output, derived, outcome, true);
  assert.deepEqual(await readResult(output), result);
  return { result, output, outcome, trained: [...trained], messages };
}

/** Names of what a folder holds, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

/** What a run measured, whatever it was for and wherever its files are. */
export function measuredBy({ role: _, warnings: __, translations, ...row }: ResultRow) {
  return { ...row, translations: translations?.map(({ sha256 }) => sha256) };
}
