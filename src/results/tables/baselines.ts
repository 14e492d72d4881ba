import { join } from "node:path";
import type { Result } from "../schema.ts";
import { readResult } from "../store.ts";

/**
 * Reads result files in the given order.
 *
 * @throws UserError as {@link readResult} does.
 */
export function readResults(paths: readonly string[]): Promise<Result[]> {
  return Promise.all(paths.map(readResult));
}

/** The committed result files of a checkout, by name; none where there is no such folder. */
export async function baselinePaths(resultsFolder: string): Promise<string[]> {
  const folder = join(resultsFolder, "baselines");
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && entry.name.endsWith(".json")) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.toSorted().map((name) => join(folder, name));
}
