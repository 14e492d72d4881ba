import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import ttest2 from "npm:@stdlib/stats-ttest2@0.2.3";
import { mannWhitneyU, pairedTTest, welchTest } from "./significance.ts";

Deno.test("welchTest agrees with an independent library", () => {
  const sample = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
    minLength: 2,
    maxLength: 9,
  }).filter((values) => Math.max(...values) - Math.min(...values) > 1e-3);
  fc.assert(
    fc.property(sample, sample, (left, right) => {
      const ours = welchTest(left, right);
      const theirs = ttest2(left, right);
      assert.ok(ours);
      assert.ok(
        Math.abs(ours.statistic - theirs.statistic) <= 1e-9 * (1 + Math.abs(ours.statistic)),
      );
      assert.ok(Math.abs(ours.pValue - theirs.pValue) <= 1e-7, `${ours.pValue} ${theirs.pValue}`);
    }),
    { seed: 7, numRuns: 100 },
  );
});

Deno.test("welchTest answers for samples without spread or without size", () => {
  assert.equal(welchTest([1], [2, 3]), null);
  assert.equal(welchTest([1, 1], [1, 1])?.pValue, 1);
  assert.equal(welchTest([1, 1], [2, 2])?.pValue, 0);
});

Deno.test("pairedTTest is the one-sample test of the differences", () => {
  // Differences 1, 2, 3: mean 2, standard error 1 / sqrt(3), t = 2 sqrt(3), 2 degrees of freedom.
  const result = pairedTTest([2, 4, 6], [1, 2, 3]);
  assert.ok(result);
  const t = 2 * Math.sqrt(3);
  assert.ok(Math.abs(result.statistic - t) < 1e-12);
  assert.ok(Math.abs(result.pValue - (1 - t / Math.sqrt(2 + t * t))) < 1e-9);
  assert.equal(pairedTTest([1], [2]), null);
  assert.throws(() => pairedTTest([1, 2], [1]), RangeError);
});

/** All subsets of `size` elements of 0 .. count - 1. */
function* subsets(count: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) yield [];
  else {
    for (let first = from; first <= count - size; first++) {
      for (const rest of subsets(count, size - 1, first + 1)) yield [first, ...rest];
    }
  }
}

Deno.test("mannWhitneyU gives the exact p-value of every arrangement of 4 against 5", () => {
  const statistic = (chosen: number[]) => chosen.reduce((sum, rank) => sum + rank, 0) - 6;
  const all = [...subsets(9, 4)];
  for (const chosen of all) {
    const rest = [...Array(9).keys()].filter((value) => !chosen.includes(value));
    const result = mannWhitneyU(chosen, rest);
    assert.ok(result);
    assert.equal(result.method, "exact");
    assert.equal(result.u, statistic(chosen));
    const low = Math.min(result.u, 20 - result.u);
    const tail = all.filter((other) => statistic(other) <= low).length / all.length;
    assert.ok(Math.abs(result.pValue - Math.min(1, 2 * tail)) < 1e-12);
  }
});

Deno.test("mannWhitneyU approximates with ties and is symmetric", () => {
  const left = [1, 2, 2, 3, 5, 5, 5, 8];
  const right = [2, 3, 3, 6, 7, 8, 9, 9, 9];
  const forward = mannWhitneyU(left, right);
  const backward = mannWhitneyU(right, left);
  assert.ok(forward && backward);
  assert.equal(forward.method, "normal");
  assert.equal(forward.u + backward.u, left.length * right.length);
  assert.ok(Math.abs(forward.pValue - backward.pValue) < 1e-12);
  // By hand: U = 17.5; ties of 3, 3, 3, 2, 3 give sum(t^3 - t) = 102.
  const variance = 72 / 12 * (18 - 102 / (17 * 16));
  const z = (36 - 17.5 - 0.5) / Math.sqrt(variance);
  assert.equal(forward.u, 17.5);
  assert.ok(Math.abs(z - 1.7504) < 1e-3);
  assert.ok(Math.abs(forward.pValue - 0.0801) < 1e-3);
  assert.equal(mannWhitneyU([1, 1], [1, 1])?.pValue, 1);
  assert.equal(mannWhitneyU([], [1]), null);
});
