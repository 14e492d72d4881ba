import { dirname, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { findRun } from "./bench_plan.ts";
import { optionValue, readCommandLine } from "./path_table.ts";

/** What the plan of an unfinished run says that the launcher has to know. */
export interface ResumedRun {
  /** The data folder that it was started with. */
  readonly data: string | null;
  readonly profile: string;
  readonly suite: string;
  readonly tasks: readonly string[];
  /** Folders that it writes to. */
  readonly writes: readonly string[];
}

/**
 * The run that `--resume` continues: its plan knows the folders and the profile that permissions
 * and the way of compiling otherwise get from the command line. Undefined without such a run.
 *
 * @param args Arguments of `bench`. @param cwd What relative paths count from.
 * @param cells Folder of the cells, with the records of runs, unless the arguments name another.
 */
export async function resumedRun(
  args: readonly string[],
  cwd: string,
  cells: string,
): Promise<ResumedRun | undefined> {
  const line = readCommandLine("bench", args);
  const value = optionValue(line, "--resume");
  if (value === undefined) return undefined;
  const named = optionValue(line, "--cells");
  const store = named ? resolve(cwd, named) : cells;
  try {
    const { plan, output } = await findRun(value === "" ? true : resolve(cwd, value), store);
    const { dataDir: data, profile, suite, tasks } = plan;
    const writes = [store, ...output === null ? [] : [dirname(output)]];
    return { data, profile, suite, tasks, writes };
  } catch (error) {
    // The command itself says what is wrong with the run.
    if (error instanceof UserError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
