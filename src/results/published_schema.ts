import { z } from "zod";

/** Identifier that every file of published figures carries in `schema`. */
export const publishedSchemaId = "mega-webgpu/published";

/** How sure we are that a figure is what its source prints. */
export const confidences = ["seen-twice", "seen-once", "derived", "recalled"] as const;

const confidenceSchema = z.enum(confidences).describe(
  "Read in two independent places, read in one, computed by us, or quoted from memory",
);

const sourcesSchema = z.array(z.string().min(1)).min(1).describe("Keys of `sources` in the file");

/** One figure of the paper, of its authors' code, or of someone else's work. */
export const publishedRowSchema = z.strictObject({
  task: z.string().min(1).describe("Task identifier, for example listops"),
  model: z.string().min(1).describe("Model identifier, for example mega-chunk"),
  label: z.string().min(1).describe("Name of the model as printed"),
  metric: z.string().min(1).describe("Metric identifier, for example accuracy"),
  value: z.number().nullable().describe("Figure in `unit`; null where a cross is printed"),
  unit: z.string().min(1).describe("Unit of the figure; accuracies are in percent"),
  higherIsBetter: z.boolean().nullable().describe("Direction of improvement; null if neither"),
  parameterCount: z.int().positive().optional().describe("Trained scalars, as far as printed"),
  confidence: confidenceSchema,
  sources: sourcesSchema,
  note: z.string().min(1).optional().describe("What to know before using the figure"),
});

/** One published hyper-parameter. */
export const publishedSettingSchema = z.strictObject({
  subject: z.string().min(1).describe("Task or model to which the setting belongs"),
  setting: z.string().min(1).describe("Name of the setting"),
  value: z.union([z.number(), z.string(), z.boolean(), z.null()]).describe(
    "Value as printed; null where a dash is printed",
  ),
  confidence: confidenceSchema,
  sources: sourcesSchema,
  note: z.string().min(1).optional().describe("What to know before using the value"),
});

/** A file with one kind of rows, grouped by the table they are printed in. */
function fileSchema<K extends string, R extends z.ZodType>(kind: K, row: R) {
  return z.strictObject({
    schema: z.literal(publishedSchemaId).describe("Identifies the format"),
    version: z.literal(1).describe("Version of the format"),
    kind: z.literal(kind).describe("What the rows hold"),
    sources: z.record(z.string(), z.string()).describe("Citations by key"),
    tables: z.array(z.strictObject({
      id: z.string().min(1).describe("Identifier of the table"),
      title: z.string().min(1).describe("What the table shows and where it is printed"),
      provenance: z.enum(["published", "third-party", "derived"]).describe(
        "By the authors of Mega, by others, or computed by us from published material",
      ),
      rows: z.array(row).min(1),
    })),
  });
}

/** A file of figures. */
export const publishedMetricsSchema = fileSchema("metrics", publishedRowSchema);

/** A file of hyper-parameters. */
export const publishedSettingsSchema = fileSchema("settings", publishedSettingSchema);

/** Who stands behind a published figure. */
export type PublishedProvenance = "published" | "third-party" | "derived";
