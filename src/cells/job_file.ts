/** `job.json`: what became of one job of a sweep, written by the job itself. */
import { z } from "zod";
import { countSchema, timestampSchema } from "../results/schema_common.ts";
import type { SealedFormat } from "../util/sealed_file.ts";

/** What a job is doing, or how it ended. */
export const jobStates = [
  "starting",
  "running",
  "completed",
  "diverged",
  "interrupted",
  "failed",
] as const;

/** See the module comment. */
export const jobFormat = {
  format: "mega-webgpu/job-1",
  schema: z.strictObject({
    state: z.enum(jobStates),
    /** Identity of its cell and the cell's folder; `null` until they are known. */
    cell: z.string().nullable(),
    folder: z.string().nullable(),
    /** Why it failed or was interrupted. */
    reason: z.string().nullable(),
    host: z.string(),
    pid: countSchema,
    at: timestampSchema,
  }),
} satisfies SealedFormat<unknown>;
/** See {@link jobFormat}. */
export type JobRecord = z.infer<typeof jobFormat.schema>;
