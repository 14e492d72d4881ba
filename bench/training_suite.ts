/** Runs the training specifications of a suite and keeps the result file up to date after each. */
import { join } from "node:path";
import type { Device } from "../src/device/device.ts";
import { DeviceLostError } from "../src/device/device.ts";
import { UserError } from "../src/errors.ts";
import { aggregateRows } from "../src/results/aggregate.ts";
import { rowLine } from "../src/results/display/row_line.ts";
import { collectEnvironment } from "../src/results/environment.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "../src/results/schema.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { writeResult } from "../src/results/store.ts";
import { TrainingRun } from "../src/train/run.ts";
import { Session } from "../src/train/session.ts";
import { sessionOptions } from "../src/workloads/recipe.ts";
import { adapterRecord } from "./adapter_record.ts";
import { CompileAhead } from "./compile_ahead.ts";
import { keepModel, reuseModel } from "./kept_models.ts";
import { keepTranslations } from "./kept_translations.ts";
import { loadTasks } from "./load_tasks.ts";
import { failedRow, outcomeRow, type RowHead } from "./row.ts";
import { headOf, identityOf, runName } from "./run_head.ts";
import type { TrainingSpec } from "./spec.ts";
import type { RunIdentity, SuiteEvents, SuitePlan } from "./suite_plan.ts";
import { bestTrial, trialPeak } from "./trials.ts";

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
    const outcome = await run.run();
    const row = outcomeRow(head, session, outcome);
    if (row.status !== "completed") return row;
    const kept = await keepModel(session, head, plan, events);
    const sample = await workload.sample?.(session, settings.seed, outcome.decoded) ?? null;
    const { records, warnings } = await keepTranslations(outcome.decoded, head, plan, events);
    return {
      ...row,
      sample,
      ...(records.length > 0 ? { translations: records } : {}),
      warnings: [...row.warnings, ...kept, ...warnings],
    };
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
  if (plan.direction !== undefined) overrides.direction = plan.direction;
  if (plan.averagedModels !== undefined) overrides.averagedModels = plan.averagedModels;
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
    direction: plan.direction,
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
  const described = new Set<string>();
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
    const { batches } = head.run;
    if (batches !== undefined && !described.has(spec.task)) {
      described.add(spec.task);
      events.message(`${spec.task}: ${batches()}`);
    }
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
