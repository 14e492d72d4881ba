import { setTimeout as sleep } from "node:timers/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { FolderLock, LockedError } from "../util/folder_lock.ts";
import type { Print } from "./data_entry.ts";

/** An entry of the cache: a file or a folder that one process at a time makes. */
export interface CacheEntry<T> {
  /** Where it lies. */
  readonly path: string;
  /** What is there: undefined when nothing is, UserError when it is damaged or of other files. */
  load(): Promise<T | undefined>;
  make(): Promise<T>;
  readonly print?: Print | undefined;
}

/** Between two looks at a lock, ms. */
const LOOK = 250;

/**
 * What `load` finds, or what `make` makes when `load` finds nothing (undefined) or refuses what it
 * finds with a UserError: cached data that is damaged or belongs to other files is made again. Of
 * several processes that need it one makes it; the others wait, and load.
 */
export async function loadOrMake<T>(entry: CacheEntry<T>): Promise<T> {
  const { path, load, make, print = () => {} } = entry;
  const [first, why] = await tried(load);
  if (first !== undefined) return first;
  await using _lock = await lockOf(path, print);
  const [meanwhile] = await tried(load);
  if (meanwhile !== undefined) return meanwhile;
  if (why !== undefined) print(`${why}; making it again`);
  return await make();
}

/** What is found, or why it is refused; neither when nothing is there. */
async function tried<T>(
  load: () => Promise<T | undefined>,
): Promise<[found: T | undefined, why: string | undefined]> {
  try {
    return [await load(), undefined];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [undefined, error.message];
  }
}

/** The lock of a cache entry; waits for whoever has it. */
async function lockOf(path: string, print: Print): Promise<FolderLock> {
  const folder = join(dirname(path), ".locks", basename(path));
  for (let told = false;; told = true) {
    try {
      return await FolderLock.acquire(folder, { report: print });
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (!told) print(`${path}: is being made by another process, waiting for it`);
      await sleep(LOOK);
    }
  }
}
