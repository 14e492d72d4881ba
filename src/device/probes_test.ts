import assert from "node:assert/strict";
import { openDevice } from "./device.ts";
import { probeFeatures } from "./features.ts";
import { measureBandwidth, measureFmaRate, measureReadbackLatency } from "./probes.ts";
import { checkAdapter } from "./provision/adapter_check.ts";

Deno.test("probes measure plausible rates and release their buffers", async () => {
  const device = await openDevice();
  try {
    const gigaflops = await measureFmaRate(device);
    const bandwidth = await measureBandwidth(device);
    const latency = await measureReadbackLatency(device);
    device.check();
    // From a loaded laptop core with a slow software driver to the largest GPUs.
    assert.ok(gigaflops > 0.5 && gigaflops < 1e6, `${gigaflops} GFLOP/s`);
    assert.ok(bandwidth > 0.05 && bandwidth < 1e5, `${bandwidth} GB/s`);
    assert.ok(latency > 0 && latency < 1000, `${latency} ms`);
    assert.equal(device.liveBuffers, 0);
  } finally {
    device.destroy();
  }
});

Deno.test("probeFeatures answers for every feature it asks for", async () => {
  const features = await probeFeatures();
  assert.deepEqual(Object.keys(features).sort(), ["shader-f16", "subgroups", "timestamp-query"]);
  const adapter = await navigator.gpu.requestAdapter();
  assert.equal(features["timestamp-query"], adapter?.features.has("timestamp-query"));
});

Deno.test("checkAdapter finds that the adapter computes right numbers", async () => {
  assert.ok((await checkAdapter())?.description !== undefined);
});
