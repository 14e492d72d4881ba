import { z } from "zod";
import { adapterClasses } from "../device/adapter_class.ts";
import { countSchema, quantitySchema } from "./schema_common.ts";

/** The WebGPU adapter that computed the result, with the driver behind it. */
export const adapterSchema = z.strictObject({
  vendor: z.string().describe("Vendor as WebGPU reports it; may be empty"),
  architecture: z.string().describe("Architecture as WebGPU reports it; may be empty"),
  device: z.string().describe("Device as WebGPU reports it; may be empty"),
  description: z.string().describe("Description as WebGPU reports it; may be empty"),
  class: z.enum(adapterClasses).describe("Decides which kernel variants run"),
  driver: z.string().nullable().describe("Driver name and version; null when not known"),
  features: z.array(z.string()).describe("WebGPU features enabled on the device"),
  limits: z.record(z.string(), quantitySchema).describe(
    "WebGPU limits of the device by name, in the units of the WebGPU specification",
  ),
  driverOrigin: z.string().describe("Where the driver came from: `system` or a provided package"),
});

/** Rates measured on the adapter by small probes, the yardsticks for kernel timings. */
export const adapterRatesSchema = z.strictObject({
  gigaflops: quantitySchema.describe("Measured multiply-add rate, 1e9 operations per second"),
  gigabytesPerSecond: quantitySchema.describe("Measured memory bandwidth, 1e9 bytes per second"),
  readbackMilliseconds: quantitySchema.describe("Latency of one small readback, milliseconds"),
});

/** Code, runtime and machine of a result. Never holds a host or user name. */
export const environmentSchema = z.strictObject({
  git: z.strictObject({
    commit: z.string().regex(/^[0-9a-f]{40,64}$/).nullable().describe(
      "Commit of the harness; null outside a git checkout",
    ),
    dirty: z.boolean().nullable().describe(
      "Whether the checkout had uncommitted changes; null outside a git checkout",
    ),
  }).describe("Version of the harness"),
  deno: z.string().describe("Deno version"),
  v8: z.string().describe("V8 version"),
  typescript: z.string().describe("TypeScript version"),
  os: z.strictObject({
    name: z.string().describe("Operating system, for example linux"),
    release: z.string().nullable().describe("Kernel or system release; null when not readable"),
    architecture: z.string().describe("Processor architecture, for example x86_64"),
  }).describe("Operating system"),
  cpu: z.strictObject({
    model: z.string().nullable().describe("Processor model; null when not readable"),
    cores: countSchema.describe("Logical processors visible to the process"),
  }).describe("Processor"),
  adapter: adapterSchema.describe("WebGPU adapter and device in use"),
  rates: adapterRatesSchema.nullable().describe("Measured adapter rates; null when not probed"),
});

/** Code, runtime and machine of a result; see {@link environmentSchema}. */
export type Environment = z.infer<typeof environmentSchema>;

/** Adapter part of an environment; see {@link adapterSchema}. */
export type AdapterRecord = z.infer<typeof adapterSchema>;

/** Probed rates of an adapter; see {@link adapterRatesSchema}. */
export type AdapterRates = z.infer<typeof adapterRatesSchema>;
