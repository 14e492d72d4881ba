/** Loads the data of a suite's tasks before anything trains, so that what is missing shows at once. */
import { checkDataFolder } from "../src/data/data_root.ts";
import { checkSplits } from "../src/data/check_splits.ts";
import { type BenchData, dataEntry } from "../src/data/registry.ts";
import { type DirectionName, directionOf } from "../src/data/translation/directions.ts";
import { UserError } from "../src/errors.ts";
import type { ProfileName } from "../src/models/profiles.ts";

/** Where data comes from and who is told. */
export interface LoadOptions {
  readonly profile: ProfileName;
  readonly cacheDir: string;
  readonly dataDir: string | undefined;
  readonly print: (line: string) => void;
  /** Of translation tasks. */
  readonly direction?: DirectionName | undefined;
  /** Leave out tasks whose data is not to be had, instead of throwing: for whole suites. */
  readonly leaveOut: boolean;
}

/** The data of a task and the seconds that loading, or generating, took. */
export interface LoadedTask {
  readonly data: BenchData;
  readonly seconds: number;
}

/** What was loaded, and one line, fit for a result, for every task that was not. */
export interface LoadedTasks {
  readonly tasks: ReadonlyMap<string, LoadedTask>;
  readonly missing: readonly string[];
}

/**
 * Loads every task of `names`, each once.
 *
 * @throws {UserError} when the data of a task is missing and may not be left out, or all is missing,
 * or the data folder itself is.
 */
export async function loadTasks(
  names: Iterable<string>,
  { leaveOut, direction: chosen = "en-de", ...source }: LoadOptions,
): Promise<LoadedTasks> {
  if (source.dataDir !== undefined) checkDataFolder(source.dataDir);
  const tasks = new Map<string, LoadedTask>();
  const missing: string[] = [];
  const causes: string[] = [];
  const direction = directionOf(chosen);
  for (const name of new Set(names)) {
    const started = performance.now();
    try {
      const data = await dataEntry(name).load({ ...source, direction });
      checkSplits(data);
      tasks.set(name, { data, seconds: (performance.now() - started) / 1000 });
    } catch (error) {
      if (!leaveOut || !(error instanceof UserError)) throw error;
      // Results name no folders of the machine; the person at the terminal needs them.
      missing.push(`${name} was left out: its data is missing`);
      causes.push(error.message);
      source.print(`${name} is left out: ${error.message}`);
    }
  }
  if (tasks.size === 0 && missing.length > 0) {
    throw new UserError(`no task of the suite has data; ${causes[0]}`);
  }
  return { tasks, missing };
}
