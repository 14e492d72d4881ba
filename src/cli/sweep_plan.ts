/** What options of `sweep` mean: a plan, or an error that says what is wrong with them. */
import { UserError } from "../errors.ts";
import { gridOf, parseSetting, profileSetting, withoutRepeats } from "../sweep/expand.ts";
import type { Setting, SweepPlan } from "../sweep/plan.ts";
import { type BenchRequest, planOf } from "./bench_request.ts";
import { suiteFor, suiteOf } from "./suites.ts";

/** Options that say what a sweep runs; what is undefined was not given. */
export interface SweepRequest
  extends Pick<BenchRequest, "profile" | "suite" | "task" | "model" | "seeds"> {
  readonly learningRate?: readonly number[] | undefined;
  readonly batchSize?: readonly number[] | undefined;
  readonly updates?: readonly number[] | undefined;
  readonly average?: readonly number[] | undefined;
  /** Texts such as `learning-rate=1e-2 batch-size=16`. */
  readonly setting?: readonly string[] | undefined;
  readonly carryState?: true | undefined;
  readonly direction?: BenchRequest["direction"];
  readonly data?: string | undefined;
}

function settingsOf(request: SweepRequest): Setting[] {
  const { learningRate = [], batchSize = [], updates = [], average = [], setting } = request;
  const lists = { learningRate, batchSize, updates, average };
  if (setting === undefined) return gridOf(lists);
  if (Object.values(lists).some((list) => list.length > 0)) {
    throw new UserError(
      "--setting gives whole settings, --learning-rate and the like make a grid: use one of both",
    );
  }
  return setting.map(parseSetting);
}

/**
 * The plan of a sweep.
 *
 * @param place Where data and cells are, and the hash of the sources.
 * @throws {UserError} for unknown names and for options that mean nothing here.
 */
export function sweepPlanOf(
  request: SweepRequest,
  place: { readonly data: string | undefined; readonly cells: string; readonly code: string },
): SweepPlan {
  const name = request.suite ?? suiteFor(request.task, request.model).name;
  const settings = settingsOf(request);
  // The checks of `bench`, on a plan of its own; settings are values of the right kind already.
  const plan = planOf(
    {
      profile: request.profile,
      suite: name,
      task: request.task,
      model: request.model,
      seeds: request.seeds,
      carryState: request.carryState,
      direction: request.direction,
      data: request.data,
    },
    name,
    place.data,
  );
  const { specs } = suiteOf(name);
  const runs = specs.flatMap(({ task, model }) =>
    plan.tasks.includes(task) && plan.models.includes(model) ? [{ task, model }] : []
  );
  return withoutRepeats({
    suite: name,
    profile: plan.profile,
    runs,
    seeds: plan.seeds,
    settings: settings.length === 0 ? [profileSetting] : settings,
    direction: plan.direction,
    carryState: plan.carryState,
    data: plan.dataDir,
    cells: place.cells,
    code: place.code,
  });
}
