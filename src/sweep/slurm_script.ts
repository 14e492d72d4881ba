/** The script of a job array: each of its tasks runs one job. */
import { UserError } from "../errors.ts";
import type { JobRun } from "./executor.ts";
import { shellLine, shellWord } from "../util/shell_word.ts";
import { sbatchOptions, type SlurmOptions } from "./slurm_options.ts";

/** One job array. */
export interface ArrayRequest {
  /** Name of the array; no other one has it. */
  readonly name: string;
  /** Folder of the array, absolute; {@link arrayOutput} lies there. */
  readonly folder: string;
  /** Array that has to end before this one starts. */
  readonly after?: number | undefined;
  /** The jobs; the number of a task is its place in this list. */
  readonly runs: readonly JobRun[];
}

/** File name of what Slurm itself has to say about a task. */
export function arrayOutput(task: number | "%a"): string {
  return `task-${task}.txt`;
}

/**
 * The script. Tasks take the whole text with them, so that the files of the sweep may be out of
 * reach when they start; the shell gives way to the launcher, which so gets Slurm's signals.
 *
 * @param runs The jobs; the number of a task is its place in this list.
 */
export function arrayScript(runs: readonly JobRun[]): string {
  const argv = sharedStart(runs.map((run) => run.argv));
  const environments = runs.map((run) => withoutSlurm(run.environment));
  const environment = sharedEntries(environments);
  const tasks = runs.flatMap((run, task) => [
    `${task})`,
    ...exports(Object.entries(environments[task]).filter(([name]) => !environment.has(name))),
    `  log=${shellWord(run.log)}`,
    `  set -- ${shellLine(run.argv.slice(argv.length))}`,
    "  ;;",
  ]);
  return [
    "#!/bin/sh",
    ...exports([...environment]).map((line) => line.trimStart()),
    'case "$SLURM_ARRAY_TASK_ID" in',
    ...tasks,
    "*)",
    '  echo "this script has no task $SLURM_ARRAY_TASK_ID" >&2',
    "  exit 2",
    "  ;;",
    "esac",
    `exec ${[...argv.map(shellWord), '"$@"'].join(" ")} >>"$log" 2>&1`,
    "",
  ].join("\n");
}

/**
 * The arguments of `sbatch` for an array.
 *
 * @param script Path of its script.
 * @throws {UserError} for options as {@link sbatchOptions} does, and for a folder that Slurm cannot name.
 */
export function sbatchArguments(
  { name, folder, after, runs }: ArrayRequest,
  options: SlurmOptions,
  script: string,
): string[] {
  if (folder.includes("\\")) {
    throw new UserError(`${folder}: Slurm takes no backslash in a path: choose another folder`);
  }
  const limit = options.processes === undefined ? "" : `%${options.processes}`;
  return [
    "--parsable",
    `--job-name=${name}`,
    `--array=0-${runs.length - 1}${limit}`,
    `--chdir=${folder}`,
    `--output=${folder.replaceAll("%", "%%")}/${arrayOutput("%a")}`,
    // A job that starts again goes on in the same file.
    "--open-mode=append",
    ...(after === undefined ? [] : [`--dependency=afterany:${after}`]),
    ...sbatchOptions(options),
    script,
  ];
}

/** A controller may be a job itself; its variables would say that of its jobs. */
function withoutSlurm(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith("SLURM_")),
  );
}

function exports(entries: readonly (readonly [string, string])[]): string[] {
  return entries.map(([name, value]) => `  export ${name}=${shellWord(value)}`);
}

/** What all lists begin with; at least one word is left to each. */
function sharedStart([first = [], ...others]: readonly (readonly string[])[]): readonly string[] {
  const shortest = Math.min(first.length, ...others.map(({ length }) => length));
  const differs = first.findIndex((word, i) => others.some((other) => other[i] !== word));
  return first.slice(0, Math.min(differs < 0 ? Infinity : differs, shortest - 1));
}

/** What all records have in common. */
function sharedEntries(
  [first = {}, ...others]: readonly Readonly<Record<string, string>>[],
): ReadonlyMap<string, string> {
  const entries = Object.entries(first);
  return new Map(entries.filter(([name, value]) => others.every((other) => other[name] === value)));
}
