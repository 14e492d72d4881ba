import assert from "node:assert/strict";
import { fixtureLanguageRow, fixtureRow } from "../result_fixture.ts";
import { rowLine } from "./row_line.ts";
import { formatScore, formatScoreUnit, scoreLabel } from "./score_format.ts";

Deno.test("scores are printed in the unit and digits that people read", () => {
  assert.equal(formatScore(0.48251, "fraction"), "48.25");
  assert.equal(formatScore(18.066, "perplexity"), "18.07");
  assert.equal(formatScore(51_234.7, "perplexity"), "51235");
  assert.equal(formatScore(1.0234, "bits"), "1.023");
  assert.equal(formatScore(1.0234, "bits per character"), "1.023");
  assert.equal(formatScoreUnit(0.5, "fraction"), "50.00 %");
  assert.equal(formatScoreUnit(2.3456, "nats"), "2.346 nats");
  assert.equal(formatScoreUnit(29.184, "bleu"), "29.18");
});

Deno.test("labels of scores name the unit once", () => {
  assert.equal(scoreLabel({ name: "accuracy", unit: "fraction" }), "accuracy, %");
  assert.equal(scoreLabel({ name: "exact-match", unit: "fraction" }), "exact match, %");
  assert.equal(scoreLabel({ name: "perplexity", unit: "perplexity" }), "perplexity");
  assert.equal(scoreLabel({ name: "bits-per-character", unit: "bits" }), "bits per character");
  assert.equal(scoreLabel({ name: "loss", unit: "nats" }), "loss, nats");
  assert.equal(scoreLabel({ name: "bleu", unit: "bleu" }), "BLEU");
  assert.equal(scoreLabel({ name: "sacrebleu", unit: "bleu" }), "sacreBLEU");
  assert.equal(
    scoreLabel({ name: "source-dependence", unit: "nats" }),
    "source dependence, nats",
  );
});

Deno.test("the line of a run shows its own score, whatever else was measured", () => {
  assert.equal(rowLine(fixtureRow()), "listops mega seed 1: test accuracy 48.00 % in 2 min 30 s");
  const words = fixtureLanguageRow({ score: 95.312 });
  words.metrics.reverse();
  assert.equal(rowLine(words), "words mega seed 1: test perplexity 95.31 in 2 min 30 s");
  const trial = fixtureLanguageRow({ task: "characters", role: "trial" });
  for (const metric of trial.metrics) metric.split = "valid";
  assert.equal(
    rowLine(trial),
    "characters mega seed 1 (trial): valid bits per character 2.100 in 2 min 30 s",
  );
  assert.match(rowLine(fixtureRow({ correct: null, status: "diverged" })), /: diverged in /);
});
