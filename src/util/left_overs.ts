import { join } from "node:path";
import { temporaryPath } from "./atomic_write.ts";
import { ifPresent } from "./read_error.ts";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const TEMPORARY = new RegExp(`^\\..+\\.${UUID}\\.tmp$`);
/** Files of processes that want the lock of a folder, while another one has it. */
const OF_LOCK = /^\.lock-\d+\.json\./;

/** A file that was not written to for an hour is not being written. */
const LEAST_AGE_MS = 3_600_000;

/**
 * Removes what killed processes left of files that were to appear all at once (see `AtomicFile`),
 * not in folders below. What cannot be removed stays.
 *
 * @param alone Whether nobody else writes in the folder (the caller has its lock): otherwise only
 * files go that were not touched for an hour by the clock of their own file system.
 * @returns Names of the removed files, sorted.
 * @throws {UserError} when the folder cannot be read; one that is missing has none.
 */
export async function removeLeftOvers(folder: string, alone = false): Promise<string[]> {
  const found = await ifPresent(folder, temporaryFiles(folder)) ?? [];
  if (found.length === 0) return [];
  const now = await clockOf(folder);
  const removed: string[] = [];
  for (const name of found) {
    const path = join(folder, name);
    try {
      const { mtime } = await Deno.lstat(path);
      const old = now !== undefined && mtime !== null && now - mtime.getTime() > LEAST_AGE_MS;
      if (!old && (!alone || OF_LOCK.test(name))) continue;
      await Deno.remove(path);
      removed.push(name);
    } catch {
      continue;
    }
  }
  return removed.toSorted();
}

async function temporaryFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && TEMPORARY.test(name)) names.push(name);
  }
  return names;
}

/** Time of the file system in milliseconds, which may be that of another host. */
async function clockOf(folder: string): Promise<number | undefined> {
  const probe = temporaryPath(join(folder, "clock"));
  try {
    (await Deno.open(probe, { write: true, createNew: true })).close();
    const { mtime } = await Deno.stat(probe);
    await Deno.remove(probe);
    return mtime?.getTime();
  } catch {
    return undefined;
  }
}
