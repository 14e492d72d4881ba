import assert from "node:assert/strict";
import { adapterClasses } from "../device/adapter_class.ts";
import { freshGraph } from "../graph/build.ts";
import { add, mul, silu } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { dropout, uniform } from "../../kernels/random/mod.ts";
import { testDevice, testNormals } from "./testing.ts";
import { UserError } from "../errors.ts";
import { philox4x32 } from "../util/philox.ts";
import { evaluate } from "./evaluate.ts";
import { gradients } from "./gradient.ts";
import { compile } from "./program.ts";

Deno.test("gradients of a value used twice add up", async () => {
  const graph = freshGraph(() => {
    const x = input("x", [5]);
    const y = mul(x, x);
    return gradients(sum(add(mul(y, x), y)), [x])[0];
  });
  const device = await testDevice("software");
  const [actual] = await evaluate(device, [graph], new Map([["x", [1, 2, 3, -1, 0]]]));
  assert.deepEqual([...actual], [5, 16, 33, 1, 0]);
});

Deno.test("a parameter that the loss does not use has a zero gradient", async () => {
  const graph = freshGraph(() => {
    const x = input("x", [3]);
    return gradients(sum(input("y", [3])), [x])[0];
  });
  const device = await testDevice("software");
  const feeds = new Map([["y", [1, 2, 3]]]);
  assert.deepEqual([...(await evaluate(device, [graph], feeds))[0]], [0, 0, 0]);
});

Deno.test("device random numbers are Philox with the documented counters", async () => {
  const graph = freshGraph(() => add(uniform([13], 5), input("zero", [13])));
  const feeds = new Map([["zero", new Float32Array(13)]]);
  for (const adapterClass of adapterClasses) {
    const device = await testDevice(adapterClass);
    const [actual] = await evaluate(device, [graph], feeds, { step: [7, 9, 3] });
    const quarter = 4;
    actual.forEach((value, i) => {
      const words = philox4x32([i % quarter, 3, 5, 0], [7, 9]);
      const word = words[Math.floor(i / quarter)];
      assert.equal(value, (word >>> 8) * 2 ** -24, `element ${i}`);
    });
  }
});

Deno.test("dropout zeroes its share, rescales the rest, and repeats its mask in the gradient", async () => {
  const size = 10_000;
  const graph = freshGraph(() => {
    const x = input("x", [size]);
    const y = dropout(x, 0.25, 1);
    return [y, gradients(sum(silu(y)), [x])[0]];
  });
  const device = await testDevice("software");
  const feeds = new Map([["x", new Float32Array(size).fill(3)]]);
  const [y, gradient] = await evaluate(device, graph, feeds, { step: [1, 0, 0] });
  const kept = y.filter((value) => value !== 0).length;
  assert.ok(Math.abs(kept / size - 0.75) < 0.02, `${kept} of ${size} kept`);
  const logistic = 1 / (1 + Math.exp(-4));
  const slope = logistic * (1 + 4 * (1 - logistic)) / 0.75;
  y.forEach((value, i) => {
    if (value === 0) return assert.equal(gradient[i], 0);
    assert.ok(Math.abs(value - 4) < 1e-5 && Math.abs(gradient[i] - slope) < 1e-5);
  });
});

Deno.test("intermediates share memory and the plan says how much", async () => {
  const graph = freshGraph(() => {
    let x = input("x", [1000, 8]);
    for (let i = 0; i < 6; i++) x = mul(silu(x), sum(x, [0]));
    return sum(x);
  });
  const device = await testDevice("software");
  const before = device.liveBytes;
  const buffer = device.createBuffer("x", 32_000);
  device.upload(buffer, Float32Array.from(testNormals(8000, 1)));
  const program = compile(device, {
    label: "sharing",
    roots: [graph],
    place: (tensor) =>
      tensor.node.op.kind === "source" ? { buffer, offset: 0, bytes: 32_000 } : undefined,
  });
  const { peakBytes, totalBytes } = program.statistics;
  assert.ok(peakBytes < totalBytes / 2, `${peakBytes} of ${totalBytes}`);
  program.run();
  await device.finish();
  program.destroy();
  device.destroyBuffer(buffer);
  assert.equal(device.liveBytes, before);
});

Deno.test("a tensor that no binding can hold is refused before allocation", async () => {
  const device = await testDevice("software");
  const graph = freshGraph(() => silu(input("x", [2 ** 30])));
  const before = device.liveBuffers;
  assert.throws(
    () =>
      compile(device, {
        label: "huge",
        roots: [graph],
        place: (tensor) =>
          tensor.node.op.kind === "source"
            ? { buffer: device.createBuffer("x", 16), offset: 0, bytes: 16 }
            : undefined,
      }),
    (error) => error instanceof UserError && /would fit/.test(error.message),
  );
  assert.equal(device.liveBuffers, before + 1);
});
