/** What the files of a job and of its cell say. */
import { join } from "node:path";
import { type CellProgress, progressFormat } from "../cells/cell_files.ts";
import { jobFormat, type JobRecord } from "../cells/job_file.ts";
import { UserError } from "../errors.ts";
import { ifPresent, isPresent } from "../util/read_error.ts";
import { readSealed } from "../util/sealed_file.ts";

const recordName = "job.json";

/** What a job says of itself. */
export interface JobReport {
  /** `undefined` when it has said nothing yet, or its file is damaged. */
  readonly record: JobRecord | undefined;
  /** What is wrong with the file; `null` when nothing is. */
  readonly damage: string | null;
}

/**
 * Reads what a job wrote. A damaged file is no obstacle: the job writes it anew, and what counts is
 * in its cell.
 *
 * @param folder Folder of the job.
 */
export async function readJob(folder: string): Promise<JobReport> {
  try {
    return { record: await readSealed(join(folder, recordName), jobFormat), damage: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { record: undefined, damage: error.message };
  }
}

/** Removes what an earlier attempt at a job said. */
export async function forgetJob(folder: string): Promise<void> {
  const path = join(folder, recordName);
  await ifPresent(path, Deno.remove(path));
}

/** How far the run of a job is; `null` before the first report, or when its file is damaged. */
export async function readProgress({ folder }: JobRecord): Promise<CellProgress | null> {
  if (folder === null) return null;
  try {
    return await readSealed(join(folder, "progress.json"), progressFormat) ?? null;
  } catch (error) {
    // Only a display depends on it.
    if (!(error instanceof UserError)) throw error;
    return null;
  }
}

/** Whether a job ended with a row that is still there. */
export async function isFinished(record: JobRecord | undefined): Promise<boolean> {
  if (record === undefined || record.folder === null) return false;
  if (record.state !== "completed" && record.state !== "diverged") return false;
  const path = join(record.folder, "row.json");
  return await isPresent(path);
}

/** The number of the last attempt at a job that left a log; 0 when there is none. */
export async function lastAttempt(folder: string): Promise<number> {
  let last = 0;
  if (!await isPresent(folder)) return last;
  for await (const { name } of Deno.readDir(folder)) {
    const [, number] = /^log-(\d{1,9})\.txt$/.exec(name) ?? [];
    if (number !== undefined) last = Math.max(last, Number(number));
  }
  return last;
}

/** How long the last attempt at a job ran, seconds; `null` where the file system does not say. */
export async function secondsOf(folder: string, record: JobRecord): Promise<number | null> {
  const log = join(folder, `log-${await lastAttempt(folder)}.txt`);
  const started = (await ifPresent(log, Deno.stat(log)))?.birthtime?.getTime();
  if (started === undefined) return null;
  return Math.max(0, (Date.parse(record.at) - started) / 1000);
}
