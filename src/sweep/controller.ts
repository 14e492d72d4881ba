/** Runs the jobs of a sweep: hands them to an executor, judges how they end, repeats some. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CellProgress } from "../cells/cell_files.ts";
import { writeError } from "../util/atomic_write.ts";
import type { Executor, JobRun, JobStatus } from "./executor.ts";
import {
  forgetJob,
  isFinished,
  lastAttempt,
  readJob,
  readProgress,
  secondsOf,
} from "./job_files.ts";
import type { SweepJob } from "./plan.ts";
import { type Ended, judge } from "./verdict.ts";
import type { JobPhase, JobView } from "./views.ts";

/** What a controller works with. */
export interface ControllerOptions {
  readonly jobs: readonly SweepJob[];
  readonly executor: Executor;
  /** How often a job may be repeated that something else ended, or that was locked. */
  readonly retries: number;
  /** Folder of a job, absolute. */
  readonly folderOf: (job: SweepJob) => string;
  /** Numbers of the jobs that were started once; all where nothing is given. */
  readonly begun?: ReadonlySet<number>;
  /** What is run for an attempt at a job; its folder is there by then. */
  readonly runOf: (job: SweepJob, attempt: number) => JobRun;
  /** Ends the sweep: all jobs are ended, and the next command continues them. */
  readonly signal: AbortSignal;
  /** Is called about once a second with all jobs. */
  readonly onViews: (views: readonly JobView[]) => void;
  /** Makes sure that this process may go on, and throws when it may not. */
  readonly check?: () => Promise<void>;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Milliseconds between two looks at the executor. */
  readonly interval?: number;
}

/** Longest time for what a job wrote to become visible on a network file system, milliseconds. */
const SETTLE_MS = 10_000;
const CHECK_MS = 10_000;
const LOOK_MS = 1000;
/** What is left of the time to end for hearing how jobs ended, milliseconds. */
const LAST_LOOK_MS = 300;

interface Track {
  readonly job: SweepJob;
  readonly folder: string;
  phase: JobPhase;
  active: boolean;
  attempt: number;
  repeats: number;
  /** Not to be started before this time, milliseconds. */
  notBefore: number;
  startedAt: number | null;
  endedAt: number | null;
  lookedAt: number;
  progress: CellProgress | null;
  reason: string | null;
  place: string | null;
  seconds: number | null;
}

function viewOf({ job, phase, progress, reason, place, seconds }: Track): JobView {
  return { job, phase, progress, reason, place, seconds };
}

/** See the module comment; one object for one run. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #tracks: readonly Track[];
  readonly #now: () => number;
  #checkedAt: number;
  #shownAt = -Infinity;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#checkedAt = this.#now();
    this.#tracks = options.jobs.map((job) => ({
      job,
      folder: options.folderOf(job),
      phase: "waiting",
      active: false,
      attempt: 0,
      repeats: 0,
      notBefore: 0,
      startedAt: null,
      endedAt: null,
      lookedAt: -Infinity,
      progress: null,
      reason: null,
      place: null,
      seconds: null,
    }));
  }

  /**
   * Runs everything that is not finished yet, to its end or until the signal.
   *
   * @returns All jobs; those of a sweep that was ended are waiting or interrupted.
   * @throws {UserError} what the executor, or `check`, throws; all jobs have been ended then.
   */
  async run(): Promise<JobView[]> {
    const { executor, signal } = this.#options;
    try {
      await this.#readEarlier();
      await this.#adopt();
      while (!signal.aborted && await this.#step()) {
        this.#show();
        await this.#pause();
      }
      if (signal.aborted) await this.#cancel();
    } catch (error) {
      await executor.cancel();
      throw error;
    } finally {
      await executor.close();
    }
    const views = this.#tracks.map(viewOf);
    this.#options.onViews(views);
    return views;
  }

  #show(): void {
    const now = this.#now();
    if (now - this.#shownAt < LOOK_MS) return;
    this.#shownAt = now;
    this.#options.onViews(this.#tracks.map(viewOf));
  }

  async #readEarlier(): Promise<void> {
    for (const track of this.#tracks) {
      if (this.#options.signal.aborted) return;
      if (this.#options.begun?.has(track.job.index) === false) continue;
      const { record, damage } = await readJob(track.folder);
      track.reason = damage;
      if (record === undefined || !await isFinished(record)) continue;
      track.phase = record.state === "diverged" ? "diverged" : "done";
      track.reason = record.reason;
      track.seconds = await secondsOf(track.folder, record);
      track.progress = await readProgress(record);
    }
  }

  async #adopt(): Promise<void> {
    const byIndex = new Map(this.#tracks.map((track) => [track.job.index, track]));
    for (const { index, attempt } of await this.#options.executor.adopt()) {
      const track = byIndex.get(index);
      if (track === undefined) continue;
      track.active = true;
      track.attempt = attempt;
    }
  }

  /** One look at everything. @returns Whether anything is left to do. */
  async #step(): Promise<boolean> {
    const { executor, check } = this.#options;
    const now = this.#now();
    if (check !== undefined && now - this.#checkedAt >= CHECK_MS) {
      this.#checkedAt = now;
      await check();
    }
    const statuses = await this.#unlessAborted(executor.poll());
    if (statuses === undefined) return false;
    for (const track of this.#tracks) {
      const status = statuses.get(track.job.index);
      if (track.active && status !== undefined) await this.#follow(track, status);
    }
    await this.#submit();
    return this.#tracks.some(({ active, phase }) => active || phase === "waiting");
  }

  async #follow(track: Track, status: JobStatus): Promise<void> {
    const now = this.#now();
    if (status.kind === "ended") return await this.#end(track, status);
    if (status.kind === "queued") {
      track.phase = "waiting";
      track.reason = status.note;
      return;
    }
    track.phase = "running";
    track.reason = null;
    track.place = status.place;
    track.startedAt ??= now;
    if (now - track.lookedAt < LOOK_MS) return;
    track.lookedAt = now;
    const { record } = await readJob(track.folder);
    if (record !== undefined) track.progress = await readProgress(record);
  }

  async #end(track: Track, ended: Ended): Promise<void> {
    const { record } = await readJob(track.folder);
    const now = this.#now();
    track.endedAt ??= now;
    const verdict = judge(ended, record);
    const claims = ended.code === 0 || ended.code === 1;
    if (verdict.kind === "failed" && claims && now - track.endedAt < SETTLE_MS) {
      // The record of an earlier attempt, or none: on another machine it may only just be written.
      if (record?.state !== "failed" && track.place !== null) return;
    }
    track.active = false;
    track.place = null;
    track.seconds = track.startedAt === null ? null : (track.endedAt - track.startedAt) / 1000;
    track.startedAt = null;
    track.endedAt = null;
    if (record !== undefined) track.progress = await readProgress(record);
    track.reason = verdict.kind === "done" ? null : verdict.reason;
    if (verdict.kind !== "again") {
      track.phase = verdict.kind;
    } else if (track.repeats < this.#options.retries) {
      track.repeats++;
      track.phase = "waiting";
      track.notBefore = now + 1000 * verdict.delay;
    } else {
      track.phase = verdict.state;
    }
  }

  async #submit(): Promise<void> {
    const { executor, runOf } = this.#options;
    const now = this.#now();
    const free = executor.capacity - this.#tracks.filter(({ active }) => active).length;
    const due: Track[] = [];
    for (const track of this.#tracks) {
      if (due.length >= free) break;
      if (track.active || track.phase !== "waiting" || track.notBefore > now) continue;
      due.push(track);
    }
    const runs: JobRun[] = [];
    for (const track of due) {
      await makeFolder(track.folder);
      // What an earlier attempt said must not be taken for what this one says.
      await forgetJob(track.folder);
      track.attempt = Math.max(track.attempt, await lastAttempt(track.folder)) + 1;
      runs.push(runOf(track.job, track.attempt));
      track.active = true;
    }
    if (runs.length > 0 && !this.#options.signal.aborted) await executor.submit(runs);
  }

  /** Ends everything; jobs that end by themselves in time count. */
  async #cancel(): Promise<void> {
    const { executor } = this.#options;
    await executor.cancel();
    const statuses = await Promise.race([executor.poll(), sleep(LAST_LOOK_MS, new Map())]);
    for (const track of this.#tracks) {
      if (!track.active) continue;
      const status = statuses.get(track.job.index);
      const { record } = await readJob(track.folder);
      const verdict = status?.kind === "ended" ? judge(status, record) : undefined;
      track.active = false;
      track.phase = verdict?.kind === "done" || verdict?.kind === "diverged"
        ? verdict.kind
        : track.phase === "running"
        ? "interrupted"
        : "waiting";
      track.reason = null;
      if (record !== undefined) track.progress = await readProgress(record);
    }
  }

  async #unlessAborted<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#options;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([work, promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #pause(): Promise<void> {
    const { interval = 250, signal } = this.#options;
    await sleep(interval, undefined, { signal }).catch(() => undefined);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw writeError(error, path);
  }
}
