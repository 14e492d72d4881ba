import assert from "node:assert/strict";
import { testDevice } from "../src/compiler/testing.ts";
import { kernelRowSchema } from "../src/results/schema_kernel.ts";
import { operandValues, requireClose, WrongResultError } from "./kernel_check.ts";
import { kernelSpecs } from "./kernel_specs.ts";
import { chosenKernels, runKernelSuite } from "./kernels.ts";
import { timePeer } from "./peers/peer.ts";

Deno.test("the gate names the first wrong element and refuses NaN", () => {
  requireClose("good", [0, 2, 4.0001], [1, 2], [2, 4]);
  assert.throws(() => requireClose("bad", [0, 2, 5], [1, 2], [2, 4]), {
    name: WrongResultError.name,
    message: "bad: element 2 is 5 instead of 4",
  });
  assert.throws(() => requireClose("NaN", [NaN], [0], [1]), WrongResultError);
});

Deno.test("operand values are reproducible, differ by seed and keep to their range", () => {
  const operand = { shape: [1000], low: 2, high: 5 };
  const values = operandValues(operand, 3);
  assert.deepEqual(values, operandValues(operand, 3));
  assert.notDeepEqual(values, operandValues(operand, 4));
  assert.ok(values.every((value) => value >= 2 && value < 5));
  assert.ok(operandValues({ ...operand, dtype: "i32" }, 3).every(Number.isInteger));
});

Deno.test("specs are distinct", () => {
  const keys = kernelSpecs.map(({ kernel, shape }) => `${kernel} ${JSON.stringify(shape)}`);
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("a text chooses the kernels that contain it, and one that chooses none is refused", () => {
  assert.deepEqual([...chosenKernels(["optim"])], ["optimiser"]);
  const both = [...chosenKernels(["sum over columns", "softmax"])];
  assert.ok(both.includes("sum over columns") && both.includes("softmax"));
  assert.deepEqual(chosenKernels(undefined), chosenKernels([""]));
  for (const text of ["zzz", "constructor", "__proto__"]) {
    assert.throws(() => chosenKernels(["softmax", text]), {
      name: "UserError",
      message: /^no kernel is called \w+; there are .*softmax, .*optimiser$/,
    });
  }
});

Deno.test("timePeer finds the time that one call adds", async () => {
  let calls = 0;
  let clock = 0;
  const task = {
    queue() {
      calls++;
      clock += 2;
    },
    result() {
      clock += 12;
      return Promise.resolve([]);
    },
    release() {},
  };
  assert.equal(await timePeer(task, 3, () => clock), 2);
  assert.ok(calls > 100);
});

Deno.test("the suite measures verified kernels and leaves no buffers", async () => {
  const device = await testDevice("software");
  const before = device.liveBuffers;
  const { rows, warnings } = await runKernelSuite(device, {
    only: ["sum over columns"],
    peers: false,
  });
  assert.deepEqual(warnings, []);
  assert.equal(rows.length, 1);
  const row = kernelRowSchema.parse(rows[0]);
  assert.deepEqual(row.shape, { rows: 3200, columns: 232 });
  assert.ok(row.medianMilliseconds > 0 && row.samples.length >= 5);
  assert.equal(device.liveBuffers, before);
});
