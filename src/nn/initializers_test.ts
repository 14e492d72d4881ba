import assert from "node:assert/strict";
import { linearDefault, normal, sample, xavierUniform } from "./initializers.ts";

function moments(values: Float32Array): { mean: number; deviation: number; largest: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return { mean, deviation: Math.sqrt(variance), largest };
}

Deno.test("normal values have the given deviation, and a zero row stays zero", () => {
  const values = sample({ kind: "normal", deviation: 0.02, zeroRow: 1 }, "table", [100, 50], 3);
  assert.ok(values.subarray(50, 100).every((value) => value === 0));
  const { mean, deviation } = moments(sample(normal(0.02), "table", [100, 50], 3));
  assert.ok(Math.abs(mean) < 0.001);
  assert.ok(Math.abs(deviation - 0.02) < 0.001);
});

Deno.test("uniform values fill their interval", () => {
  const xavier = moments(sample(xavierUniform(30, 70, 0.5), "w", [70, 30], 1));
  const bound = 0.5 * Math.sqrt(6 / 100);
  assert.ok(xavier.largest <= bound && xavier.largest > 0.98 * bound);
  assert.ok(Math.abs(xavier.deviation - bound / Math.sqrt(3)) < 0.03 * bound);
  const plain = moments(sample(linearDefault(64), "w", [40, 64], 1));
  assert.ok(plain.largest <= 1 / 8 && plain.largest > 0.12);
});

Deno.test("alternating values change sign along their axis", () => {
  const values = sample(
    { kind: "alternating", deviation: 0.02, axis: 1 },
    "beta",
    [3, 5, 1],
    1,
  );
  values.forEach((value, i) => {
    const sign = i % 5 % 2 === 0 ? 1 : -1;
    assert.ok(Math.abs(value - sign) < 0.2, `element ${i} is ${value}`);
  });
});
