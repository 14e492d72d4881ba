import { z } from "zod";

/** Moment in UTC, ISO 8601, for example `2026-01-31T12:00:00Z`. */
export const timestampSchema = z.iso.datetime();

/** SHA-256 digest as 64 lower-case hexadecimal digits. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits");

/** Whole number of things, zero or more. */
export const countSchema = z.int().nonnegative();

/** Finite quantity, zero or more. */
export const quantitySchema = z.number().nonnegative();

/** Part of a whole, from 0 to 1. */
export const shareSchema = z.number().min(0).max(1);

/** A JSON object of free form, for configurations whose shape belongs to the code that reads it. */
export const jsonObjectSchema = z.record(z.string(), z.json());

/** Two-sided confidence interval and the method that produced it. */
export const intervalSchema = z.strictObject({
  low: z.number().describe("Lower bound, in the unit of the value it belongs to"),
  high: z.number().describe("Upper bound, in the unit of the value it belongs to"),
  confidence: z.number().gt(0).lt(1).describe("Two-sided confidence level, for example 0.95"),
  method: z.enum(["wilson", "student-t", "bootstrap"]).describe("How the bounds were computed"),
});

/** A confidence interval; see {@link intervalSchema}. */
export type Interval = z.infer<typeof intervalSchema>;
