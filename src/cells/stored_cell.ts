/** Cells as they lie in folders, for those who only read them. */
import { basename, join } from "node:path";
import { UserError } from "../errors.ts";
import { ifPresent, isPresent } from "../util/read_error.ts";
import { readSealed } from "../util/sealed_file.ts";
import { cellId } from "./cell.ts";
import { cellFormat, type CellIdentity, type CellRow } from "./cell_files.ts";
import { readCellRow } from "./cell_row.ts";
import { jobFormat } from "./job_file.ts";

/** A cell that was read. */
export interface StoredCell {
  readonly id: string;
  readonly folder: string;
  readonly identity: CellIdentity;
  /** What it measured; undefined until it is complete. */
  readonly done: CellRow | undefined;
}

/** A cell with a row. */
export type CompleteCell = StoredCell & { readonly done: CellRow };

/** What a folder says of cells. */
export interface FoundCells {
  /** Folders of cells. */
  readonly folders: readonly string[];
  /** One line for every run of a sweep that has no cell yet. */
  readonly missing: readonly string[];
}

/**
 * Reads a cell and checks that it is what its folder says.
 *
 * @returns Undefined when there is no cell.
 * @throws {UserError} when a file is damaged, belongs to another cell, or cannot be read.
 */
export async function readStoredCell(folder: string): Promise<StoredCell | undefined> {
  const path = join(folder, "cell.json");
  const record = await readSealed(path, cellFormat);
  if (record === undefined) return undefined;
  const { identity } = record;
  const id = cellId(identity);
  if (id !== basename(folder)) {
    throw new UserError(`${path}: is of the cell ${id}: give its folder that name back`);
  }
  return { id, folder, identity, done: await readCellRow(folder, identity) };
}

/**
 * The cells of a folder: one cell, a store of cells, or a sweep, whose jobs name theirs.
 *
 * @throws {UserError} when it is none of these, or cannot be read.
 */
export async function findCells(folder: string): Promise<FoundCells> {
  if (await isPresent(join(folder, "cell.json"))) return { folders: [folder], missing: [] };
  if (await isPresent(join(folder, "jobs"))) return await cellsOfJobs(join(folder, "jobs"));
  const folders: string[] = [];
  for (const name of await foldersIn(folder)) {
    if (await isPresent(join(folder, name, "cell.json"))) folders.push(join(folder, name));
  }
  if (folders.length === 0) {
    throw new UserError(`${folder}: no cells: give a cell, a folder of cells, a sweep or a run`);
  }
  return { folders, missing: [] };
}

async function cellsOfJobs(jobs: string): Promise<FoundCells> {
  const folders: string[] = [];
  const missing: string[] = [];
  for (const name of (await foldersIn(jobs)).toSorted((a, b) => Number(a) - Number(b))) {
    const path = join(jobs, name);
    const folder = (await readSealed(join(path, "job.json"), jobFormat))?.folder ?? undefined;
    if (folder !== undefined && await isPresent(join(folder, "cell.json"))) folders.push(folder);
    else missing.push(`${path}: has no cell yet`);
  }
  return { folders, missing };
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await ifPresent(path, Array.fromAsync(Deno.readDir(path)));
  if (entries === undefined) throw new UserError(`${path}: no such folder`);
  const names = entries.flatMap(({ name, isDirectory }) => isDirectory ? [name] : []);
  return names.toSorted();
}
