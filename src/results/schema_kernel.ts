import { z } from "zod";
import { adapterClasses } from "../device/adapter_class.ts";
import { countSchema, quantitySchema } from "./schema_common.ts";

const peerSchema = z.strictObject({
  name: z.string().min(1).describe("Library that did the same work in the same run"),
  version: z.string().min(1).describe("Version of that library"),
  medianMilliseconds: quantitySchema.describe("Median time of the peer, milliseconds"),
  ratio: quantitySchema.describe("Peer time over our time; above 1 our kernel is the faster"),
});

/** One kernel at one shape on the adapter of the result. */
export const kernelRowSchema = z.strictObject({
  kernel: z.string().min(1).describe("Kernel identifier, for example matmul"),
  shape: z.record(z.string(), countSchema).describe("Dimensions by name, for example m, n, k"),
  variant: z.enum(adapterClasses).describe(
    "Adapter class that the kernel variant is made for",
  ),
  medianMilliseconds: quantitySchema.describe("Median time of one dispatch, milliseconds"),
  madMilliseconds: quantitySchema.describe("Median absolute deviation, milliseconds"),
  samples: z.array(quantitySchema).min(1).describe(
    "Raw times in order of measurement, milliseconds",
  ),
  gigaflops: quantitySchema.nullable().describe(
    "1e9 floating-point operations per second; null for kernels that only move data",
  ),
  shareOfMultiplyAddRate: quantitySchema.nullable().describe(
    "Rate over the measured multiply-add rate, fraction; null without that rate",
  ),
  gigabytesPerSecond: quantitySchema.describe("Least traffic over time, 1e9 bytes per second"),
  shareOfBandwidth: quantitySchema.nullable().describe(
    "Traffic over the measured bandwidth, fraction; caches can lift it above 1; null without it",
  ),
  peers: z.array(peerSchema).describe("The same work by other libraries; may be empty"),
  warnings: z.array(z.string()).describe("What a reader of this row should know, one line each"),
  provenance: z.literal("measured").describe("Rows are always our own measurements"),
});

/** One kernel at one shape; see {@link kernelRowSchema}. */
export type KernelRow = z.infer<typeof kernelRowSchema>;
