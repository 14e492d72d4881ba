import { join } from "node:path";
import { DamagedError } from "../errors.ts";
import { canonicalHash } from "../util/canonical_hash.ts";
import { readSealed } from "../util/sealed_file.ts";
import { type CellIdentity, type CellRow, cellRowFormat } from "./cell_files.ts";

/** What a row says otherwise than the identity of its cell. */
function difference({ task, model, seed }: CellIdentity, { row }: CellRow): string | undefined {
  const data = Object.fromEntries(
    Object.entries(row.task.splits).map(([split, { sha256 }]) => [split, sha256]),
  );
  const pairs = {
    task: [task.name, row.task.name],
    version: [task.version, row.task.version],
    direction: [task.direction, row.task.direction ?? null],
    data: [task.data, data],
    model: [model.name, row.model.name],
    configuration: [model.configuration, row.model.configuration],
    seed: [seed, row.seed],
  };
  return Object.entries(pairs).find(([, [a, b]]) => canonicalHash(a) !== canonicalHash(b))?.[0];
}

/**
 * What a cell measured.
 *
 * @returns Undefined until it is complete.
 * @throws {DamagedError} when the file is damaged or is not the row of this cell.
 */
export async function readCellRow(
  folder: string,
  identity: CellIdentity,
): Promise<CellRow | undefined> {
  const path = join(folder, "row.json");
  const done = await readSealed(path, cellRowFormat);
  const other = done === undefined ? undefined : difference(identity, done);
  if (other !== undefined) {
    throw new DamagedError(`${path}: has another ${other} than cell.json: restore it`);
  }
  return done;
}
