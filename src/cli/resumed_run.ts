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
 * @param results Where unfinished runs are looked for when none is named.
 */
export async function resumedRun(
  args: readonly string[],
  cwd: string,
  results: string,
): Promise<ResumedRun | undefined> {
  const value = optionValue(readCommandLine("bench", args), "--resume");
  if (value === undefined) return undefined;
  try {
    const { plan, cells, output } = await findRun(
      value === "" ? true : resolve(cwd, value),
      results,
    );
    const { dataDir: data, profile, suite, tasks } = plan;
    const writes = [cells, ...output === null ? [] : [dirname(output)]];
    return { data, profile, suite, tasks, writes };
  } catch (error) {
    // The command itself says what is wrong with the run.
    if (error instanceof UserError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
