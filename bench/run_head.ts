/** The runs of a plan with their settings. */
import type { BenchData } from "../src/data/registry.ts";
import { type TrainingSettings, withTotalUpdates } from "../src/models/training_settings.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import type { RowHead } from "./row.ts";
import type { PreparedRun, TrainingSpec } from "./spec.ts";
import type { SuitePlan } from "./suite_plan.ts";

/** The learning-rate schedule of a run: the profile's, with the departures of the plan. */
function scheduleOf(
  { recipe: { training } }: PreparedRun,
  { task }: TrainingSpec,
  plan: SuitePlan,
  data: BenchData,
  peak: number | undefined,
): TrainingSettings["schedule"] {
  const { profile, updates, scheduleOf, carryState, learningRate } = plan;
  const own = scheduleOf === undefined
    ? training.schedule
    : scheduleOf.specOf(task).prepare({ profile, data, batchSize: undefined, carryState }).recipe
      .training
      .schedule;
  const total = updates === undefined || updates === training.updates
    ? own
    : withTotalUpdates(own, updates);
  const chosen = peak ?? learningRate;
  return chosen === undefined ? total : { ...total, peak: chosen };
}

/** Evaluations of a whole suite are worth this many at least, where an epoch is long. */
const leastEvaluations = 5;

/** A run of a specification with the plan's departures from its profile. */
export function headOf(
  spec: TrainingSpec,
  plan: SuitePlan,
  seed: number,
  { data, seconds }: { readonly data: BenchData; readonly seconds: number },
  trial: { readonly role: ResultRow["role"]; readonly peak: number | undefined },
): RowHead {
  const { profile, batchSize, carryState } = plan;
  const prepared = spec.prepare({ profile, data, batchSize, carryState });
  const { training } = prepared.recipe;
  const schedule = scheduleOf(prepared, spec, plan, data, trial.peak);
  // Factors on the learning rate of single parameters follow from the peak.
  const recipe = { ...prepared.recipe, training: { ...training, schedule } };
  const run: PreparedRun = { ...prepared, recipe };
  const updates = plan.updates ?? training.updates;
  const averaged = plan.averagedModels ?? training.averagedModels;
  const often = run.task.kind === "classification"
    ? run.updatesPerEpoch
    : Math.min(run.updatesPerEpoch, Math.ceil(updates / leastEvaluations));
  return {
    model: spec.model,
    role: trial.role,
    run,
    dataSeconds: seconds,
    settings: {
      seed,
      accumulation: training.accumulation,
      updates,
      schedule,
      ...(averaged === undefined ? {} : { averagedModels: averaged }),
      evaluateEvery: Math.min(often, updates),
      reportEvery: Math.max(1, Math.min(20, Math.ceil(updates / 30))),
      checkpointEvery: Math.max(1, Math.min(200, Math.ceil(updates / 6))),
    },
  };
}
