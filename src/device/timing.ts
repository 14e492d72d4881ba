import type { Device } from "./device.ts";

/** How {@link timePass} measures. */
export type TimeSource = "gpu timestamps" | "wall clock";

/** Where the times of a device come from. */
export function timeSource(device: Device): TimeSource {
  return device.hasTimestamps ? "gpu timestamps" : "wall clock";
}

/**
 * Runs one compute pass and returns the seconds that it took on the device: between two timestamps
 * of the device itself, or, where it has none, between submission and completion.
 *
 * @param encode Records the pass's dispatches.
 */
export async function timePass(
  device: Device,
  encode: (pass: GPUComputePassEncoder) => void,
): Promise<number> {
  const { gpu } = device;
  const encoder = gpu.createCommandEncoder({ label: "timed pass" });
  if (!device.hasTimestamps) {
    await device.finish();
    const start = performance.now();
    const pass = encoder.beginComputePass();
    encode(pass);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    await device.finish();
    return (performance.now() - start) / 1000;
  }
  const querySet = gpu.createQuerySet({ label: "timed pass", type: "timestamp", count: 2 });
  const times = gpu.createBuffer({
    label: "timestamps",
    size: 16,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  try {
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    encode(pass);
    pass.end();
    encoder.resolveQuerySet(querySet, 0, 2, times, 0);
    gpu.queue.submit([encoder.finish()]);
    const [begin = 0n, end = 0n] = new BigUint64Array(await device.read(times));
    return Number(end - begin) / 1e9;
  } finally {
    times.destroy();
    querySet.destroy();
  }
}
