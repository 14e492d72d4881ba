/** Runs what a cell says, or takes what it holds already. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Cell } from "../src/cells/cell.ts";
import type { CellRow } from "../src/cells/cell_files.ts";
import type { Device } from "../src/device/device.ts";
import { collectEnvironment } from "../src/results/environment.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { type RunReport, TrainingRun } from "../src/train/run.ts";
import { Session } from "../src/train/session.ts";
import { FolderLock, LockedError } from "../src/util/folder_lock.ts";
import { removeLeftOvers } from "../src/util/left_overs.ts";
import { sessionOptions } from "../src/workloads/recipe.ts";
import { adapterRecord } from "./adapter_record.ts";
import { CellWatch } from "./cell_watch.ts";
import { keepModel } from "./kept_models.ts";
import { keepTranslations } from "./kept_translations.ts";
import { runOverrides } from "./overrides.ts";
import { outcomeRow, type RowHead } from "./row.ts";
import type { SuiteEvents, SuitePlan } from "./suite_plan.ts";

/** Milliseconds between two looks at a cell that another process is at work on. */
const patience = 2000;

async function train(
  device: Device,
  head: RowHead,
  cell: Cell,
  lock: FolderLock,
  events: SuiteEvents,
): Promise<ResultRow> {
  const { run: { recipe, workload, task }, settings, model } = head;
  await using watch = new CellWatch(cell, workload.scores[0], settings.updates);
  const started = performance.now();
  let session: Session | undefined;
  try {
    session = device.allOrNothing(() => new Session(device, sessionOptions(recipe, settings.seed)));
    session.warmUp();
    await device.finish();
    const run = new TrainingRun(settings, {
      session,
      workload,
      folder: cell.folder,
      identity: cell.id,
      resume: true,
      compileSeconds: (performance.now() - started) / 1000,
      onReport: (report: RunReport) => {
        watch.report(report);
        events.report({ task: task.name, model, seed: settings.seed }, {
          ...report,
          total: settings.updates,
          spec: workload.scores[0],
        });
      },
      mayWrite: () => lock.check(),
      onCheckpoint: (progress) => watch.checkpoint(progress),
      signal: events.signal,
    });
    const outcome = await run.run();
    await watch.finish();
    const row = outcomeRow(head, session, outcome);
    if (row.status !== "completed") return row;
    await keepModel(session, head, cell);
    const sample = await workload.sample?.(session, settings.seed, outcome.decoded) ?? null;
    const translations = await keepTranslations(outcome.decoded, head, cell);
    return { ...row, sample, ...(translations.length > 0 ? { translations } : {}) };
  } finally {
    session?.destroy();
  }
}

/** Waits until something may have changed. @returns False when there is no time left. */
async function wait({ signal }: SuiteEvents): Promise<boolean> {
  await sleep(patience, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

/** The lock of a cell; undefined when it was finished, or all was interrupted, while waiting. */
async function lockOf(cell: Cell, plan: SuitePlan, events: SuiteEvents) {
  for (let said = false;;) {
    try {
      return await cell.lock(events.message, events.signal);
    } catch (error) {
      if (events.signal.aborted) return undefined;
      if (!(error instanceof LockedError) || plan.whenLocked === "fail") throw error;
      if (!said) events.message(`${error.message}; waiting for it`);
      said = true;
      if (!await wait(events) || await cell.row() !== undefined) return undefined;
    }
  }
}

/** Makes room for a run that begins anew. @throws {LockedError} when another process is at work on it. */
async function setAside(cell: Cell, { message, signal }: SuiteEvents): Promise<void> {
  await using _lock = await FolderLock.acquire(cell.folder, { report: message, signal });
  message(`the damaged run is in ${await cell.setAside()} now`);
}

/** A start that fails leaves nothing behind; of what goes wrong here, the error that ended it counts. */
async function dropUnused(cell: Cell, lock: FolderLock): Promise<void> {
  try {
    await lock.check();
    await cell.dropUnused();
  } catch {
    return;
  }
}

/** What a cell holds. */
export interface CellOutcome {
  readonly done: CellRow;
  /** Whether it was complete before. */
  readonly known: boolean;
}

/**
 * What a run measured: what its cell holds, or what it gives now, which the cell then holds.
 *
 * @returns Undefined when it was interrupted; what there is of it is kept.
 * @throws {UserError} for whatever the environment did (files, disk, device): no checkpoint of the
 * cell is touched, and the same call continues from the last one.
 */
export async function runCell(
  device: Device,
  head: RowHead,
  cell: Cell,
  plan: SuitePlan,
  events: SuiteEvents,
): Promise<CellOutcome | undefined> {
  await events.onCell?.(cell);
  if (plan.startOver === cell.id) await setAside(cell, events);
  const earlier = await cell.row();
  if (earlier !== undefined) return { done: earlier, known: true };
  await using lock = await lockOf(cell, plan, events);
  const meanwhile = await cell.row();
  if (meanwhile !== undefined) return { done: meanwhile, known: true };
  if (lock === undefined) return undefined;
  try {
    await removeLeftOvers(cell.folder, true);
    const continues = await cell.hasCheckpoint();
    await cell.begin(plan.commit, continues ? "continued" : "started");
    const row = await train(device, head, cell, lock, events);
    await lock.check();
    if (row.status === "interrupted") {
      await cell.note(row.reason ?? "interrupted", plan.commit);
      return undefined;
    }
    const { environment, warnings } = await collectEnvironment(adapterRecord(device));
    const log = await cell.log();
    const mixed = cell.identity.code === plan.presentCode ? [] : [otherCode];
    const done: CellRow = {
      row: { ...row, warnings: [...row.warnings, ...mixed] },
      environment,
      warnings,
      startedAt: log[0].at,
      finishedAt: new Date().toISOString(),
      commits: log.map(({ commit }) => commit).filter((commit, i, all) => commit !== all[i - 1]),
      overrides: runOverrides(
        plan,
        plan.learningRates.length > 0 ? head.settings.schedule.peak : plan.learningRate,
      ),
    };
    await cell.complete(done);
    return { done, known: false };
  } catch (error) {
    await dropUnused(cell, lock);
    throw error;
  }
}

const otherCode = "the run was begun with other sources and continued with these";
