/** Benches in processes of their own, for tests that interrupt and kill them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readResult } from "../results/store.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { PROJECT_ROOT } from "./paths.ts";

/** How a bench ended. */
export interface Ended {
  readonly code: number;
  readonly stderr: string;
}

/**
 * The words of a command that may write to a folder, without the launcher.
 *
 * @param args The command and its options.
 */
export function commandLine(folder: string, args: readonly string[]): string[] {
  return [
    Deno.execPath(),
    "run",
    "--no-check",
    "--no-prompt",
    `--allow-read=${PROJECT_ROOT},${folder}`,
    `--allow-write=${folder}`,
    "--allow-env",
    "--allow-sys",
    join(PROJECT_ROOT, "src/cli/main.ts"),
    ...args,
  ];
}

/** Starts a command that keeps everything in a folder, on the device that the tests use. */
export function startCommand(folder: string, args: readonly string[]): Deno.ChildProcess {
  const [program, ...rest] = commandLine(folder, args);
  return new Deno.Command(program, {
    args: rest,
    env: { MEGA_CACHE: join(folder, "cache"), NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Waits for the end of a command. */
export async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stderr } = await child.output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** Runs a bench to its end, whatever that is. */
export function runBench(folder: string, args: readonly string[]): Promise<Ended> {
  return ended(startCommand(folder, ["bench", "--cells", join(folder, "cells"), ...args]));
}

/** Runs a bench that must succeed. @returns The rows of its result. */
export async function rowsOf(
  folder: string,
  args: readonly string[],
  name: string,
): Promise<ResultRow[]> {
  const output = join(folder, `${name}.json`);
  const { code, stderr } = await runBench(folder, [...args, "--output", output]);
  assert.equal(code, 0, stderr);
  return (await readResult(output)).rows;
}

/** The words of the command that a message advises, without `deno task`. */
export function advised(stderr: string): string[] {
  const command = /`deno task ([^`]+)` (?:continues|sets)/.exec(stderr)?.[1];
  assert.ok(command, stderr);
  return command.split(" ").map((word) => word.replace(/^'(.*)'$/, "$1"));
}

/** Folders of the cells of a store. */
export async function cellFolders(store: string): Promise<string[]> {
  const folders: string[] = [];
  for await (const { name } of Deno.readDir(store)) {
    if (/^[0-9a-f]{20}$/.test(name)) folders.push(join(store, name));
  }
  return folders.sort();
}

/** What must not depend on interruptions. */
export function numbers(row: ResultRow) {
  const { task, model, seed, curve, validationCurve, metrics, updatesDone, status, sample } = row;
  // Names of files follow from that of the result.
  const written = row.translations?.map(({ file: _, ...rest }) => rest);
  const who = [task.name, model.name, seed];
  return { who, curve, validationCurve, metrics, updatesDone, status, sample, written };
}

/** Waits until a condition holds. @returns False when the process ended before. */
export async function until(
  child: Deno.ChildProcess,
  condition: () => Promise<boolean>,
): Promise<boolean> {
  let over = false;
  const status = child.status.then(() => over = true);
  while (!over && !await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  if (over) await status;
  return !over;
}
