import { z } from "zod";
import { SPLIT_NAMES } from "../data/dataset.ts";
import { checkAggregate } from "./row_checks.ts";
import { countSchema, intervalSchema, quantitySchema } from "./schema_common.ts";
import { metricSettingSchema, runStatuses } from "./schema_row.ts";

/**
 * One metric of one (task, model) over the seeds of its final runs. Derived from the rows, kept for
 * readers.
 */
export const aggregateSchema = z.strictObject({
  task: z.string().min(1).describe("Task identifier"),
  model: z.string().min(1).describe("Model identifier"),
  metric: z.string().min(1).describe("Metric identifier"),
  split: z.enum(SPLIT_NAMES).describe("Split on which the metric was taken"),
  setting: metricSettingSchema.nullable().describe(
    "Conditions of an evaluation beside the usual one; null for the usual one",
  ),
  unit: z.string().describe("Unit of the values"),
  higherIsBetter: z.boolean().describe("Direction of improvement"),
  values: z.array(z.strictObject({
    seed: countSchema.describe("Seed of the run"),
    status: z.enum(runStatuses).describe("How that run ended"),
    value: z.number().nullable().describe("Value of that run; null when it has none"),
  })).describe("Raw values, one per seed, runs without a value included"),
  n: countSchema.describe("Number of completed runs with a value; only these enter the statistics"),
  mean: z.number().nullable().describe("Mean of those values; null when n is 0"),
  standardDeviation: quantitySchema.nullable().describe(
    "Sample standard deviation (divisor n - 1); null when n is below 2",
  ),
  interval: intervalSchema.nullable().describe(
    "Student t interval of the mean over seeds; null when n is below 2",
  ),
  note: z.string().nullable().describe("Why a statistic is missing or which seeds are left out"),
}).superRefine(checkAggregate);

/** One metric over the seeds of a (task, model); see {@link aggregateSchema}. */
export type Aggregate = z.infer<typeof aggregateSchema>;
