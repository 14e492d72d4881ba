/** Runs the training specifications of a suite and keeps the result file up to date after each. */
import { join } from "node:path";
import type { TaskData } from "../src/data/dataset.ts";
import type { Batch } from "../src/data/batches.ts";
import type { Device } from "../src/device/device.ts";
import { DeviceLostError } from "../src/device/device.ts";
import { UserError } from "../src/errors.ts";
import type { Preset } from "../src/models/lra_presets.ts";
import type { ProfileName } from "../src/models/profiles.ts";
import { classifierParameters } from "../src/models/sequence_classifier.ts";
import { aggregateRows } from "../src/results/aggregate.ts";
import { collectEnvironment } from "../src/results/environment.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "../src/results/schema.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { writeResult } from "../src/results/store.ts";
import type { BatchFeeds, Trainer } from "../src/train/trainer.ts";
import { type RunReport, type RunSettings, TrainingRun } from "../src/train/run.ts";
import { canonicalHash } from "../src/util/canonical_hash.ts";
import { adapterRecord } from "./adapter_record.ts";
import { buildTrainer } from "./classifier_trainer.ts";
import { CompileAhead } from "./compile_ahead.ts";
import { loadTasks } from "./load_tasks.ts";
import { failedRow, outcomeRow, type RowHead, rowLine } from "./row.ts";
import type { TrainingSpec } from "./spec.ts";

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
  readonly report: (run: RunIdentity, report: RunReport & { readonly total: number }) => void;
  readonly signal: AbortSignal;
}

/** Which run is in progress. */
export interface RunIdentity {
  readonly task: string;
  readonly model: string;
  readonly seed: number;
}

/** Values of the classifier's inputs for a batch. */
export function classifierFeeds(batch: Batch): BatchFeeds {
  const { labels, weights, lengths } = batch;
  const feeds = new Map<string, Float32Array | Int32Array>([
    ["labels", labels],
    ["weights", weights],
    ["lengths", lengths],
    ["sequence", batch.kind === "tokens" ? batch.tokens : batch.values],
  ]);
  if (batch.kind === "tokens" && batch.second) {
    feeds.set("second.sequence", batch.second.tokens);
    feeds.set("second.lengths", batch.second.lengths);
  }
  return feeds;
}

function presetOf(spec: TrainingSpec, { profile, scheduleOf }: SuitePlan, data: TaskData): Preset {
  const own = spec.preset(profile, data);
  if (scheduleOf === undefined) return own;
  const { schedule } = scheduleOf.specOf(spec.task).preset(profile, data).training;
  return { ...own, training: { ...own.training, schedule } };
}

function settingsOf(preset: Preset, plan: SuitePlan, seed: number, data: TaskData): RunSettings {
  const { training } = preset;
  const batchSize = plan.batchSize ?? training.batch;
  const updates = plan.updates ?? training.updates;
  const perEpoch = Math.ceil(data.splits.train.length / (batchSize * training.accumulation));
  return {
    seed,
    batchSize,
    accumulation: training.accumulation,
    sequenceLength: data.maxLength,
    updates,
    schedule: updates === training.updates
      ? training.schedule
      : { ...training.schedule, totalUpdates: updates },
    evaluateEvery: Math.min(perEpoch, updates),
    reportEvery: Math.max(1, Math.min(20, Math.ceil(updates / 30))),
    checkpointEvery: Math.max(1, Math.min(200, Math.ceil(updates / 6))),
  };
}

/** Identity of a run: all that its numbers depend on. */
function identityOf(head: RowHead, device: Device): string {
  const { preset, data, settings } = head;
  return canonicalHash({
    config: { ...preset.config },
    optimizer: { ...preset.training.optimizer },
    settings: { ...settings, schedule: { ...settings.schedule } },
    data: { ...data.hash },
    adapter: { ...device.adapterInfo, variants: device.adapterClass },
  });
}

async function runOne(
  device: Device,
  head: RowHead,
  plan: SuitePlan,
  events: SuiteEvents,
): Promise<ResultRow> {
  const { preset, data, settings, model } = head;
  const identity: RunIdentity = { task: data.id, model, seed: settings.seed };
  const started = performance.now();
  let trainer: Trainer | undefined;
  try {
    trainer = device.allOrNothing(() => buildTrainer(device, head));
    trainer.warmUp();
    await device.finish();
    const run = new TrainingRun(settings, {
      trainer,
      data,
      feeds: classifierFeeds,
      folder: join(plan.checkpoints, `${data.id}-${model}-seed${settings.seed}`),
      identity: identityOf(head, device),
      resume: plan.resuming,
      compileSeconds: (performance.now() - started) / 1000,
      onReport: (report) => events.report(identity, { ...report, total: settings.updates }),
      signal: events.signal,
    });
    return outcomeRow(head, trainer, await run.run());
  } catch (error) {
    if (error instanceof DeviceLostError || !(error instanceof UserError)) throw error;
    const { count } = classifierParameters(preset.config);
    events.message(`${data.id} ${model} seed ${settings.seed} failed: ${error.message}`);
    return failedRow(head, count, error.message);
  } finally {
    trainer?.destroy();
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
  await writeResult(plan.output, result(false));
  const isDone = (spec: TrainingSpec, seed: number) =>
    kept.some((row) =>
      row.task.name === spec.task && row.model.name === spec.model && row.seed === seed
    );
  const pending = plan.seeds.flatMap((seed) =>
    plan.specs.filter((spec) => !isDone(spec, seed)).map((spec) => ({ spec, seed }))
  );
  const loaded = await loadTasks(pending.map(({ spec }) => spec.task), {
    profile: plan.profile,
    cacheDir: plan.cacheDir,
    dataDir: plan.dataDir,
    print: events.message,
    leaveOut: plan.leaveOut,
  });
  warnings.push(...loaded.missing);
  const runs = pending.flatMap(({ spec, seed }) => {
    const source = loaded.tasks.get(spec.task);
    if (source === undefined) return [];
    const { data, seconds } = source;
    const preset = presetOf(spec, plan, data);
    const settings = settingsOf(preset, plan, seed, data);
    return [{ model: spec.model, preset, data, settings, dataSeconds: seconds }];
  });
  const total = kept.length + runs.length;
  using ahead = plan.compileAhead
    ? new CompileAhead(runs, (reason) => events.message(`nothing is compiled ahead: ${reason}`))
    : undefined;
  for (const [i, head] of runs.entries()) {
    ahead?.start(i);
    const row = await runOne(device, head, plan, events);
    rows.push(row);
    await writeResult(plan.output, result(false));
    if (row.status === "interrupted") return result(false);
    events.message(`${rows.length}/${total} ${rowLine(row)}`);
  }
  const final = result(true);
  await writeResult(plan.output, final);
  return final;
}
