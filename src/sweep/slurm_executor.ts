/** Runs jobs on a Slurm cluster, as tasks of job arrays. */
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { cancelSeconds, type Executor, type JobRun, type JobStatus } from "./executor.ts";
import { shellLine } from "../util/shell_word.ts";
import {
  arrayNames,
  type Attempt,
  collectOutput,
  entryOf,
  forgottenStatus,
  isOpen,
} from "./slurm_attempts.ts";
import { SlurmAway, SlurmClient } from "./slurm_client.ts";
import type { SlurmOptions } from "./slurm_options.ts";
import { Patience, type PatienceOptions } from "./slurm_patience.ts";
import type { RunSlurm } from "./slurm_programs.ts";
import {
  arrayFolder,
  type ArrayRecord,
  type KnownArray,
  nextArray,
  readArrays,
  scriptPath,
  writeArray,
} from "./slurm_record.ts";
import { arrayScript, sbatchArguments } from "./slurm_script.ts";
import { statusOf, type TaskEntries } from "./slurm_states.ts";

/** Settings of a {@link SlurmExecutor}. */
export interface SlurmExecutorOptions extends PatienceOptions {
  /** Folder of the sweep, absolute and on a file system that the cluster's nodes share. */
  readonly folder: string;
  readonly ask: SlurmOptions;
  readonly run: RunSlurm;
  /** Whether `cancel` leaves the jobs to Slurm; the next controller adopts them. */
  readonly keepJobs?: boolean;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Milliseconds between two questions to Slurm; the answer is kept in between. */
  readonly interval?: number;
}

/** Tasks of one array: much larger scripts are refused by Slurm. */
const MOST_TASKS = 1000;
/** Where Slurm cannot be asked for its limit, its default is described. */
const DEFAULT_TASKS = 1001;
const POLL_MS = 5000;
/** Time after a submission in which jobs start where the cluster has room, milliseconds. */
const START_MS = 1000;
const CANCEL_POLL_MS = 250;
/** Part of the time for `cancel` that a submission may take. */
const SUBMIT_MS = 1500;

/** See the module comment. Which jobs were handed over is on disk before Slurm hears of them. */
export class SlurmExecutor implements Executor {
  readonly name = "slurm";
  readonly capacity = Infinity;
  readonly #options: SlurmExecutorOptions;
  readonly #client: SlurmClient;
  readonly #patience: Patience;
  readonly #now: () => number;
  readonly #attempts = new Map<number, Attempt>();
  #submitting: Promise<void> = Promise.resolve();
  #nextPoll = -Infinity;
  #maxTasks: number | undefined;

  constructor(options: SlurmExecutorOptions) {
    this.#options = options;
    this.#client = new SlurmClient(options.run);
    this.#patience = new Patience(options);
    this.#now = options.now ?? (() => performance.now());
  }

  /** @throws {UserError} when the record of an array is damaged. */
  async adopt(): Promise<readonly JobRun[]> {
    const arrays: KnownArray[] = [];
    for (const array of await readArrays(this.#options.folder)) {
      const found = array.record.id === null ? await this.#findLost(array) : array;
      if (found !== undefined) arrays.push(found);
    }
    for (const array of arrays) this.#follow(array);
    if (this.#attempts.size > 0) await this.#patience.ask(() => this.#ask());
    const running = [...this.#attempts.values()].filter(isOpen);
    this.#attempts.clear();
    for (const attempt of running) this.#attempts.set(attempt.run.index, attempt);
    return running.map(({ run }) => run);
  }

  /** @throws {UserError} when Slurm refuses the jobs. */
  async submit(runs: readonly JobRun[]): Promise<void> {
    this.#submitting = this.#submitAll(runs);
    await this.#submitting;
  }

  async poll(): Promise<ReadonlyMap<number, JobStatus>> {
    const { signal, interval = POLL_MS } = this.#options;
    const open = [...this.#attempts.values()].some(isOpen);
    if (open && this.#now() >= this.#nextPoll && !signal.aborted) {
      try {
        await this.#ask();
        this.#patience.answered();
        this.#nextPoll = this.#now() + interval;
      } catch (error) {
        this.#nextPoll = this.#now() + Math.max(interval, this.#patience.failed(error));
      }
    }
    return this.#statuses();
  }

  /** @throws {UserError} when Slurm does not take the order; the message names the jobs. */
  async cancel(): Promise<void> {
    const { keepJobs, report } = this.#options;
    const deadline = performance.now() + 1000 * cancelSeconds - 300;
    await this.#untilSubmitted();
    const arrays = this.#openArrays();
    if (arrays.length === 0) return;
    if (keepJobs) {
      report(`Slurm goes on with ${describeArrays(arrays)}; the same command follows them again`);
      return;
    }
    const signal = AbortSignal.timeout(Math.max(0, deadline - performance.now()));
    try {
      for (const { record } of arrays) await this.#cancelArray(record.name, signal);
      do {
        await this.#ask(signal);
        if (this.#openArrays().every(({ record }) => record.id === null)) return;
        await sleep(CANCEL_POLL_MS, undefined, { signal });
      } while (!signal.aborted);
    } catch (error) {
      // Slurm has the order, and ends what is left after its own time of grace.
      if (!signal.aborted && !(error instanceof SlurmAway)) throw error;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async describe(runs: readonly JobRun[]): Promise<string> {
    const { size, doubt } = await this.#client.maxArraySize().then(
      (size) => ({ size, doubt: [] }),
      (error: Error) => ({
        size: DEFAULT_TASKS,
        doubt: [`# Slurm's limits are unknown here (${error.message}); its defaults are assumed`],
      }),
    );
    const first = await nextArray(this.#options.folder);
    const arrays = chunks(runs, Math.min(size, MOST_TASKS)).map((part, i) => {
      const folder = arrayFolder(this.#options.folder, first + i);
      const script = scriptPath(folder);
      const name = `${this.#prefix()}-…`;
      const args = sbatchArguments({ name, folder, runs: part }, this.#options.ask, script);
      return `# sbatch ${shellLine(args)}\n${arrayScript(part)}`;
    });
    return [...doubt, ...arrays].join("\n");
  }

  async #submitAll(runs: readonly JobRun[]): Promise<void> {
    const { signal, ask } = this.#options;
    this.#maxTasks ??= await this.#patience.ask(() => this.#client.maxArraySize());
    if (this.#maxTasks === undefined) return;
    // The limit of an array holds for all: the next one starts when it has ended.
    let after: number | undefined;
    for (const part of chunks(runs, Math.min(this.#maxTasks, MOST_TASKS))) {
      if (signal.aborted) return;
      after = await this.#submitArray(part, after);
      if (ask.processes === undefined) after = undefined;
    }
  }

  async #submitArray(
    runs: readonly JobRun[],
    after: number | undefined,
  ): Promise<number | undefined> {
    const folder = arrayFolder(this.#options.folder, await nextArray(this.#options.folder));
    const name = `${this.#prefix()}-${crypto.randomUUID().slice(0, 8)}`;
    const script = scriptPath(folder);
    const args = sbatchArguments({ name, folder, after, runs }, this.#options.ask, script);
    await writeFileAtomic(script, arrayScript(runs));
    const record = { name, id: null, at: new Date().toISOString(), runs: runs.map(toRecord) };
    const array = { folder, record };
    await writeArray(array);
    this.#follow(array);
    let tried = false;
    const id = await this.#patience.ask(async () => {
      // An answer that was lost does not mean that the request was.
      const found = tried ? await this.#client.find(name, new Date(record.at)) : undefined;
      tried = true;
      return found ?? await this.#client.submit(args);
    });
    if (id === undefined) return undefined;
    const known = { folder, record: { ...record, id } };
    await writeArray(known);
    this.#follow(known);
    this.#nextPoll = this.#now() + START_MS;
    return id;
  }

  /** Follows the attempts of an array; of several at one job, the last counts. */
  #follow(array: KnownArray): void {
    for (const [task, run] of array.record.runs.entries()) {
      const status: JobStatus = { kind: "queued", note: null };
      this.#attempts.set(run.index, { array, task, run, status });
    }
  }

  /** An array whose number the controller did not live to write down. */
  async #findLost({ folder, record }: KnownArray): Promise<KnownArray | undefined> {
    const since = new Date(record.at);
    const id = await this.#patience.ask(() => this.#client.find(record.name, since));
    if (id === undefined) return undefined;
    const array = { folder, record: { ...record, id } };
    await writeArray(array);
    return array;
  }

  /** Brings the statuses of all attempts that have not ended up to date. */
  async #ask(signal?: AbortSignal): Promise<void> {
    const open = [...this.#attempts.values()].filter(isOpen);
    const names = arrayNames(open);
    if (names.length === 0) return;
    const listed = await this.#client.queue(names, signal);
    const unlisted = open.filter((attempt) => entryOf(attempt, listed) === undefined);
    const accounted: TaskEntries = unlisted.length === 0
      ? new Map()
      : await this.#client.accounting(arrayNames(unlisted), signal);
    for (const attempt of open) {
      if (attempt.array.record.id === null) continue;
      const entry = entryOf(attempt, listed);
      attempt.status = entry === undefined
        ? await forgottenStatus(attempt, entryOf(attempt, accounted))
        : statusOf(entry);
      if (!isOpen(attempt)) await collectOutput(attempt);
    }
  }

  async #cancelArray(name: string, signal: AbortSignal): Promise<void> {
    while (true) {
      try {
        return await this.#client.cancel(name, signal);
      } catch (error) {
        if (error instanceof SlurmAway && !signal.aborted) {
          await sleep(CANCEL_POLL_MS);
          continue;
        }
        const reason = error instanceof Error && !signal.aborted ? error.message : "no answer";
        const orders = this.#openArrays().map(({ record }) => `scancel --name=${record.name}`);
        throw new UserError(
          `Slurm does not take the order to end the jobs (${reason}): run ${orders.join("; ")}`,
          { cause: error },
        );
      }
    }
  }

  /** What is being submitted could otherwise start after an order to end. */
  async #untilSubmitted(): Promise<void> {
    const waiting = new AbortController();
    const { signal } = waiting;
    await Promise.race([
      this.#submitting.catch(() => undefined),
      sleep(SUBMIT_MS, undefined, { signal }).catch(() => undefined),
    ]);
    waiting.abort();
  }

  #openArrays(): KnownArray[] {
    const open = [...this.#attempts.values()].filter(isOpen);
    return [...new Map(open.map(({ array }) => [array.folder, array])).values()];
  }

  #statuses(): ReadonlyMap<number, JobStatus> {
    return new Map([...this.#attempts].map(([index, { status }]) => [index, status]));
  }

  #prefix(): string {
    return basename(this.#options.folder).replaceAll(/[^\w.-]/g, "-");
  }
}

function describeArrays(arrays: readonly KnownArray[]): string {
  return arrays.map(({ record: { id, name } }) => id === null ? name : `job ${id}`).join(", ");
}

function toRecord(run: JobRun): ArrayRecord["runs"][number] {
  return { ...run, argv: [...run.argv], environment: { ...run.environment } };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
