import assert from "node:assert/strict";
import { bootstrapInterval } from "./bootstrap.ts";
import { mean, standardDeviation } from "./statistics.ts";

const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4];

Deno.test("bootstrapInterval of a mean is near the normal interval with divisor n", () => {
  const interval = bootstrapInterval(values, mean);
  assert.ok(interval);
  const n = values.length;
  const margin = 1.96 * standardDeviation(values) * Math.sqrt((n - 1) / n) / Math.sqrt(n);
  assert.ok(Math.abs(interval.low - (mean(values) - margin)) < 0.1);
  assert.ok(Math.abs(interval.high - (mean(values) + margin)) < 0.1);
});

Deno.test("bootstrapInterval depends on its seed only", () => {
  const options = { resamples: 500, seed: 3 };
  const first = bootstrapInterval(values, mean, options);
  assert.deepEqual(bootstrapInterval(values, mean, options), first);
  assert.notDeepEqual(bootstrapInterval(values, mean, { ...options, seed: 4 }), first);
});

Deno.test("bootstrapInterval collapses for a constant sample and needs two values", () => {
  const interval = bootstrapInterval([2, 2, 2], mean, { resamples: 10 });
  assert.deepEqual([interval?.low, interval?.high], [2, 2]);
  assert.equal(bootstrapInterval([1], mean), null);
});
