import assert from "node:assert/strict";
import { learningRate } from "./schedule.ts";

const warmup = { peak: 1, warmupInitial: 0.5, warmupUpdates: 4 };

Deno.test("the linear schedule starts at the initial rate, peaks after the warm-up and ends", () => {
  const schedule = {
    kind: "linear",
    ...warmup,
    warmupPower: 1,
    end: 0.2,
    totalUpdates: 12,
  } as const;
  const rates = [0, 2, 4, 8, 12, 20].map((n) => learningRate(schedule, n).toFixed(12));
  assert.deepEqual(rates, [0.5, 0.75, 1, 0.6, 0.2, 0.2].map((rate) => rate.toFixed(12)));
});

Deno.test("a warm-up with power 2 is slower at first", () => {
  const schedule = { kind: "linear", ...warmup, warmupPower: 2, end: 0, totalUpdates: 12 } as const;
  assert.equal(learningRate(schedule, 2), 0.625);
});

Deno.test("the inverse square root schedule halves when the updates quadruple", () => {
  const schedule = { kind: "inverse-sqrt", ...warmup } as const;
  assert.equal(learningRate(schedule, 16), 0.5);
});

Deno.test("the cosine schedule passes half the peak midway and reaches zero", () => {
  const schedule = { kind: "cosine", ...warmup, totalUpdates: 12 } as const;
  assert.ok(Math.abs(learningRate(schedule, 8) - 0.5) < 1e-12);
  assert.ok(learningRate(schedule, 12) < 1e-12);
});
