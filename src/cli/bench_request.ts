/** What options of `bench` mean: a plan, or an error that says what is wrong with them. */
import { resolve } from "node:path";
import { lmSuite, withoutCarriedState } from "../../bench/lm.ts";
import type { DirectionName } from "../data/translation/directions.ts";
import { UserError } from "../errors.ts";
import { translationTasks } from "../models/translation_preset_types.ts";
import type { ProfileName } from "../models/profiles.ts";
import type { BenchPlan, BenchRecord } from "./bench_plan.ts";
import { choose } from "./options.ts";
import { checkChoice, suiteOf } from "./suites.ts";

/** Options of a suite that trains, as parsed; what is undefined was not given. */
export interface BenchRequest {
  readonly profile: ProfileName;
  readonly suite?: string | undefined;
  readonly task?: readonly string[] | undefined;
  readonly model?: readonly string[] | undefined;
  readonly seeds: readonly number[];
  readonly batchSize?: number | undefined;
  readonly updates?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly learningRates?: readonly number[] | undefined;
  readonly carryState?: true | undefined;
  readonly direction?: DirectionName | undefined;
  readonly average?: number | undefined;
  readonly scheduleOf?: string | undefined;
  readonly data?: string | undefined;
}

/**
 * The plan of a suite.
 *
 * @param name The suite.
 * @param defaultData Data folder unless the request names one.
 * @throws {UserError} for unknown names and for options that mean nothing here.
 */
export function planOf(
  request: BenchRequest,
  name: string,
  defaultData: string | undefined,
): BenchPlan {
  const suite = suiteOf(name);
  const { specs, models, tasks } = suite;
  const translates = specs.some(({ task }) => translationTasks.some((one) => one === task));
  if (request.direction !== undefined && !translates) {
    throw new UserError("--direction: only for translation; add --suite translation");
  }
  if (request.carryState && name !== lmSuite.name) {
    throw new UserError("--carry-state: only language models carry state; add --suite lm");
  }
  if (request.learningRate !== undefined && request.learningRates !== undefined) {
    throw new UserError(
      "--learning-rate trains with one rate, --learning-rates tries several: leave one out",
    );
  }
  if (request.data?.trim() === "") {
    throw new UserError(
      "--data: the name of the folder is empty; leave --data out for the usual one",
    );
  }
  const names = (key: "task" | "model") => [...new Set(specs.map((spec) => spec[key]))];
  const plan: BenchPlan = {
    suite: name,
    profile: request.profile,
    tasks: choose("task", names("task"), request.task ?? tasks),
    models: choose("model", names("model"), request.model ?? models),
    seeds: [...request.seeds],
    batchSize: request.batchSize ?? null,
    updates: request.updates ?? null,
    dataDir: request.data === undefined ? defaultData ?? null : resolve(request.data),
    scheduleOf: request.scheduleOf === undefined
      ? null
      : choose("model", names("model"), [request.scheduleOf])[0],
    learningRate: request.learningRate ?? null,
    learningRates: [...request.learningRates ?? []],
    carryState: request.carryState ?? false,
    direction: request.direction ?? null,
    averagedModels: request.average ?? null,
    leaveOut: request.suite !== undefined && request.task === undefined,
  };
  checkChoice(suite, plan.tasks, plan.models, request.model);
  const stateless = plan.models.filter((model) => withoutCarriedState.includes(model));
  if (plan.carryState && stateless.length > 0) {
    const others = names("model").filter((model) => !withoutCarriedState.includes(model));
    throw new UserError(
      `--carry-state: ${stateless.join(", ")} cannot hand state from batch to batch; ` +
        `add --model ${others.join(",")}`,
    );
  }
  return plan;
}

/** Options that `--resume` accepts beside it, by the part of the plan that they decide. */
const decided: Readonly<Record<string, keyof BenchPlan>> = {
  suite: "suite",
  profile: "profile",
  task: "tasks",
  model: "models",
  seeds: "seeds",
  batchSize: "batchSize",
  updates: "updates",
  scheduleOf: "scheduleOf",
  learningRate: "learningRate",
  learningRates: "learningRates",
  carryState: "carryState",
  direction: "direction",
  average: "averagedModels",
  data: "dataDir",
};

/** What a part of a record says, as it would be given on the command line. */
function textOf(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return "none";
  return Array.isArray(value) ? value.join() : String(value);
}

/**
 * Refuses options that contradict the run that is to be continued.
 *
 * @param given Names of the options on the command line, in camel case, with their values.
 * @throws {UserError} naming the first one.
 */
export function checkResumed(
  { plan, output, cells }: BenchRecord,
  given: ReadonlyMap<string, unknown>,
): void {
  const planned = new Map<string, unknown>([
    ["output", output],
    ["cells", cells],
    ...Object.entries(decided).map(([option, key]) => [option, plan[key]] as const),
  ]);
  for (const [option, value] of given) {
    if (!planned.has(option)) continue;
    const isPath = ["output", "cells", "data"].includes(option) && typeof value === "string";
    const wanted = isPath ? resolve(value) : value;
    if (JSON.stringify(wanted) === JSON.stringify(planned.get(option))) continue;
    const name = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UserError(
      `--resume: the run was begun with --${name} ${
        textOf(planned.get(option))
      }: leave --${name} ` +
        "out, or leave --resume out to start another run",
    );
  }
}
