import assert from "node:assert/strict";
import { testDevice } from "../compiler/testing.ts";
import { benchmark, median, medianAbsoluteDeviation, ratesOf } from "./micro_benchmark.ts";

Deno.test("median and deviation of odd and even counts", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9]), 1);
});

Deno.test("ratesOf relates work to time and to the machine", () => {
  const work = { flops: 2e9, bytes: 1e9 };
  assert.deepEqual(ratesOf(1000, work, { gigaflops: 4, gigabytesPerSecond: 10 }), {
    gigaflops: 2,
    shareOfMultiplyAddRate: 0.5,
    gigabytesPerSecond: 1,
    shareOfBandwidth: 0.1,
  });
  assert.deepEqual(ratesOf(1000, { flops: 0, bytes: 1e9 }), {
    gigaflops: null,
    shareOfMultiplyAddRate: null,
    gigabytesPerSecond: 1,
    shareOfBandwidth: null,
  });
});

Deno.test("benchmark gives longer times for more work", async () => {
  const device = await testDevice("software");
  const buffer = device.createBuffer("counter", 4);
  const kernel = (turns: number) =>
    device.pipeline(
      `${turns} turns`,
      `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(1) fn main() {
  var state = x[0];
  for (var i = 0u; i < ${turns}u; i++) { state = state * 747796405u + i; }
  x[0] = state;
}`,
      ["storage"],
    );
  const time = async (turns: number) => {
    const pipeline = kernel(turns);
    const bindGroup = device.gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer } }],
    });
    return await benchmark(device, (pass) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(1);
    }, { budgetMilliseconds: 50, samples: 7 });
  };
  const short = await time(10_000);
  const long = await time(1_000_000);
  device.destroyBuffer(buffer);
  assert.ok(short.samples.length >= 5 && short.samples.every((ms) => ms > 0));
  assert.ok(
    long.medianMilliseconds > 10 * short.medianMilliseconds,
    `${long.medianMilliseconds} ms against ${short.medianMilliseconds} ms`,
  );
});
