import assert from "node:assert/strict";
import { peakRate } from "../src/cells/peak_rate.ts";
import { fixtureLanguageRow, fixtureRow } from "../src/results/result_fixture.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { bestTrial } from "./trials.ts";

/** A trial with these scores on validation, one after the other. */
function trial(peak: number, scores: readonly (number | null)[], changes: Partial<ResultRow> = {}) {
  return {
    ...fixtureLanguageRow({ role: "trial", peak }),
    validationCurve: scores.map((score, i) => ({ step: 10 * (i + 1), loss: 1, score })),
    ...changes,
  };
}

const peakOf = (trials: readonly ResultRow[]) => {
  const best = bestTrial(trials);
  return best === undefined ? undefined : peakRate(best);
};

Deno.test("the trial with the best point of its validation curve wins, not the best last one", () => {
  assert.equal(peakOf([trial(0.1, [9, 5, 8]), trial(0.2, [9, 7, 6]), trial(0.3, [7])]), 0.1);
});

Deno.test("the direction is that of the score", () => {
  const { score } = fixtureRow();
  assert.equal(score.higherIsBetter, true);
  assert.equal(
    peakOf([trial(0.1, [0.2, 0.9], { score }), trial(0.2, [0.5, 0.8], { score })]),
    0.1,
  );
});

Deno.test("the first of equals wins", () => {
  assert.equal(peakOf([trial(0.3, [5]), trial(0.1, [6, 5]), trial(0.2, [5])]), 0.3);
});

Deno.test("trials that diverged or failed, or have no score, are never chosen", () => {
  const diverged = trial(0.1, [1], { status: "diverged", reason: "the loss is not finite" });
  const failed = trial(0.2, [2], { status: "failed", reason: "out of memory" });
  const silent = trial(0.3, []);
  const partly = trial(0.4, [null, 50, null]);
  assert.equal(peakOf([diverged, failed, silent, partly]), 0.4);
  assert.equal(bestTrial([diverged, failed, silent, trial(0.5, [null])]), undefined);
});

Deno.test("the peak of a schedule is its learning rate; one without a peak has none", () => {
  assert.equal(peakRate(trial(0.25, [1])), 0.25);
  const schedule = { name: "constant", configuration: { peak: "high" } };
  assert.equal(peakRate(trial(0.25, [1], { schedule })), undefined);
});
