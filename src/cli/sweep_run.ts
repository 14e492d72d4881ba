/** Runs, watches and concludes sweeps. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { concludeSweep } from "../sweep/conclude.ts";
import { Controller } from "../sweep/controller.ts";
import { SweepDisplay, terminalSize } from "../sweep/display.ts";
import { type Executor, jobCommand, type JobRun, logPath } from "../sweep/executor.ts";
import { jobArguments } from "../sweep/expand.ts";
import type { SweepJob, SweepPlan, SweepRecord } from "../sweep/plan.ts";
import { begunJobs, jobFolder, latestSweep, openSweep, readSweep } from "../sweep/sweep_folder.ts";
import { headline, jobName, sweepTable } from "../sweep/table.ts";
import { hasRow, type JobView } from "../sweep/views.ts";
import { SweepReader } from "../sweep/watch.ts";
import { withUnnamedFolder } from "./unnamed_folder.ts";
import { cleanLine } from "../util/clean_text.ts";
import { FolderLock, LockedError } from "../util/folder_lock.ts";
import { hostName } from "../util/host_name.ts";
import { inspectTerminal } from "../util/terminal.ts";
import { printResult } from "./bench_train.ts";
import { PROJECT_ROOT, RESULTS_FOLDER } from "./paths.ts";

/** Folder of all sweeps. */
export const SWEEPS_FOLDER = join(RESULTS_FOLDER, "sweeps");

/** What an executor works with besides its own options. */
export interface ExecutorContext {
  /** Folder of the sweep. */
  readonly folder: string;
  /** Asks for the end. */
  readonly signal: AbortSignal;
  /** Shows a line. */
  readonly report: (line: string) => void;
}

/** What a sweep runs with; nothing of it decides about numbers. */
export interface RunOptions {
  readonly name: string;
  readonly plan: SweepPlan;
  readonly executor: (context: ExecutorContext) => Executor;
  /** Jobs that run at a time, for the estimate of the time left; `null` where a cluster decides. */
  readonly processes: number | null;
  readonly retries: number;
  /** Environment of the jobs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Result file. */
  readonly output: string;
  readonly overwrite: boolean;
  /** The command line that continues the sweep. */
  readonly command: string;
}

/** Says how an attempt at a job is run. */
export function jobRunner(
  sweep: string,
  plan: SweepPlan,
  environment: Readonly<Record<string, string>>,
): (job: SweepJob, attempt: number) => JobRun {
  const place = { deno: Deno.execPath(), root: PROJECT_ROOT };
  return (job, attempt) => {
    const folder = jobFolder(sweep, job.index);
    const argv = jobCommand(place, folder, jobArguments(plan, job));
    return { index: job.index, attempt, folder, log: logPath(folder, attempt), argv, environment };
  };
}

/** Requests to end; unlike other commands a sweep ends in seconds, so a second one adds nothing. */
class EndRequest implements Disposable {
  readonly #controller = new AbortController();
  readonly #stops: (() => void)[] = [];
  /** Exit code for the first request: 128 and the number of the signal. */
  code = 130;

  constructor() {
    this.#listen("SIGINT", 130);
    if (Deno.build.os === "windows") return;
    this.#listen("SIGTERM", 143);
    this.#listen("SIGHUP", 129);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #listen(signal: Deno.Signal, code: number): void {
    const listener = () => {
      if (!this.signal.aborted) this.code = code;
      this.#controller.abort();
    };
    Deno.addSignalListener(signal, listener);
    this.#stops.push(() => Deno.removeSignalListener(signal, listener));
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
  }
}

/** So many failed jobs are named at the end. */
const mostFailures = 10;

/** Removes the folder of a sweep that never came to be. */
async function dropUnused(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^lock-\d+\.json$/.test(name)) return;
  }
  await Deno.remove(folder, { recursive: true });
}

/**
 * Starts or continues a sweep, runs it to its end and writes its result.
 *
 * @returns The exit code.
 * @throws {UserError} for what the environment did; what is done is kept.
 */
export async function runSweep(options: RunOptions): Promise<number> {
  const { name, plan, processes } = options;
  using end = new EndRequest();
  const folder = join(SWEEPS_FOLDER, name);
  const display = new SweepDisplay({ name, plan, processes });
  const report = (line: string) => display.message(line);
  let lock: FolderLock;
  try {
    lock = await FolderLock.acquire(folder, { report, signal: end.signal });
  } catch (error) {
    if (end.signal.aborted && error === end.signal.reason) return end.code;
    if (!(error instanceof LockedError)) throw error;
    throw withAdvice(error, `\`deno task sweep --watch ${name}\` shows it`);
  }
  await using held = lock;
  const record = await open(folder, options);
  display.message(`${record.jobs.length} jobs in ${folder}`);
  const controller = new Controller({
    jobs: record.jobs,
    executor: options.executor({ folder, signal: end.signal, report }),
    retries: options.retries,
    folderOf: ({ index }) => jobFolder(folder, index),
    runOf: jobRunner(folder, record.plan, options.environment),
    signal: end.signal,
    onViews: (views) => display.update(views),
    check: () => held.check(),
    begun: await begunJobs(folder),
  });
  const views = await controller.run().catch((error: unknown) => {
    throw withAdvice(error, `\`${options.command}\` continues`);
  });
  if (!views.every(hasRow)) {
    const why = end.signal.aborted ? "interrupted" : "not all jobs ended well";
    return tellUnfinished(views, why, folder, options, end.signal.aborted ? end.code : 1);
  }
  return await conclude(folder, record, options);
}

async function open(folder: string, { name, plan }: RunOptions): Promise<SweepRecord> {
  try {
    return await openSweep(folder, name, plan);
  } catch (error) {
    await dropUnused(folder);
    throw error;
  }
}

/** Adds to an error that the user can mend how to go on then. */
function withAdvice(error: unknown, advice: string): unknown {
  if (!(error instanceof UserError)) return error;
  return new UserError(`${error.message}; ${advice}`, { cause: error });
}

function tellUnfinished(
  views: readonly JobView[],
  why: string,
  folder: string,
  options: RunOptions,
  code: number,
): number {
  console.error(headline(views, options));
  for (const view of views.filter(({ phase }) => phase === "failed").slice(0, mostFailures)) {
    console.error(cleanLine(`${jobName(view)} failed: ${view.reason}`));
    console.error(`  logs: ${jobFolder(folder, view.job.index)}`);
  }
  console.error(`${why}; \`${options.command}\` continues`);
  return code;
}

async function conclude(
  folder: string,
  record: SweepRecord,
  { output, overwrite, command }: RunOptions,
): Promise<number> {
  try {
    const { result, choices } = await concludeSweep(folder, record, output, overwrite);
    printResult(result);
    if (choices.length > 0) console.log(`\n${choices.join("\n")}`);
    console.log(`\nwrote ${output}`);
    for (const line of result.warnings) {
      if (!choices.includes(line)) console.error(`warning: ${line}`);
    }
    return 0;
  } catch (error) {
    throw withAdvice(error, `the runs are kept: \`${command}\` then makes the result of them`);
  }
}

/**
 * Shows a sweep that another process runs: again and again on a terminal, until it ends; once
 * elsewhere. Reads only.
 *
 * @param which Its name, or `true` for the one that was worked on last.
 * @throws {UserError} when there is none, or its file is damaged.
 */
export async function watchSweep(which: string | true): Promise<void> {
  const name = which === true ? await latestSweep(SWEEPS_FOLDER) : which;
  const folder = join(SWEEPS_FOLDER, name);
  const record = await readSweep(folder);
  if (record === undefined) throw new UserError(`${folder}: no sweep: give the name of one`);
  const reader = new SweepReader(folder, record, await hostName());
  const about = { name, plan: record.plan, processes: null };
  let isActive = await reader.isActive();
  let views = await withUnnamedFolder(name, () => reader.views(isActive));
  if (inspectTerminal(Deno.stderr).isTerminal) {
    const display = new SweepDisplay(about);
    display.update(views);
    while (isActive) {
      await sleep(1000);
      isActive = await reader.isActive();
      views = await reader.views(isActive);
      display.update(views);
    }
  } else {
    const size = { width: terminalSize().width, height: Infinity, colour: false };
    console.log(sweepTable(views, { ...about, ...size }));
  }
  if (!isActive) console.log(`sweep ${name}: no process works on it`);
}
