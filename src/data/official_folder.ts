import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readError } from "../util/read_error.ts";
import { Sha256 } from "../util/sha256.ts";

/** Whether something lies at a path. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/**
 * The first of `folders` below `dataDir` that holds one of `markers` (files or folders), as a path.
 * Undefined when there is none; UserError when `dataDir` does not exist.
 */
export async function findFolder(
  dataDir: string,
  folders: readonly string[],
  markers: readonly string[],
): Promise<string | undefined> {
  await Deno.stat(dataDir).catch((error: unknown) => {
    throw readError(error, dataDir);
  });
  for (const folder of folders) {
    for (const marker of markers) {
      if (await exists(join(dataDir, folder, marker))) return join(dataDir, folder);
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
 * sha256 over names and sizes of files below a folder: tells cached data of one set of official
 * files from that of another without reading them. UserError for a missing file.
 */
export function fingerprint(folder: string, files: readonly string[]): string {
  const hash = new Sha256();
  for (const file of files) {
    const path = join(folder, file);
    try {
      hash.update(`${file} ${Deno.statSync(path).size}\n`);
    } catch (error) {
      throw readError(error, path);
    }
  }
  return hash.digest();
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
