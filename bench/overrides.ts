/** Departures from the profile, as results and cells name them. */
import type { CellRow } from "../src/cells/cell_files.ts";
import type { SuitePlan } from "./suite_plan.ts";

/** What a plan changes for all its runs. */
export function overridesOf(plan: SuitePlan): CellRow["overrides"] {
  const { learningRates } = plan;
  return {
    ...runOverrides(plan, plan.learningRate),
    ...(learningRates.length > 0 ? { learningRates: learningRates.join() } : {}),
  };
}

/**
 * What a plan changes for one run.
 *
 * @param learningRate Peak of the run where it is not the profile's.
 */
export function runOverrides(
  { batchSize, updates, direction, averagedModels, scheduleOf, carryState }: SuitePlan,
  learningRate: number | undefined,
): CellRow["overrides"] {
  const chosen = {
    batchSize,
    updates,
    scheduleOf: scheduleOf?.model,
    direction,
    averagedModels,
    learningRate,
    carryState: carryState ? "yes" : undefined,
  };
  return Object.fromEntries(
    Object.entries(chosen).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]),
  );
}
