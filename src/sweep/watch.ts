/** A sweep as others see it: by reading what its jobs wrote. */
import { highestLock, lockPath, readLock, systemTryLock } from "../util/lock_file.ts";
import { isFinished, type JobReport, readJob, readProgress, secondsOf } from "./job_files.ts";
import type { SweepJob, SweepRecord } from "./plan.ts";
import { begunJobs, jobFolder } from "./sweep_folder.ts";
import type { JobPhase, JobView } from "./views.ts";

/** How long a lock may stay unchanged before its holder counts as gone, milliseconds. */
const SILENCE_MS = 60_000;

/** What becomes of jobs whose end does not say that they are finished. */
function phaseOf({ record }: JobReport, isActive: boolean): JobPhase {
  switch (record?.state) {
    case "starting":
    case "running":
      return isActive ? "running" : "interrupted";
    case "interrupted":
      return isActive ? "waiting" : "interrupted";
    case "failed":
      return "failed";
    // Completed and diverged runs without a row have lost it.
    default:
      return "waiting";
  }
}

/** Reads a sweep again and again; writes nothing. */
export class SweepReader {
  readonly #folder: string;
  readonly #record: SweepRecord;
  readonly #host: string | null;
  readonly #now: () => number;
  readonly #finished = new Map<number, JobView>();
  #seen: { readonly state: string; readonly at: number } | undefined;

  /**
   * @param folder Folder of the sweep. @param host Name of this host, where it may be known.
   * @param now Clock in milliseconds.
   */
  constructor(
    folder: string,
    record: SweepRecord,
    host: string | null,
    now = () => performance.now(),
  ) {
    this.#folder = folder;
    this.#record = record;
    this.#host = host;
    this.#now = now;
  }

  /** Whether a process works on the sweep, as far as its lock tells. */
  async isActive(): Promise<boolean> {
    const highest = await highestLock(this.#folder);
    if (highest === 0) return false;
    const lock = await readLock(lockPath(this.#folder, highest), systemTryLock);
    if (lock === undefined) return true;
    const { holder, kept, modified } = lock;
    if (holder?.state === "free") return false;
    if (holder?.kept && kept === true) return true;
    if (holder?.kept && kept === false && holder.host === this.#host) return false;
    // On another machine, whose clock says nothing here: the file changes while its holder lives.
    const state = `${highest} ${modified}`;
    if (this.#seen?.state !== state) this.#seen = { state, at: this.#now() };
    return this.#now() - this.#seen.at < SILENCE_MS;
  }

  /** All jobs as they are now. @param isActive Whether a process works on the sweep. */
  async views(isActive: boolean): Promise<JobView[]> {
    const begun = await begunJobs(this.#folder);
    const views: JobView[] = [];
    for (const job of this.#record.jobs) {
      const known = this.#finished.get(job.index);
      views.push(known ?? await this.#view(job, begun.has(job.index), isActive));
    }
    return views;
  }

  async #view(job: SweepJob, hasBegun: boolean, isActive: boolean): Promise<JobView> {
    const waiting = { progress: null, reason: null, place: null, seconds: null };
    if (!hasBegun) return { job, phase: "waiting", ...waiting };
    const folder = jobFolder(this.#folder, job.index);
    const report = await readJob(folder);
    const { record, damage } = report;
    if (record === undefined) return { job, phase: "waiting", ...waiting, reason: damage };
    const isElsewhere = record.host !== this.#host;
    const progress = await readProgress(record);
    if (await isFinished(record)) {
      const phase = record.state === "diverged" ? "diverged" as const : "done" as const;
      const seconds = await secondsOf(folder, record);
      const view = { job, phase, progress, reason: record.reason, place: null, seconds };
      this.#finished.set(job.index, view);
      return view;
    }
    const phase = phaseOf(report, isActive);
    const place = phase === "running" && isElsewhere ? record.host : null;
    return { job, phase, progress, reason: record.reason, place, seconds: null };
  }
}
