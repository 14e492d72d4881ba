/** Attempts at jobs, as tasks of arrays. */
import { join } from "node:path";
import { ifPresent } from "../util/read_error.ts";
import type { JobRun, JobStatus } from "./executor.ts";
import { readJob } from "./job_files.ts";
import type { ArrayName } from "./slurm_client.ts";
import type { KnownArray } from "./slurm_record.ts";
import { arrayOutput } from "./slurm_script.ts";
import {
  statusByRecord,
  statusOf,
  type TaskEntries,
  type TaskEntry,
  taskKey,
} from "./slurm_states.ts";

/** An attempt that Slurm has, or gets. */
export interface Attempt {
  readonly array: KnownArray;
  readonly task: number;
  readonly run: JobRun;
  status: JobStatus;
}

/** Clocks of two machines may differ by this much, milliseconds. */
const CLOCK_MS = 60_000;

/** Whether an attempt has not ended. */
export function isOpen({ status }: Attempt): boolean {
  return status.kind !== "ended";
}

/** The arrays of attempts, as far as Slurm has given them numbers. */
export function arrayNames(attempts: readonly Attempt[]): ArrayName[] {
  const names = new Map<number, ArrayName>();
  for (const { array: { record: { id, name } } } of attempts) {
    if (id !== null) names.set(id, { id, name });
  }
  return [...names.values()];
}

/** What Slurm lists for an attempt. */
export function entryOf({ array, task }: Attempt, entries: TaskEntries): TaskEntry | undefined {
  const { id } = array.record;
  return id === null ? undefined : entries.get(taskKey(id, task));
}

/**
 * The status of an attempt that the queue no longer lists: it has ended.
 *
 * @param entry What the accounting says, which may be late, or nothing.
 */
export async function forgottenStatus(
  { run, array }: Attempt,
  entry: TaskEntry | undefined,
): Promise<JobStatus> {
  const status = entry === undefined ? undefined : statusOf(entry);
  const ended = status?.kind === "ended" ? status : undefined;
  // The accounting has no exact exit codes.
  if (ended !== undefined && entry?.state !== "FAILED") return ended;
  const { record } = await readJob(run.folder);
  const earlier = record !== undefined &&
    Date.parse(record.at) < Date.parse(array.record.at) - CLOCK_MS;
  return statusByRecord(earlier ? undefined : record, ended?.reason ?? null);
}

/**
 * Moves what Slurm itself has to say about a task to the log of its job. A full disk costs the log,
 * not the job.
 */
export async function collectOutput({ array, task, run }: Attempt): Promise<void> {
  const path = join(array.folder, arrayOutput(task));
  const text = await ifPresent(path, Deno.readTextFile(path));
  if (text === undefined) return;
  try {
    // Removed first: two looks at the same time add it once.
    await Deno.remove(path);
    if (text !== "") await Deno.writeTextFile(run.log, text, { append: true });
  } catch {
    return;
  }
}
