import assert from "node:assert/strict";
import { fixtureRow } from "../src/results/result_fixture.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { bestTrial, leads } from "./trials.ts";

/** A trial with one point on its validation curve. */
function trial(score: number | null, words: Partial<ResultRow> = {}): ResultRow {
  const validationCurve = [{ step: 1, loss: 1, score }];
  return { ...fixtureRow(), role: "trial", validationCurve, ...words };
}

Deno.test("the best trial is the first with the best score, whichever way the score points", () => {
  const rows = [trial(0.2), trial(0.5), trial(0.5), trial(null)];
  assert.equal(bestTrial(rows), rows[1]);
  const score = { name: "perplexity", unit: "perplexity", higherIsBetter: false };
  const falling = [trial(30, { score }), trial(20, { score }), trial(25, { score })];
  assert.equal(bestTrial(falling), falling[1]);
  assert.equal(bestTrial([trial(null), trial(0.9, { status: "diverged" })]), undefined);
});

Deno.test("a trial leads when it beats all before it, so that its model is the one to keep", () => {
  const first = trial(0.4);
  assert.ok(leads(first, []));
  assert.ok(leads(trial(0.5), [first]));
  assert.ok(!leads(trial(0.4), [first]));
  assert.ok(!leads(trial(0.3), [first]));
  assert.ok(!leads(trial(null), []));
});
