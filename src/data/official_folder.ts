import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readError } from "../util/read_error.ts";
import type { OfficialArchive } from "./data_entry.ts";
import { DataRoot } from "./data_root.ts";

/**
 * Whether something lies at a path.
 *
 * @throws {UserError} when that cannot be told: no permission, links in a circle.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw readError(error, path);
  }
}

/**
 * The first of `folders` below `dataDir` that holds one of `markers` (files or folders), as a path.
 *
 * @returns Undefined when there is none.
 * @throws {UserError} when `dataDir` does not exist, and for a link that leads out of it.
 */
export async function findFolder(
  dataDir: string,
  folders: readonly string[],
  markers: readonly string[],
): Promise<string | undefined> {
  const root = new DataRoot(dataDir);
  for (const folder of folders) {
    for (const marker of markers) {
      if (!await exists(join(dataDir, folder, marker))) continue;
      root.checkFolder(join(dataDir, folder));
      return join(dataDir, folder);
    }
  }
  return undefined;
}

/** The names of a folder's files of which `wanted` is true, sorted by code units; UserError. */
export function fileNames(folder: string, wanted: (name: string) => boolean): string[] {
  try {
    return Array.from(Deno.readDirSync(folder))
      .filter((entry) => !entry.isDirectory && wanted(entry.name))
      .map((entry) => entry.name).sort();
  } catch (error) {
    throw readError(error, folder);
  }
}

/**
 * The files that a folder of official files lacks, of those without which it is of no use.
 *
 * @param official What it was unpacked from; of several archives nothing is known.
 */
export async function missingFiles(
  folder: string,
  official: readonly OfficialArchive[],
): Promise<string[]> {
  const required = official.length === 1 ? official[0].required ?? [] : [];
  const missing: string[] = [];
  for (const file of required) if (!await exists(join(folder, file))) missing.push(file);
  return missing;
}

/**
 * The error for a task that has no generator and whose files are not there.
 *
 * @param files What was looked for, such as `aclImdb/train/pos`.
 */
export function missingData(id: string, files: string, dataDir: string | undefined): UserError {
  const where = dataDir === undefined ? "no data folder is given" : `no ${files} below ${dataDir}`;
  return new UserError(
    `${id}: ${where}: run "deno task data fetch ${id}" or point --data to a folder with ${files}`,
  );
}
