/** The result of a suite, from the cells of its runs. */
import { deriveResult } from "../src/cells/derive_result.ts";
import { exportCell } from "../src/cells/export_cell.ts";
import type { Result } from "../src/results/schema.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { writeResult } from "../src/results/store.ts";
import { overridesOf } from "./overrides.ts";
import type { SuiteOutcome, SuitePlan } from "./suite_plan.ts";

/** The result of what was done; undefined when nothing was. */
export function suiteResult(
  plan: SuitePlan,
  { runs, interrupted, warnings }: SuiteOutcome,
): Result | undefined {
  const trials = runs.filter(({ role }) => role === "trial").map(({ cell }) => cell.id);
  const rows = runs.map(({ cell, done, role, notes }) => ({
    cell: done,
    row: {
      ...done.row,
      role,
      warnings: [
        ...done.row.warnings,
        ...notes,
        ...role === "final" && trials.includes(cell.id) ? [reused] : [],
      ],
    },
  }));
  if (rows.length === 0) return undefined;
  return deriveResult({
    suite: plan.suite,
    profile: plan.profile,
    overrides: overridesOf(plan),
    rows,
    complete: !interrupted,
    warnings,
  });
}

const reused = "this is the trial with the chosen learning rate: the same run, not repeated";

/**
 * Writes a result with the models and translations of its rows.
 *
 * @param replace Whether a file that exists may be replaced.
 * @returns The result as it is written: its rows name their files.
 * @throws {UserError} when a file cannot be written, or exists and may not be replaced.
 */
export async function writeSuiteResult(
  path: string,
  result: Result,
  { runs }: SuiteOutcome,
  replace: boolean,
): Promise<Result> {
  const rows: ResultRow[] = [];
  for (const [i, { cell }] of runs.entries()) {
    rows.push(await exportCell(cell.folder, result.rows[i], path));
  }
  const written = { ...result, rows };
  await writeResult(path, written, { replace });
  return written;
}
