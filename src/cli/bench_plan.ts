/** The plan file of a bench run: what was asked for, so that `--resume` needs no other options. */
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { directions } from "../data/translation/directions.ts";
import { profileNames } from "../models/profiles.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";

/** See the module comment. */
export const benchPlanSchema = z.strictObject({
  format: z.literal("mega-webgpu/bench-plan-4"),
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
  learningRates: z.array(z.number().positive()),
  carryState: z.boolean(),
  direction: z.enum(directions).nullable(),
  averagedModels: z.int().positive().nullable(),
});
/** See {@link benchPlanSchema}. */
export type BenchPlan = z.infer<typeof benchPlanSchema>;

/** Folder for checkpoints and the plan of the run that writes `output`. */
export function runFolder(output: string): string {
  return output.replace(/\.json$/, "") + ".run";
}

/** Result file that belongs to a run folder. */
export function outputOf(folder: string): string {
  return folder.replace(/\.run\/?$/, "") + ".json";
}

/** Writes the plan into the run folder. */
export async function savePlan(folder: string, plan: BenchPlan): Promise<void> {
  await writeFileAtomic(join(folder, "plan.json"), `${JSON.stringify(plan, null, 2)}\n`);
}

/** Removes the folder of a run that never began: one that holds the plan alone. */
export async function dropUnusedRun(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) if (name !== "plan.json") return;
  await Deno.remove(folder, { recursive: true });
}

async function modified(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function latestRun(results: string): Promise<string> {
  let latest: { readonly folder: string; readonly time: number } | undefined;
  for await (const entry of Deno.readDir(results)) {
    if (!entry.name.endsWith(".run")) continue;
    const folder = join(results, entry.name);
    const time = await modified(join(folder, "plan.json"));
    if (time !== undefined && (latest === undefined || time > latest.time)) {
      latest = { folder, time };
    }
  }
  if (!latest) throw new UserError(`${results}: no unfinished run to resume`);
  return latest.folder;
}

/**
 * Finds an unfinished run.
 *
 * @param which A result file or run folder, or `true` for the latest one in `results`.
 * @throws {UserError} when there is none, or its plan is damaged.
 */
export async function findRun(
  which: string | true,
  results: string,
): Promise<{ readonly folder: string; readonly plan: BenchPlan }> {
  const folder = which === true
    ? await latestRun(results)
    : resolve(which.endsWith(".json") ? runFolder(which) : which);
  const path = join(folder, "plan.json");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(
      `${join(basename(dirname(folder)), basename(folder))}: no unfinished run here; ` +
        "a finished one has nothing to resume",
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${path}: not JSON; delete the folder to start over`);
  }
  const parsed = benchPlanSchema.safeParse(value);
  if (!parsed.success) throw new UserError(`${path}: not a plan of this version`);
  return { folder, plan: parsed.data };
}
