/** What a bench run was asked for, in a record that `--resume` and `merge` find. */
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { directions } from "../data/translation/directions.ts";
import { UserError } from "../errors.ts";
import { profileNames } from "../models/profiles.ts";
import { sha256Schema, timestampSchema } from "../results/schema_common.ts";
import { canonicalHash } from "../util/canonical_hash.ts";
import { ifPresent } from "../util/read_error.ts";
import { readSealed, type SealedFormat, writeSealed } from "../util/sealed_file.ts";

/** Everything that options of `bench` decide about its numbers. */
export const benchPlanSchema = z.strictObject({
  suite: z.string(),
  profile: z.enum(profileNames),
  tasks: z.array(z.string()),
  models: z.array(z.string()),
  seeds: z.array(z.int().nonnegative()),
  batchSize: z.int().positive().nullable(),
  updates: z.int().positive().nullable(),
  dataDir: z.string().nullable(),
  leaveOut: z.boolean(),
  scheduleOf: z.string().nullable(),
  learningRate: z.number().positive().nullable(),
  learningRates: z.array(z.number().positive()),
  carryState: z.boolean(),
  direction: z.enum(directions).nullable(),
  averagedModels: z.int().positive().nullable(),
});
/** See {@link benchPlanSchema}. */
export type BenchPlan = z.infer<typeof benchPlanSchema>;

const recordFormat = {
  format: "mega-webgpu/bench-run-1",
  schema: z.strictObject({
    plan: benchPlanSchema,
    /** Folder of all cells, absolute. */
    cells: z.string(),
    /** Result file that was asked for, absolute; `null` for one named by the time. */
    output: z.string().nullable(),
    /** Hash of the sources that it began with. */
    code: sha256Schema,
    commit: z.string().nullable(),
    startedAt: timestampSchema,
    /** Result file, once it is written. */
    result: z.string().nullable(),
    /** Cells of the runs that began, in order. */
    began: z.array(z.string()),
  }),
} satisfies SealedFormat<unknown>;
/** A bench run. */
export type BenchRecord = z.infer<typeof recordFormat.schema>;

/** Folder of the records in that of the cells. */
const runsFolder = (cells: string) => join(cells, "runs");

/** Name of a run: the same command with the same sources continues the same run. */
export function runName({ plan, cells, output, code }: BenchRecord): string {
  const hash = canonicalHash({ plan, cells, output, code });
  return `${plan.suite}-${plan.profile}-${hash.slice(0, 8)}`;
}

const recordPath = (cells: string, name: string) => join(runsFolder(cells), `${name}.json`);

/** Writes a record under its name. @throws {UserError} when it cannot be written. */
export async function saveRun(record: BenchRecord): Promise<void> {
  await writeSealed(recordPath(record.cells, runName(record)), recordFormat, record);
}

/** Removes the record of a run that never got going, where there is one. */
export async function dropRun(record: BenchRecord): Promise<void> {
  const path = recordPath(record.cells, runName(record));
  await ifPresent(path, Deno.remove(path));
}

/** The record of a name; undefined when there is none. @throws {UserError} when it is damaged. */
export async function readRun(cells: string, name: string): Promise<BenchRecord | undefined> {
  return await readSealed(recordPath(cells, name), recordFormat);
}

/** All records that can be read, and what is wrong with one that cannot. */
async function allRuns(cells: string) {
  const folder = runsFolder(cells);
  const entries = await ifPresent(folder, Array.fromAsync(Deno.readDir(folder))) ?? [];
  const records: BenchRecord[] = [];
  let trouble: UserError | undefined;
  for (const { name } of entries) {
    if (!name.endsWith(".json") || name.startsWith(".")) continue;
    try {
      const record = await readRun(cells, basename(name, ".json"));
      if (record !== undefined) records.push(record);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      trouble = error;
    }
  }
  return { records, trouble };
}

const latest = (records: readonly BenchRecord[]) =>
  records.toSorted((a, b) => a.startedAt < b.startedAt ? 1 : -1).at(0);

/**
 * Finds an unfinished run.
 *
 * @param which Name of a run, its record, or the result file that it is to write; `true` for the
 * latest one. @param cells Folder of the cells.
 * @throws {UserError} when there is none, it is finished, or its record is damaged.
 */
export async function findRun(which: string | true, cells: string): Promise<BenchRecord> {
  if (which === true) {
    const { records, trouble } = await allRuns(cells);
    const unfinished = latest(records.filter(({ result }) => result === null));
    if (unfinished !== undefined) return unfinished;
    throw trouble ??
      new UserError("no unfinished run to resume: leave --resume out to start one");
  }
  const name = basename(which, ".json");
  const path = resolve(which);
  const record = await readRun(cells, name) ??
    latest(
      (await allRuns(cells)).records.filter(({ output, result }) =>
        [output, result].includes(path)
      ),
    );
  if (record === undefined) {
    throw new UserError(
      `--resume ${which}: no such run; --resume alone continues the latest unfinished one`,
    );
  }
  if (record.result !== null) {
    throw new UserError(`--resume ${which}: this run is finished and wrote ${record.result}`);
  }
  return record;
}
