/** What a sweep has handed over to Slurm: a sealed file for each array, in a folder of its own. */
import { join } from "node:path";
import { z } from "zod";
import { countSchema, timestampSchema } from "../results/schema_common.ts";
import { ifPresent } from "../util/read_error.ts";
import { readSealed, type SealedFormat, writeSealed } from "../util/sealed_file.ts";

const arrayFormat = {
  format: "mega-webgpu/slurm-array-1",
  schema: z.strictObject({
    /** Name of the array in Slurm: no other one has it. */
    name: z.string().min(1),
    /** Its number; `null` until Slurm has given one. */
    id: countSchema.nullable(),
    /** When it was about to be submitted. */
    at: timestampSchema,
    /** The attempts; the number of a task is its place in this list. */
    runs: z.array(z.strictObject({
      index: countSchema,
      attempt: countSchema,
      folder: z.string(),
      log: z.string(),
      argv: z.array(z.string()),
      environment: z.record(z.string(), z.string()),
    })),
  }),
} satisfies SealedFormat<unknown>;
/** See the module comment. */
export type ArrayRecord = z.infer<typeof arrayFormat.schema>;

/** An array and its folder. */
export interface KnownArray {
  readonly folder: string;
  readonly record: ArrayRecord;
}

/** Folder of an array of a sweep, by its number in the sweep. */
export function arrayFolder(sweep: string, number: number): string {
  return join(sweep, "slurm", String(number));
}

/** Path of an array's script. */
export function scriptPath(folder: string): string {
  return join(folder, "script.sh");
}

const recordPath = (folder: string) => join(folder, "array.json");

/**
 * Writes what is known of an array.
 *
 * @throws {UserError} when it cannot be written.
 */
export async function writeArray({ folder, record }: KnownArray): Promise<void> {
  await writeSealed(recordPath(folder), arrayFormat, record);
}

/** Numbers of the arrays of a sweep that have a folder, in the order in which they were made. */
async function arrayNumbers(sweep: string): Promise<number[]> {
  const parent = join(sweep, "slurm");
  const entries = await ifPresent(parent, Array.fromAsync(Deno.readDir(parent))) ?? [];
  return entries.flatMap(({ name }) => /^\d+$/.test(name) ? [Number(name)] : [])
    .toSorted((a, b) => a - b);
}

/**
 * All arrays of a sweep, in the order in which they were submitted.
 *
 * @throws {UserError} when a file is damaged: its jobs may still be running.
 */
export async function readArrays(sweep: string): Promise<KnownArray[]> {
  const arrays: KnownArray[] = [];
  for (const number of await arrayNumbers(sweep)) {
    const folder = arrayFolder(sweep, number);
    const record = await readSealed(recordPath(folder), arrayFormat);
    // Without a record nothing was submitted.
    if (record !== undefined) arrays.push({ folder, record });
  }
  return arrays;
}

/** The number in the sweep for its next array. */
export async function nextArray(sweep: string): Promise<number> {
  return ((await arrayNumbers(sweep)).at(-1) ?? 0) + 1;
}
