/** Cells of invented numbers, for tests. */
import { join } from "node:path";
import { fixtureResult, fixtureRow } from "../results/result_fixture.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { writeSealed } from "../util/sealed_file.ts";
import { sha256Hex } from "../util/sha256.ts";
import { cellId } from "./cell.ts";
import { cellFormat, type CellIdentity, type CellRow, cellRowFormat } from "./cell_files.ts";
import type { StoredCell } from "./stored_cell.ts";

/** What {@link inventedCell} varies. */
export interface CellChanges {
  readonly folder?: string;
  readonly task?: string;
  readonly model?: string;
  readonly seed?: number;
  readonly peak?: number;
  /** Best validation score, a fraction; `null` for a run without one. */
  readonly validation?: number | null;
  /** Changes in the identity beside these. */
  readonly identity?: Partial<CellIdentity>;
  readonly row?: Partial<ResultRow>;
  /** Changes in the row file; `null` for a run that is not complete. */
  readonly done?: Partial<CellRow> | null;
}

/** A cell that was never written. */
export function inventedCell(changes: CellChanges = {}): StoredCell {
  const { task = "listops", model = "mega", seed = 1, peak = 0.001, validation = 0.5 } = changes;
  const base = fixtureRow({ task, model, seed });
  const row: ResultRow = {
    ...base,
    schedule: { ...base.schedule, configuration: { ...base.schedule.configuration, peak } },
    validationCurve: [{ step: 100, loss: 1.9, score: validation }],
    ...changes.row,
  };
  const identity: CellIdentity = {
    suite: "lra",
    profile: "quick",
    task: {
      name: row.task.name,
      kind: row.task.kind,
      version: row.task.version,
      direction: row.task.direction ?? null,
      data: Object.fromEntries(
        Object.entries(row.task.splits).map(([split, { sha256 }]) => [split, sha256]),
      ),
    },
    model: { name: model, configuration: row.model.configuration },
    setting: { batchSize: row.batchSize, schedule: { peak } },
    seed,
    code: sha256Hex("the sources"),
    adapter: { description: "llvmpipe", driver: "Mesa" },
    ...changes.identity,
  };
  const { environment } = fixtureResult();
  const done: CellRow = {
    row,
    environment,
    warnings: [],
    startedAt: "2026-01-31T12:00:00Z",
    finishedAt: "2026-01-31T12:12:30Z",
    commits: [environment.git.commit],
    overrides: {},
    ...changes.done,
  };
  const id = cellId(identity);
  const folder = join(changes.folder ?? "store", id);
  return { id, folder, identity, done: changes.done === null ? undefined : done };
}

/** Writes a cell into its folder. */
export async function writeCell({ folder, identity, done }: StoredCell): Promise<void> {
  const createdAt = "2026-01-31T12:00:00Z";
  await writeSealed(join(folder, "cell.json"), cellFormat, { identity, createdAt, commit: null });
  if (done !== undefined) await writeSealed(join(folder, "row.json"), cellRowFormat, done);
}
