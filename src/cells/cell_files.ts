/** What the files in the folder of a cell hold. */
import { z } from "zod";
import { profileNames } from "../data/profile_names.ts";
import {
  countSchema,
  jsonObjectSchema,
  quantitySchema,
  sha256Schema,
  timestampSchema,
} from "../results/schema_common.ts";
import { environmentSchema } from "../results/schema_environment.ts";
import { rowSchema, taskKinds } from "../results/schema_row.ts";
import type { SealedFormat } from "../util/sealed_file.ts";

/** All that the numbers of a run depend on; its hash names the folder. */
export const cellIdentitySchema = z.strictObject({
  suite: z.string().min(1),
  profile: z.enum(profileNames),
  task: z.strictObject({
    name: z.string().min(1),
    kind: z.enum(taskKinds),
    version: z.string(),
    direction: z.string().nullable(),
    /** Hash of the content of every split. */
    data: z.record(z.string(), sha256Schema),
  }),
  model: z.strictObject({ name: z.string().min(1), configuration: jsonObjectSchema }),
  /** Optimiser, schedule, updates, batches: everything of the run beside model and seed. */
  setting: jsonObjectSchema,
  seed: countSchema,
  /** Hash of the program's sources. */
  code: sha256Schema,
  /** The device and how its driver compiles. */
  adapter: jsonObjectSchema,
});
/** See {@link cellIdentitySchema}. */
export type CellIdentity = z.infer<typeof cellIdentitySchema>;

/** `cell.json`: what the cell is, written first. */
export const cellFormat = {
  format: "mega-webgpu/cell-1",
  schema: z.strictObject({
    identity: cellIdentitySchema,
    createdAt: timestampSchema,
    /** Commit of the checkout, where there is one. */
    commit: z.string().nullable(),
  }),
} satisfies SealedFormat<unknown>;

/** `progress.json`: how far the run is, for those who watch; rewritten every few seconds. */
export const progressFormat = {
  format: "mega-webgpu/cell-progress-1",
  schema: z.strictObject({
    update: countSchema,
    updates: countSchema,
    /** Mean training loss, nats. */
    loss: z.number().nullable(),
    score: z.strictObject({ name: z.string(), unit: z.string(), value: z.number().nullable() }),
    tokensPerSecond: quantitySchema.nullable(),
    secondsLeft: quantitySchema.nullable(),
    at: timestampSchema,
  }),
} satisfies SealedFormat<unknown>;
/** See {@link progressFormat}. */
export type CellProgress = z.infer<typeof progressFormat.schema>;

/** `curve.json`: the curves so far, as of the last checkpoint. */
export const curveFormat = {
  format: "mega-webgpu/cell-curve-1",
  schema: z.strictObject({
    curve: rowSchema.shape.curve,
    validationCurve: rowSchema.shape.validationCurve,
  }),
} satisfies SealedFormat<unknown>;
/** See {@link curveFormat}. */
export type CellCurve = z.infer<typeof curveFormat.schema>;

/** `row.json`: what the run measured; a cell with this file is complete. */
export const cellRowFormat = {
  format: "mega-webgpu/cell-row-1",
  schema: z.strictObject({
    row: rowSchema,
    environment: environmentSchema,
    /** What a reader of a result with this row should know of how it was made. */
    warnings: z.array(z.string()),
    startedAt: timestampSchema,
    finishedAt: timestampSchema,
    /** Commits of the attempts, in order; `null` where there was no checkout. */
    commits: z.array(z.string().nullable()),
    /** Departures from the profile, as a result names them. */
    overrides: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
} satisfies SealedFormat<unknown>;
/** See {@link cellRowFormat}. */
export type CellRow = z.infer<typeof cellRowFormat.schema>;

/** `log.json`: what happened, one event a line. */
export const cellLogFormat = {
  format: "mega-webgpu/cell-log-1",
  schema: z.array(z.strictObject({
    at: timestampSchema,
    event: z.string(),
    /** Commit of the checkout at that time, where there was one. */
    commit: z.string().nullable(),
  })),
} satisfies SealedFormat<unknown>;
/** See {@link cellLogFormat}. */
export type CellLog = z.infer<typeof cellLogFormat.schema>;
