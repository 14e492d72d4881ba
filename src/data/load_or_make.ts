import { UserError } from "../errors.ts";
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

/**
 * What `load` finds, or what `make` makes when `load` finds nothing (undefined) or refuses what it
 * finds with a UserError: cached data that is damaged or belongs to other files is made again.
 */
export async function loadOrMake<T>(entry: CacheEntry<T>): Promise<T> {
  const { load, make, print } = entry;
  try {
    const found = await load();
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    print?.(`${error.message}; making it again`);
  }
  return await make();
}
