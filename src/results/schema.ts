import { z } from "zod";
import { aggregateSchema } from "./schema_aggregate.ts";
import { profileNames } from "../data/profile_names.ts";
import { checkRepetitions } from "./row_checks.ts";
import { jsonObjectSchema, timestampSchema } from "./schema_common.ts";
import { environmentSchema } from "./schema_environment.ts";
import { kernelRowSchema } from "./schema_kernel.ts";
import { rowSchema } from "./schema_row.ts";

/** Identifier that every result file carries in `schema`. */
export const resultSchemaId = "mega-webgpu/result";

/** Version of the result format that this code writes. */
export const resultSchemaVersion = 2;

/**
 * A result file: everything that one run of one suite measured, and what it takes to compare or
 * repeat it. Unknown fields are refused at every level. A field that does not apply is null and not
 * absent; only those of decoded text are absent, as from the files written before there was any.
 */
export const resultSchema = z.strictObject({
  schema: z.literal(resultSchemaId).describe("Identifies the format"),
  version: z.literal(resultSchemaVersion).describe("Version of the format"),
  startedAt: timestampSchema.describe("Start of the run, ISO 8601 in UTC"),
  finishedAt: timestampSchema.nullable().describe(
    "End of the run, ISO 8601 in UTC; null when it was interrupted",
  ),
  suite: z.string().min(1).describe("Suite that ran, for example lra or kernels"),
  profile: z.enum(profileNames).describe("Budget in which it ran"),
  overrides: jsonObjectSchema.describe(
    "Options that depart from the profile, by name; empty for the profile as it stands",
  ),
  environment: environmentSchema.describe("Code, runtime and machine"),
  rows: z.array(rowSchema).describe("Training runs, one per task, model and seed"),
  aggregate: z.array(aggregateSchema).describe(
    "Statistics over the seeds of final runs, one per task, model, metric, split, setting",
  ),
  kernels: z.array(kernelRowSchema).describe("Kernel timings; empty outside the kernels suite"),
  warnings: z.array(z.string()).describe("What a reader of the whole result should know"),
}).superRefine(checkRepetitions).meta({
  title: "Result of a mega-webgpu benchmark run",
  description: "Written by the bench command; one file per run of a suite.",
});

/** A result file in memory; see {@link resultSchema}. */
export type Result = z.infer<typeof resultSchema>;
