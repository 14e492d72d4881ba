/** The folder of a sweep: its plan, and a folder for each job. */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { canonicalHash } from "../util/canonical_hash.ts";
import { ifPresent, isPresent } from "../util/read_error.ts";
import { readSealed, writeSealed } from "../util/sealed_file.ts";
import { expandJobs, withoutRepeats } from "./expand.ts";
import { planHash, sweepFormat, type SweepPlan, type SweepRecord } from "./plan.ts";

const recordName = "sweep.json";

/**
 * Checks the name of a sweep, which is the name of its folder.
 *
 * @throws {UserError} when it would not do for one.
 */
export function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(name)) return name;
  throw new UserError(
    `--name ${JSON.stringify(name)}: use letters, digits, dots, dashes and underscores`,
  );
}

/** Folder of a job. */
export function jobFolder(sweep: string, index: number): string {
  return join(sweep, "jobs", String(index));
}

/** Numbers of the jobs that have a folder: that were started once. */
export async function begunJobs(sweep: string): Promise<Set<number>> {
  const folder = join(sweep, "jobs");
  const entries = await ifPresent(folder, Array.fromAsync(Deno.readDir(folder)));
  return new Set((entries ?? []).map(({ name }) => Number(name)));
}

/** Names of the parts of a plan, as the options that set them. */
const partNames: Readonly<Record<keyof SweepPlan, string>> = {
  suite: "--suite",
  profile: "--profile",
  runs: "tasks or models",
  seeds: "--seeds",
  settings: "settings",
  direction: "--direction",
  carryState: "--carry-state",
  data: "--data",
  cells: "--cells",
  code: "the program's sources",
};

function differences(a: SweepPlan, b: SweepPlan): string[] {
  const keys = sweepFormat.schema.shape.plan.keyof().options;
  return keys.filter((key) => canonicalHash([a[key]]) !== canonicalHash([b[key]]))
    .map((key) => partNames[key]);
}

/**
 * Reads what a sweep is; `undefined` where there is none.
 *
 * @param folder Folder of the sweep.
 * @throws {UserError} when its file is damaged.
 */
export async function readSweep(folder: string): Promise<SweepRecord | undefined> {
  return await readSealed(join(folder, recordName), sweepFormat);
}

/**
 * Writes what a sweep is, or makes sure that its folder holds this sweep. To be called with its lock.
 *
 * @throws {UserError} when the folder holds a sweep of another plan.
 */
export async function openSweep(
  folder: string,
  name: string,
  given: SweepPlan,
): Promise<SweepRecord> {
  const plan = withoutRepeats(given);
  const earlier = await readSweep(folder);
  if (earlier === undefined) {
    const jobs = expandJobs(plan);
    const record = { name, createdAt: new Date().toISOString(), plan, jobs };
    await writeSealed(join(folder, recordName), sweepFormat, record);
    return record;
  }
  if (planHash(earlier.plan) === planHash(plan)) return earlier;
  throw new UserError(
    `${folder}: a sweep with other ${differences(earlier.plan, plan).join(", ")}: ` +
      "give another --name (runs that are the same are not repeated)",
  );
}

/**
 * The sweep that was worked on last.
 *
 * @param sweeps Folder of all sweeps.
 * @throws {UserError} when there is none.
 */
export async function latestSweep(sweeps: string): Promise<string> {
  let latest: { readonly name: string; readonly time: number } | undefined;
  const none = new UserError(`${sweeps}: there are no sweeps yet: start one with deno task sweep`);
  if (!await isPresent(sweeps)) throw none;
  for await (const { name, isDirectory } of Deno.readDir(sweeps)) {
    if (!isDirectory) continue;
    const folder = join(sweeps, name);
    // Every start leaves a new lock file in the folder.
    const stat = await ifPresent(folder, Deno.stat(folder));
    const time = stat?.mtime?.getTime() ?? 0;
    if (!await isPresent(join(folder, recordName))) continue;
    if (latest === undefined || time > latest.time) latest = { name, time };
  }
  if (latest === undefined) throw none;
  return latest.name;
}
