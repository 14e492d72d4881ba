/** The result of a sweep whose jobs are all finished. */
import { mergeCells, writeMerged } from "../cells/merge.ts";
import { readStoredCell, type StoredCell } from "../cells/stored_cell.ts";
import { UserError } from "../errors.ts";
import type { Result } from "../results/schema.ts";
import { readJob } from "./job_files.ts";
import type { SweepRecord } from "./plan.ts";
import { jobFolder } from "./sweep_folder.ts";

/** A result that was written. */
export interface Conclusion {
  readonly result: Result;
  /** One line on the setting that was chosen for each model, where there was a choice. */
  readonly choices: readonly string[];
}

async function cellOf(folder: string): Promise<StoredCell> {
  const { record, damage } = await readJob(folder);
  const place = record?.folder ?? null;
  const cell = place === null ? undefined : await readStoredCell(place);
  if (cell?.done !== undefined) return cell;
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
  { jobs }: SweepRecord,
  output: string,
  replace: boolean,
): Promise<Conclusion> {
  const cells: StoredCell[] = [];
  for (const { index } of jobs) cells.push(await cellOf(jobFolder(sweep, index)));
  const merged = mergeCells(cells);
  return { result: await writeMerged(output, merged, replace), choices: merged.choices };
}
