/** What a sweep runs, and the file that keeps it. */
import { z } from "zod";
import { directions } from "../data/translation/directions.ts";
import { profileNames } from "../data/profile_names.ts";
import { countSchema, sha256Schema, timestampSchema } from "../results/schema_common.ts";
import { canonicalHash } from "../util/canonical_hash.ts";
import type { SealedFormat } from "../util/sealed_file.ts";

/** Departures from the profile that a sweep compares; `null` for the profile's own value. */
export const settingSchema = z.strictObject({
  /** Peak learning rate. */
  learningRate: z.number().positive().nullable(),
  /** Sequences per batch. */
  batchSize: z.int().positive().nullable(),
  updates: z.int().positive().nullable(),
  /** How many of the last models are averaged for the evaluation. */
  average: z.int().positive().nullable(),
});
/** See {@link settingSchema}. */
export type Setting = z.infer<typeof settingSchema>;

const runSchema = z.strictObject({ task: z.string().min(1), model: z.string().min(1) });

/** All that the jobs of a sweep depend on; its hash tells sweeps apart. */
export const sweepPlanSchema = z.strictObject({
  suite: z.string().min(1),
  profile: z.enum(profileNames),
  /** Tasks with the models that learn them. */
  runs: z.array(runSchema).min(1),
  seeds: z.array(countSchema).min(1),
  settings: z.array(settingSchema).min(1),
  direction: z.enum(directions).nullable(),
  carryState: z.boolean(),
  /** Folder with official data; absolute. */
  data: z.string().nullable(),
  /** Folder of the cells; absolute. */
  cells: z.string(),
  /** Hash of the program's sources: other code makes other cells. */
  code: sha256Schema,
});
/** See {@link sweepPlanSchema}. */
export type SweepPlan = z.infer<typeof sweepPlanSchema>;

/** One run of one model: a job of a sweep. */
export const sweepJobSchema = z.strictObject({
  index: countSchema,
  ...runSchema.shape,
  seed: countSchema,
  setting: settingSchema,
});
/** See {@link sweepJobSchema}. */
export type SweepJob = z.infer<typeof sweepJobSchema>;

/** `sweep.json`: written once, when the sweep is made. */
export const sweepFormat = {
  format: "mega-webgpu/sweep-1",
  schema: z.strictObject({
    name: z.string().min(1),
    createdAt: timestampSchema,
    plan: sweepPlanSchema,
    jobs: z.array(sweepJobSchema),
  }),
} satisfies SealedFormat<unknown>;
/** See {@link sweepFormat}. */
export type SweepRecord = z.infer<typeof sweepFormat.schema>;

/** Hash of a plan. */
export function planHash(plan: SweepPlan): string {
  return canonicalHash(plan);
}

/** Name of a sweep that was given none, for example `lm-quick-1a2b3c4d5e`. */
export function defaultName(plan: SweepPlan): string {
  return `${plan.suite}-${plan.profile}-${planHash(plan).slice(0, 10)}`;
}
