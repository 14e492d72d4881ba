/** Runs the training specifications of a suite and keeps the result file up to date after each. */
import { join } from "node:path";
import type { ProfileName } from "../src/data/profile_names.ts";
import type { BenchData } from "../src/data/registry.ts";
import type { Device } from "../src/device/device.ts";
import { DeviceLostError } from "../src/device/device.ts";
import { UserError } from "../src/errors.ts";
import { aggregateRows } from "../src/results/aggregate.ts";
import { collectEnvironment } from "../src/results/environment.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "../src/results/schema.ts";
import type { TrainingSettings } from "../src/models/training_settings.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { writeResult } from "../src/results/store.ts";
import { saveModel } from "../src/train/model_file.ts";
import { modelFileName, modelsFolder } from "../src/train/models_folder.ts";
import { type RunReport, TrainingRun } from "../src/train/run.ts";
import { Session } from "../src/train/session.ts";
import type { ScoreSpec } from "../src/train/workload.ts";
import { writeError } from "../src/util/atomic_write.ts";
import { canonicalHash } from "../src/util/canonical_hash.ts";
import { sessionOptions } from "../src/workloads/recipe.ts";
import { adapterRecord } from "./adapter_record.ts";
import { CompileAhead } from "./compile_ahead.ts";
import { loadTasks } from "./load_tasks.ts";
import { failedRow, outcomeRow, type RowHead } from "./row.ts";
import { rowLine } from "../src/results/display/row_line.ts";
import type { PreparedRun, TrainingSpec } from "./spec.ts";
import { bestTrial, trialPeak } from "./trials.ts";

/** Whose learning-rate schedule all models train with: to tell schedules and models apart. */
export interface ScheduleSource {
  readonly model: string;
  /** Its specification for a task. */
  readonly specOf: (task: string) => TrainingSpec;
}

/** What to run, in full: enough to continue an interrupted run. */
export interface SuitePlan {
  readonly suite: string;
  readonly profile: ProfileName;
  readonly specs: readonly TrainingSpec[];
  readonly seeds: readonly number[];
  /** Departures from the profile. */
  readonly batchSize: number | undefined;
  readonly updates: number | undefined;
  readonly scheduleOf: ScheduleSource | undefined;
  /**
   * Peak learning rates that every model tries first, with the first seed; the one with the best
   * validation score trains all seeds. None for the profile's own rates.
   */
  readonly learningRates: readonly number[];
  /** Train language models with state that is carried from batch to batch. */
  readonly carryState: boolean;
  /** Result file. */
  readonly output: string;
  /** Folder for checkpoints of unfinished runs. */
  readonly checkpoints: string;
  /** Continue from checkpoints where there are any. */
  readonly resuming: boolean;
  /** Result of the interrupted attempt; its completed rows are kept. */
  readonly earlier: Result | undefined;
  readonly dataDir: string | undefined;
  readonly cacheDir: string;
  /** Go on without tasks whose data is missing. */
  readonly leaveOut: boolean;
  /** Compile later runs while earlier ones run, which then say less about speed. */
  readonly compileAhead: boolean;
}

/** Callbacks of {@link runTrainingSuite}. */
export interface SuiteEvents {
  readonly message: (line: string) => void;
  readonly report: (
    run: RunIdentity,
    report: RunReport & { readonly total: number; readonly spec: ScoreSpec },
  ) => void;
  readonly signal: AbortSignal;
}

/** Which run is in progress. */
export interface RunIdentity {
  readonly task: string;
  readonly model: string;
  readonly seed: number;
}

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
    : { ...own, totalUpdates: updates };
  return peak === undefined ? total : { ...total, peak };
}

/** Evaluations of a whole suite are worth this many at least, where an epoch is long. */
const leastEvaluations = 5;

function headOf(
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
      evaluateEvery: Math.min(often, updates),
      reportEvery: Math.max(1, Math.min(20, Math.ceil(updates / 30))),
      checkpointEvery: Math.max(1, Math.min(200, Math.ceil(updates / 6))),
    },
  };
}

/** Identity of a run: all that its numbers depend on. */
function identityOf({ run, settings }: RowHead, device: Device): string {
  const { recipe, task, batchSize, sequenceLength } = run;
  const { config, training } = recipe;
  return canonicalHash({
    ...(recipe.kind === "language-model" ? { training: { ...recipe.batching.training } } : {}),
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
function runName({ run, model, role, settings }: RowHead): string {
  const trial = role === "trial" ? `-rate${settings.schedule.peak}` : "";
  return `${run.task.name}-${model}${trial}-seed${settings.seed}`;
}

/** Where the model of a run is kept; trials have files of their own. */
function modelPath({ run: { task }, model, role, settings }: RowHead, output: string): string {
  const rate = role === "trial" ? settings.schedule.peak : undefined;
  return join(modelsFolder(output), modelFileName(task.name, model, settings.seed, rate));
}

/** Writes the best parameters of a run, which the session holds at its end, beside the result. */
async function keepModel(session: Session, head: RowHead, { output }: SuitePlan): Promise<void> {
  const { run: { modelHead }, settings: { seed } } = head;
  if (modelHead === undefined) return;
  await Deno.mkdir(modelsFolder(output), { recursive: true });
  await saveModel(modelPath(head, output), modelHead(seed), await session.snapshot());
}

/** Makes the model of a trial that of a final run; false when it is gone and has to be trained anew. */
async function reuseModel(trial: RowHead, final: RowHead, { output }: SuitePlan): Promise<boolean> {
  if (trial.run.modelHead === undefined) return true;
  try {
    await Deno.copyFile(modelPath(trial, output), modelPath(final, output));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw writeError(error, modelPath(final, output));
  }
}

async function runOne(
  device: Device,
  head: RowHead,
  plan: SuitePlan,
  events: SuiteEvents,
): Promise<ResultRow> {
  const { run: { recipe, workload, task }, settings, model } = head;
  const identity: RunIdentity = { task: task.name, model, seed: settings.seed };
  const started = performance.now();
  let session: Session | undefined;
  try {
    session = device.allOrNothing(() => new Session(device, sessionOptions(recipe, settings.seed)));
    session.warmUp();
    await device.finish();
    const run = new TrainingRun(settings, {
      session,
      workload,
      folder: join(plan.checkpoints, runName(head)),
      identity: identityOf(head, device),
      resume: plan.resuming,
      compileSeconds: (performance.now() - started) / 1000,
      onReport: (report) =>
        events.report(identity, {
          ...report,
          total: settings.updates,
          spec: workload.scores[0],
        }),
      signal: events.signal,
    });
    const row = outcomeRow(head, session, await run.run());
    if (row.status !== "completed") return row;
    await keepModel(session, head, plan);
    return { ...row, sample: await workload.sample?.(session, settings.seed) ?? null };
  } catch (error) {
    if (error instanceof DeviceLostError || !(error instanceof UserError)) throw error;
    events.message(`${task.name} ${model} seed ${settings.seed} failed: ${error.message}`);
    return failedRow(head, error.message);
  } finally {
    session?.destroy();
  }
}

/** Says at which other commits the completed rows of an interrupted attempt were measured. */
function commitsOf({ environment, rows, warnings }: Result, present: string | null): string[] {
  const before = warnings.filter((line) => /^\d+ rows were measured at commit /.test(line));
  const { commit } = environment.git;
  if (commit === present || rows.length === 0) return before;
  return [
    ...before,
    `${rows.length} rows were measured at commit ${commit ?? "unknown"} or before`,
  ];
}

/** Runs everything that is not done yet; the result file is complete after every row. */
export async function runTrainingSuite(
  device: Device,
  plan: SuitePlan,
  events: SuiteEvents,
): Promise<Result> {
  const { environment, warnings } = await collectEnvironment(adapterRecord(device));
  const kept = (plan.earlier?.rows ?? []).filter((row) => row.status === "completed");
  const rows: ResultRow[] = [...kept];
  if (plan.earlier) warnings.push(...commitsOf(plan.earlier, environment.git.commit));
  const overrides: Record<string, number | string> = {};
  if (plan.batchSize !== undefined) overrides.batchSize = plan.batchSize;
  if (plan.updates !== undefined) overrides.updates = plan.updates;
  if (plan.scheduleOf !== undefined) overrides.scheduleOf = plan.scheduleOf.model;
  if (plan.carryState) overrides.carryState = "yes";
  if (plan.learningRates.length > 0) overrides.learningRates = plan.learningRates.join();
  const startedAt = plan.earlier?.startedAt ?? new Date().toISOString();
  const result = (finished: boolean): Result => ({
    schema: resultSchemaId,
    version: resultSchemaVersion,
    startedAt,
    finishedAt: finished ? new Date().toISOString() : null,
    suite: plan.suite,
    profile: plan.profile,
    overrides,
    environment,
    rows,
    aggregate: aggregateRows(rows),
    kernels: [],
    warnings,
  });
  const done = (spec: TrainingSpec, seed: number, role: ResultRow["role"], peak?: number) =>
    rows.find((row) =>
      row.task.name === spec.task && row.model.name === spec.model && row.seed === seed &&
      row.role === role && (peak === undefined || trialPeak(row) === peak)
    );
  const [first] = plan.seeds;
  const wanted = [
    ...plan.specs.flatMap((spec) =>
      plan.learningRates.map((peak) => ({ spec, seed: first, role: "trial", peak }) as const)
    ),
    ...plan.seeds.flatMap((seed) =>
      plan.specs.map((spec) => ({ spec, seed, role: "final", peak: undefined }) as const)
    ),
  ].filter(({ spec, seed, role, peak }) => done(spec, seed, role, peak) === undefined);
  const loaded = await loadTasks(wanted.map(({ spec }) => spec.task), {
    profile: plan.profile,
    cacheDir: plan.cacheDir,
    dataDir: plan.dataDir,
    print: events.message,
    leaveOut: plan.leaveOut,
  });
  warnings.push(...loaded.missing);
  await writeResult(plan.output, result(false));
  const runs = wanted.flatMap((one) => {
    const source = loaded.tasks.get(one.spec.task);
    return source === undefined ? [] : [{ ...one, source }];
  });
  const total = kept.length + runs.length;
  using ahead = plan.compileAhead
    ? new CompileAhead(
      runs.map(({ spec, seed, source, ...trial }) =>
        headOf(spec, plan, seed, source, trial).run.recipe
      ),
      (reason) => events.message(`nothing is compiled ahead: ${reason}`),
    )
    : undefined;
  for (const [i, { spec, seed, source, role, peak }] of runs.entries()) {
    ahead?.start(i);
    const trials = rows.filter((row) =>
      row.role === "trial" && row.task.name === spec.task && row.model.name === spec.model
    );
    const chosen = role === "final" && trials.length > 0 ? bestTrial(trials) : undefined;
    if (role === "final" && trials.length > 0 && chosen === undefined) {
      events.message(
        `${spec.task} ${spec.model}: no learning rate gave a score; training with the profile's`,
      );
    }
    const headFor = (role: ResultRow["role"]) =>
      headOf(spec, plan, seed, source, {
        role,
        peak: chosen === undefined ? peak : trialPeak(chosen),
      });
    const head = headFor(role);
    const reuses = chosen?.seed === seed && await reuseModel(headFor("trial"), head, plan);
    const run = reuses ? { ...chosen, role } : await runOne(device, head, plan, events);
    const notes = [
      ...reuses ? [reused] : [],
      ...trials.length > 0 && role === "final" && chosen === undefined ? [noChoice] : [],
    ];
    const row = { ...run, warnings: [...run.warnings, ...notes] };
    rows.push(row);
    await writeResult(plan.output, result(false));
    if (row.status === "interrupted") return result(false);
    events.message(`${rows.length}/${total} ${rowLine(row)}`);
  }
  const final = result(true);
  await writeResult(plan.output, final);
  return final;
}

const reused = "this is the trial with the chosen learning rate: the same run, not repeated";
const noChoice = "no trial has a score on validation: trained with the profile's learning rate";
