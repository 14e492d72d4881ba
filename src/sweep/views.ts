/** The jobs of a sweep as people see them, and how long they still take. */
import type { CellProgress } from "../cells/cell_files.ts";
import type { SweepJob } from "./plan.ts";

/** States of a job. */
export type JobPhase =
  | "waiting"
  | "running"
  | "done"
  | "diverged"
  | "failed"
  | "interrupted"
  | "locked";

/** A job and what is known of it. */
export interface JobView {
  readonly job: SweepJob;
  readonly phase: JobPhase;
  /** How far its run is; `null` before the first report. */
  readonly progress: CellProgress | null;
  /** Why it failed, waits or was interrupted. */
  readonly reason: string | null;
  /** Machine where it runs; `null` for this one. */
  readonly place: string | null;
  /** How long it ran, seconds; `null` where that is not known. */
  readonly seconds: number | null;
}

/** How many jobs are in each state. */
export function countPhases(views: readonly JobView[]): Record<JobPhase, number> {
  const counts: Record<JobPhase, number> = {
    waiting: 0,
    running: 0,
    done: 0,
    diverged: 0,
    failed: 0,
    interrupted: 0,
    locked: 0,
  };
  for (const { phase } of views) counts[phase]++;
  return counts;
}

/** Whether a job has a row: its run ended by itself. */
export function hasRow({ phase }: JobView): boolean {
  return phase === "done" || phase === "diverged";
}

/** Seconds that a run takes in all, judged by its progress. */
function projected({ phase, progress }: JobView): number | null {
  if (phase !== "running" || progress === null || progress.secondsLeft === null) return null;
  const { update, updates, secondsLeft } = progress;
  return update > 0 && update < updates ? secondsLeft * updates / (updates - update) : null;
}

/** A mean that grows. */
class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
  }

  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }
}

/**
 * Estimates how long a sweep still takes, seconds: what is left of running jobs and whole waiting
 * ones, which take what others of the same task and model took, shared among the processes.
 *
 * @param processes Jobs that run at a time; `null` for as many as are running.
 * @returns `null` while nothing has shown how long a job takes.
 */
export function estimateSecondsLeft(
  views: readonly JobView[],
  processes: number | null,
): number | null {
  const keyOf = ({ job: { task, model } }: JobView) => JSON.stringify([task, model]);
  const means = new Map<string, Mean>();
  const overall = new Mean();
  for (const view of views) {
    // A run that diverged says little about how long one takes.
    const seconds = view.phase === "done" ? view.seconds : projected(view);
    if (seconds === null) continue;
    const own = means.get(keyOf(view)) ?? new Mean();
    means.set(keyOf(view), own);
    own.add(seconds);
    overall.add(seconds);
  }
  let sum = 0;
  let longest = 0;
  let count = 0;
  let running = 0;
  for (const view of views) {
    if (view.phase !== "waiting" && view.phase !== "running") continue;
    const seconds = view.progress?.secondsLeft ?? means.get(keyOf(view))?.value ?? overall.value;
    if (seconds === null) return null;
    sum += seconds;
    longest = Math.max(longest, seconds);
    count++;
    if (view.phase === "running") running++;
  }
  const atATime = Math.max(1, processes ?? running);
  return count === 0 ? 0 : Math.max(longest, sum / Math.min(atATime, count));
}
