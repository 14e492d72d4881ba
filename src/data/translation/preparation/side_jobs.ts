import { UserError } from "../../../errors.ts";
import { runSideJob, type SideJob, type SideResult } from "./side_job.ts";
import type { SideAnswer, SideOrder } from "./side_worker.ts";

/** How jobs are done. */
export interface SideJobsOptions {
  /** A worker for each job; otherwise one after another in this thread. */
  readonly workers: boolean;
  /** Called with the number of lines done since the last call. */
  readonly onLines: (lines: number) => void;
}

/**
 * Does jobs for several languages. When one fails the others are stopped and waited for, so that
 * nothing is written to their files afterwards.
 *
 * @returns The files of all jobs.
 * @throws {UserError} Whatever the first failed job throws.
 */
export async function runSideJobs(
  jobs: readonly SideJob[],
  { workers, onLines }: SideJobsOptions,
): Promise<SideResult> {
  const results: SideResult[] = [];
  if (!workers) {
    for (const job of jobs) {
      results.push(runSideJob(job, (lines) => {
        onLines(lines);
        return false;
      }));
    }
    return Object.assign({}, ...results);
  }
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const failures: unknown[] = [];
  await Promise.all(jobs.map(async (job) => {
    try {
      results.push(await runInWorker({ job, stop }, onLines));
    } catch (error) {
      failures.push(error);
      Atomics.store(stop, 0, 1);
    }
  }));
  if (failures.length > 0) throw failures[0];
  return Object.assign({}, ...results);
}

async function runInWorker(
  order: SideOrder,
  onLines: (lines: number) => void,
): Promise<SideResult> {
  const worker = new Worker(new URL("./side_worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`a worker of the preparation has failed: ${event.message}`));
      };
      worker.onmessage = ({ data }: MessageEvent<SideAnswer>) => {
        if (data.kind === "lines") onLines(data.lines);
        else if (data.kind === "done") resolve(data.result);
        else reject(data.user ? new UserError(data.message) : new Error(data.message));
      };
      worker.postMessage(order);
    });
  } finally {
    worker.terminate();
  }
}
