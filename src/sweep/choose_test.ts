import assert from "node:assert/strict";
import { fixtureLanguage } from "../results/result_fixture.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { choiceText, chooseSettings, isChosen, type JobRow } from "./choose.ts";
import { expandJobs } from "./expand.ts";
import { testPlan } from "./sweep_testing.ts";

const [template] = fixtureLanguage().rows;

/** Rows of the jobs of the test plan, with these validation scores; `null` for a diverged run. */
function rowsOf(scores: readonly (number | null)[], higherIsBetter = false): JobRow[] {
  return expandJobs(testPlan()).slice(0, scores.length).map((job, i) => {
    const score = scores[i];
    const row: ResultRow = {
      ...template,
      seed: job.seed,
      score: { ...template.score, higherIsBetter },
      status: score === null ? "diverged" : "completed",
      reason: score === null ? "loss is NaN" : null,
      validationCurve: [{ step: 1, loss: 1, score: 50 }, { step: 2, loss: 1, score }],
    };
    if (higherIsBetter) row.validationCurve = [{ step: 2, loss: 1, score }];
    return { job, row };
  });
}

// Jobs: mega with both rates, transformer with both, and the same with the second seed.
const rates = (rows: JobRow[]) =>
  chooseSettings(rows).map(({ model, setting }) => `${model} ${setting.learningRate}`);

Deno.test("the setting with the best mean validation score over seeds is chosen for each model", () => {
  assert.deepEqual(rates(rowsOf([3, 2, 5, 6, 4, 6, 5, 5])), ["mega 0.005", "transformer 0.005"]);
  assert.deepEqual(rates(rowsOf([3, 2, 5, 6, 4, 6, 5, 5], true)), [
    "mega 0.01",
    "transformer 0.01",
  ]);
});

Deno.test("of equals the first setting is chosen", () => {
  assert.deepEqual(rates(rowsOf([3, 3, 5, 5])), ["mega 0.005", "transformer 0.005"]);
});

Deno.test("a setting that diverges with a seed gives way to one that never does", () => {
  assert.deepEqual(rates(rowsOf([1, 9, 5, 6, null, 9, 5, 6])), ["mega 0.01", "transformer 0.005"]);
});

Deno.test("a choice says among how many, and when it rests on nothing", () => {
  const [mega] = chooseSettings(rowsOf([3, 2]));
  assert.match(
    choiceText(mega) ?? "",
    /^characters Mega: learning-rate 0\.01, chosen among 2 settings by validation \(mean validation .* 2\.000\)$/,
  );
  assert.deepEqual(expandJobs(testPlan()).map((job) => isChosen([mega], job)), [
    ...[false, true, false, false, false, true, false, false],
  ]);
  const [nothing] = chooseSettings(rowsOf([null, null]));
  assert.match(choiceText(nothing) ?? "", /learning-rate 0\.005, .*no run has a validation score/);
  assert.equal(choiceText({ ...mega, tried: [mega.setting] }), null);
});
