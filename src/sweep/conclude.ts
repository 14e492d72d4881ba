/** The result of a sweep whose jobs are all finished. */
import { join } from "node:path";
import { type CellRow, cellRowFormat } from "../cells/cell_files.ts";
import { type DerivedRow, deriveResult } from "../cells/derive_result.ts";
import { exportCell } from "../cells/export_cell.ts";
import { UserError } from "../errors.ts";
import type { Result } from "../results/schema.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { readSealed } from "../util/sealed_file.ts";
import { type Choice, choiceText, chooseSettings, isChosen, type JobRow } from "./choose.ts";
import { settingKeys } from "./expand.ts";
import { readJob } from "./job_files.ts";
import type { Setting, SweepJob, SweepPlan, SweepRecord } from "./plan.ts";
import { jobFolder } from "./sweep_folder.ts";

interface FinishedJob extends JobRow {
  readonly folder: string;
  readonly cell: CellRow;
}

async function finishedJob(sweep: string, job: SweepJob): Promise<FinishedJob> {
  const { record, damage } = await readJob(jobFolder(sweep, job.index));
  const folder = record?.folder ?? null;
  const path = folder === null ? jobFolder(sweep, job.index) : join(folder, "row.json");
  const cell = folder === null ? undefined : await readSealed(path, cellRowFormat);
  if (folder === null || cell === undefined) {
    throw new UserError(`${damage ?? `${path}: missing`}: the same command runs this job again`);
  }
  return { job, folder, cell, row: cell.row };
}

/** Names under which a result says what a sweep changed. */
const overrideNames: Readonly<Record<keyof Setting, readonly [one: string, several: string]>> = {
  learningRate: ["learningRate", "learningRates"],
  batchSize: ["batchSize", "batchSizes"],
  updates: ["updates", "updateCounts"],
  average: ["averagedModels", "averagedModelCounts"],
};

function overridesOf({ settings, direction, carryState }: SweepPlan): Result["overrides"] {
  const overrides: Result["overrides"] = {};
  for (const key of settingKeys) {
    const values = [...new Set(settings.map((setting) => setting[key]))];
    const [one, several] = overrideNames[key];
    const [value] = values;
    if (values.length > 1) overrides[several] = values.map((each) => each ?? "profile").join();
    else if (value !== null) overrides[one] = value;
  }
  if (direction !== null) overrides.direction = direction;
  if (carryState) overrides.carryState = "yes";
  return overrides;
}

/** A trial only counts: its model and its translations stay in its cell. */
function trialRow({ translations: _, ...row }: ResultRow): ResultRow {
  return { ...row, role: "trial" };
}

/**
 * Makes the result of a sweep from its cells and copies models and translations of final runs beside
 * it. Runs with the chosen setting are final, the others trials.
 *
 * @param sweep Folder of the sweep.
 * @param output The result file that is going to be written.
 * @throws {UserError} when a cell is gone or damaged, or a file cannot be written.
 */
export async function concludeSweep(
  sweep: string,
  { plan, jobs }: SweepRecord,
  output: string,
): Promise<{ readonly result: Result; readonly choices: readonly Choice[] }> {
  const finished: FinishedJob[] = [];
  for (const job of jobs) finished.push(await finishedJob(sweep, job));
  const choices = chooseSettings(finished);
  const [finals, trials] = [true, false].map((wanted) =>
    finished.filter(({ job }) => isChosen(choices, job) === wanted)
  );
  const rows: DerivedRow[] = trials.map(({ cell, row }) => ({ cell, row: trialRow(row) }));
  for (const { cell, row, folder } of finals) {
    rows.push({ cell, row: await exportCell(folder, { ...row, role: "final" }, output) });
  }
  const result = deriveResult({
    suite: plan.suite,
    profile: plan.profile,
    overrides: overridesOf(plan),
    rows,
    complete: true,
    warnings: choices.flatMap((choice) => choiceText(choice) ?? []),
  });
  return { result, choices };
}
