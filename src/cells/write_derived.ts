import type { Result } from "../results/schema.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { writeResult } from "../results/store.ts";
import { existsError } from "../util/atomic_write.ts";
import { isPresent } from "../util/read_error.ts";
import { exportCell } from "./export_cell.ts";

/** Where the row of a result comes from. */
export interface RowSource {
  /** Folder of the cell. */
  readonly folder: string;
  /** Tells a trial from others in names of files; see {@link exportCell}. */
  readonly trial?: string | number | undefined;
}

/**
 * Writes a derived result with the models and translations of its rows.
 *
 * @param sources One per row, in the same order.
 * @param replace Whether a file that exists may be replaced.
 * @returns The result as it is written: its rows name their files.
 * @throws {UserError} when a file is missing, damaged, cannot be written, or may not be replaced.
 */
export async function writeDerived(
  path: string,
  result: Result,
  sources: readonly RowSource[],
  replace: boolean,
): Promise<Result> {
  // Before anything of the other result is touched: its models have the same names.
  if (!replace && await isPresent(path)) throw existsError(path);
  const rows: ResultRow[] = [];
  for (const [i, { folder, trial }] of sources.entries()) {
    rows.push(await exportCell(folder, result.rows[i], path, trial));
  }
  const written = { ...result, rows };
  await writeResult(path, written, { replace });
  return written;
}
