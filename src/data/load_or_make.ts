import { UserError } from "../errors.ts";
import type { Print } from "./data_entry.ts";

/**
 * What `load` finds, or what `make` makes when `load` finds nothing (undefined) or refuses what it
 * finds with a UserError: cached data that is damaged or belongs to other files is made again.
 */
export async function loadOrMake<T>(
  load: () => Promise<T | undefined>,
  make: () => Promise<T>,
  print: Print = () => {},
): Promise<T> {
  try {
    const found = await load();
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    print(`${error.message}; making it again`);
  }
  return await make();
}
