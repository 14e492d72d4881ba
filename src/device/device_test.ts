import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { DeviceError, openDevice } from "./device.ts";

Deno.test("data that does not fit its buffer is refused before the runtime sees it", async () => {
  const device = await openDevice();
  const buffer = device.createBuffer("small", 16);
  assert.throws(() => device.upload(buffer, new Float32Array(5)), RangeError);
  assert.throws(() => device.upload(buffer, new Float32Array(1), 2), RangeError);
  device.upload(buffer, new Float32Array(0));
  device.upload(buffer, Float32Array.of(1, 2), 8);
  assert.deepEqual([...new Float32Array(await device.read(buffer))], [0, 0, 1, 2]);
  device.destroy();
});

Deno.test("an error in a shader surfaces as an exception with the label of its operation", async () => {
  const device = await openDevice();
  device.pipeline(
    "encoder/fc1/matmul",
    "@compute @workgroup_size(1) fn main() { let x: f32 = 1u; }",
    [],
  );
  await assert.rejects(
    device.finish(),
    (error) => error instanceof DeviceError && error.message.includes("encoder/fc1/matmul"),
  );
  await device.finish();
  device.destroy();
});

Deno.test("work on a destroyed buffer surfaces as an exception", async () => {
  const device = await openDevice();
  const buffer = device.createBuffer("short-lived", 16);
  device.destroyBuffer(buffer);
  await assert.rejects(device.read(buffer), DeviceError);
  device.destroy();
});

Deno.test("a buffer beyond the limits is refused with what would fit", async () => {
  const device = await openDevice();
  assert.throws(
    () => device.createBuffer("logits", 2 ** 40),
    (error) => error instanceof UserError && /logits needs .* would fit/.test(error.message),
  );
  assert.equal(device.liveBytes, 0);
  device.destroy();
});

Deno.test("equal shaders are compiled once", async () => {
  const device = await openDevice();
  const code = "@compute @workgroup_size(1) fn main() {}";
  assert.equal(device.pipeline("first", code, []), device.pipeline("second", code, []));
  assert.equal(device.pipelineCount, 1);
  device.destroy();
});
