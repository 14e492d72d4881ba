import { resolve } from "node:path";
import { UserError } from "../errors.ts";
import { findRun } from "./bench_plan.ts";

/**
 * The data folder of the run that `--resume` continues, as the option that named it at first: its
 * plan knows the folder, but permissions come from the command line. Empty without such a folder.
 *
 * @param args Arguments of `bench`. @param cwd What relative paths count from.
 * @param results Where unfinished runs are looked for when none is named.
 */
export async function resumedData(
  args: readonly string[],
  cwd: string,
  results: string,
): Promise<string[]> {
  const at = args.findIndex((arg) => /^--resume(=|$)/.test(arg));
  if (at < 0) return [];
  const value = args[at].includes("=") ? args[at].slice("--resume=".length) : args[at + 1];
  const which = value && !value.startsWith("-") ? resolve(cwd, value) : true;
  try {
    const { dataDir } = (await findRun(which, results)).plan;
    return dataDir === null ? [] : ["--data", dataDir];
  } catch (error) {
    // The command itself says what is wrong with the run.
    if (error instanceof UserError || error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
