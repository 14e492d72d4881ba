/** Description of the open device for result files. */
import type { Device } from "../src/device/device.ts";
import type { AdapterRecord } from "../src/results/schema_environment.ts";

/** Adapter part of the environment; the launcher names the driver in MEGA_DRIVER_NAME. */
export function adapterRecord(device: Device): Omit<AdapterRecord, "driverOrigin"> {
  const { adapterInfo, gpu, limits } = device;
  const variable = { name: "env", variable: "MEGA_DRIVER_NAME" } as const;
  const readable = Deno.permissions.querySync(variable).state === "granted";
  return {
    vendor: adapterInfo.vendor,
    architecture: "",
    device: adapterInfo.device,
    description: adapterInfo.description,
    class: adapterInfo.class,
    driver: (readable ? Deno.env.get("MEGA_DRIVER_NAME") : undefined) || null,
    features: [...gpu.features].toSorted(),
    limits: { ...limits },
  };
}
