import assert from "node:assert/strict";
import {
  normalCdf,
  normalQuantile,
  studentTCdf,
  studentTQuantile,
  studentTTwoSided,
} from "./distributions.ts";
import {
  mean,
  median,
  medianAbsoluteDeviation,
  standardDeviation,
  studentTInterval,
  wilsonInterval,
} from "./statistics.ts";

function close(actual: number, expected: number, tolerance = 1e-7): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`);
}

Deno.test("moments and medians match hand computation", () => {
  assert.equal(mean([1, 2, 3, 6]), 3);
  close(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7), 1e-15);
  assert.ok(Number.isNaN(standardDeviation([1])));
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9]), 1);
});

Deno.test("Student t distribution matches its closed forms and printed tables", () => {
  // One degree of freedom is the Cauchy distribution; two has an algebraic form.
  for (const t of [-8, -1.5, 0, 0.3, 2, 40]) {
    close(studentTCdf(t, 1), 0.5 + Math.atan(t) / Math.PI, 1e-8);
    close(studentTCdf(t, 2), 0.5 + t / (2 * Math.sqrt(2 + t * t)), 1e-8);
  }
  close(studentTQuantile(0.975, 2), 4.302652729911275);
  close(studentTQuantile(0.975, 4), 2.7764451051977987);
  close(studentTQuantile(0.025, 9), -2.2621571627409915);
  const farTail = studentTTwoSided(1e5, 2);
  close(farTail / 1e-10, 1, 1e-6);
});

Deno.test("normal distribution matches printed tables", () => {
  close(normalQuantile(0.975), 1.959963984540054, 1e-12);
  close(normalCdf(-1.959963984540054), 0.025, 1e-12);
});

Deno.test("Student t interval of three seeds matches hand computation", () => {
  const interval = studentTInterval([0.48, 0.5, 0.46]);
  assert.ok(interval);
  // Standard deviation 0.02, standard error 0.02 / sqrt(3), quantile 4.30265.
  close(interval.low, 0.48 - 4.302652729911275 * 0.02 / Math.sqrt(3), 1e-9);
  close(interval.high, 0.48 + 4.302652729911275 * 0.02 / Math.sqrt(3), 1e-9);
  assert.equal(studentTInterval([0.48]), null);
});

Deno.test("Wilson interval solves the score equation and stays inside 0 to 1", () => {
  const z = 1.959963984540054;
  for (const [successes, n] of [[0, 10], [3, 10], [10, 10], [960, 2000]]) {
    const interval = wilsonInterval(successes, n);
    assert.ok(interval);
    assert.ok(interval.low >= 0 && interval.high <= 1);
    for (const bound of [interval.low, interval.high]) {
      const score = (successes / n - bound) ** 2;
      close(score, z * z * bound * (1 - bound) / n, 1e-12);
    }
  }
  assert.equal(wilsonInterval(0, 0), null);
});
