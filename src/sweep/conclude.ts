/** The result of a sweep whose jobs are all finished. */
import { basename } from "node:path";
import { mergeCells, writeMerged } from "../cells/merge.ts";
import { readStoredCell, type StoredCell } from "../cells/stored_cell.ts";
import { DamagedError, UserError } from "../errors.ts";
import type { Result } from "../results/schema.ts";
import { shellLine } from "../util/shell_word.ts";
import { jobArguments } from "./expand.ts";
import { readJob } from "./job_files.ts";
import type { SweepJob, SweepPlan, SweepRecord } from "./plan.ts";
import { jobFolder } from "./sweep_folder.ts";

/** A result that was written. */
export interface Conclusion {
  readonly result: Result;
  /** One line on the setting that was chosen for each model, where there was a choice. */
  readonly choices: readonly string[];
}

async function cellOf(sweep: string, plan: SweepPlan, job: SweepJob): Promise<StoredCell> {
  const folder = jobFolder(sweep, job.index);
  const { record, damage } = await readJob(folder);
  const place = record?.folder ?? null;
  try {
    const cell = place === null ? undefined : await readStoredCell(place);
    if (cell?.done !== undefined) return cell;
  } catch (error) {
    if (!(error instanceof DamagedError) || place === null) throw error;
    const anew = ["--job", folder, "--start-over", basename(place)];
    const command = shellLine(["deno", "task", "cell", ...jobArguments(plan, job), ...anew]);
    throw new UserError(
      `${error.message}; \`${command}\` sets the damaged run aside and begins it anew`,
      { cause: error },
    );
  }
  const what = damage ?? `${place ?? folder}: is not complete any more`;
  throw new UserError(`${what}: the same command runs this job again`);
}

/**
 * Writes the result of a sweep from its cells. Of each model the runs with the setting that is best
 * by validation are final, the others trials.
 *
 * @param sweep Folder of the sweep.
 * @param replace Whether a result file that exists may be replaced.
 * @throws {UserError} when a cell is gone or damaged, or a file cannot be written.
 */
export async function concludeSweep(
  sweep: string,
  { plan, jobs }: SweepRecord,
  output: string,
  replace: boolean,
): Promise<Conclusion> {
  const cells: StoredCell[] = [];
  for (const job of jobs) cells.push(await cellOf(sweep, plan, job));
  const merged = mergeCells(cells);
  return { result: await writeMerged(output, merged, replace), choices: merged.choices };
}
