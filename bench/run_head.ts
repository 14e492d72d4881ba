/** The runs of a plan: their settings, and what identifies them. */
import type { BenchData } from "../src/data/registry.ts";
import type { Device } from "../src/device/device.ts";
import { type TrainingSettings, withTotalUpdates } from "../src/models/training_settings.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { canonicalHash } from "../src/util/canonical_hash.ts";
import { checkBatchMemory } from "../src/workloads/batch_memory.ts";
import type { TranslationRecipe } from "../src/workloads/recipe.ts";
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
  const { profile, updates, scheduleOf, carryState } = plan;
  const own = scheduleOf === undefined
    ? training.schedule
    : scheduleOf.specOf(task).prepare({ profile, data, batchSize: undefined, carryState }).recipe
      .training
      .schedule;
  const total = updates === undefined || updates === training.updates
    ? own
    : withTotalUpdates(own, updates);
  return peak === undefined ? total : { ...total, peak };
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
  checkBatchMemory({ rows: prepared.batchSize, length: prepared.sequenceLength });
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

/** What the numbers of a translation run depend on beside its settings. */
function translationIdentity({ labelSmoothing, batching, shapes }: TranslationRecipe) {
  const { validation, final, limits, ...cutting } = batching;
  return {
    labelSmoothing,
    batching: { ...cutting, validation: { ...validation }, final: { ...final } },
    limits: { valid: limits.valid ?? null, test: limits.test ?? null },
    shapes: shapes.map((shape) => ({ ...shape })),
  };
}

/** Identity of a run: all that its numbers depend on. */
export function identityOf({ run, settings }: RowHead, device: Device): string {
  const { recipe, task, batchSize, sequenceLength } = run;
  const { config, training } = recipe;
  return canonicalHash({
    ...(recipe.kind === "language-model" ? { training: { ...recipe.batching.training } } : {}),
    ...(recipe.kind === "translation" ? translationIdentity(recipe) : {}),
    config: { ...config },
    optimizer: { ...training.optimizer },
    settings: {
      ...settings,
      batchSize: batchSize / settings.accumulation,
      sequenceLength,
      schedule: { ...settings.schedule },
    },
    data: Object.fromEntries(
      Object.entries(task.splits).map(([split, { sha256 }]) => [split, sha256]),
    ),
    adapter: { ...device.adapterInfo, variants: device.adapterClass },
  });
}

/** Folder of a run's checkpoints. */
export function runName({ run, model, role, settings }: RowHead): string {
  const trial = role === "trial" ? `-rate${settings.schedule.peak}` : "";
  return `${run.task.name}-${model}${trial}-seed${settings.seed}`;
}
