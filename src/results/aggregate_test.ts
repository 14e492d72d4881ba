import assert from "node:assert/strict";
import { aggregateRows, groupRows, mainAggregate } from "./aggregate.ts";
import { fixtureTranslationRow } from "./translation_fixture.ts";
import { fixtureLanguageRow, fixtureRow } from "./result_fixture.ts";

Deno.test("aggregateRows gives mean, deviation and t interval over completed seeds", () => {
  const [entry, ...others] = aggregateRows([
    fixtureRow({ seed: 1, correct: 960 }),
    fixtureRow({ seed: 2, correct: 1000 }),
    fixtureRow({ seed: 3, correct: 920 }),
  ]);
  assert.equal(others.length, 0);
  assert.equal(entry.n, 3);
  assert.ok(Math.abs((entry.mean ?? 0) - 0.48) < 1e-12);
  assert.ok(Math.abs((entry.standardDeviation ?? 0) - 0.02) < 1e-12);
  assert.ok(entry.interval);
  assert.ok(Math.abs(entry.interval.high - 0.48 - 4.30265273 * 0.02 / Math.sqrt(3)) < 1e-8);
  assert.equal(entry.note, null);
});

Deno.test("aggregateRows has no interval for one seed and says so", () => {
  const [entry] = aggregateRows([fixtureRow()]);
  assert.equal(entry.n, 1);
  assert.equal(entry.mean, 0.48);
  assert.equal(entry.standardDeviation, null);
  assert.equal(entry.interval, null);
  assert.match(entry.note ?? "", /no interval/);
});

Deno.test("aggregateRows keeps runs that did not complete but does not average them", () => {
  const [entry] = aggregateRows([
    fixtureRow({ seed: 1, correct: 960 }),
    fixtureRow({ seed: 2, correct: 200, status: "interrupted" }),
    fixtureRow({ seed: 3, correct: null, status: "diverged" }),
  ]);
  assert.equal(entry.n, 1);
  assert.equal(entry.mean, 0.48);
  assert.deepEqual(entry.values.map(({ value }) => value), [0.48, 0.1, null]);
  assert.match(entry.note ?? "", /left out: seed 2 interrupted, seed 3 diverged/);
});

Deno.test("groupRows separates models that share a name but not a configuration", () => {
  const other = fixtureRow({ seed: 2 });
  other.model.sha256 = "0".repeat(64);
  const groups = groupRows([fixtureRow(), other, fixtureRow({ seed: 3 })]);
  assert.deepEqual(groups.map((group) => group.map((row) => row.seed)), [[1, 3], [2]]);
});

Deno.test("groupRows separates lengths of one model", () => {
  const long = { ...fixtureRow({ seed: 1 }), sequenceLength: 4096 };
  const groups = groupRows([fixtureRow({ seed: 1 }), long, fixtureRow({ seed: 2 })]);
  assert.deepEqual(groups.map((group) => group.map((row) => row.seed)), [[1, 2], [1]]);
});

Deno.test("trials enter neither groups nor statistics", () => {
  const rows = [
    fixtureLanguageRow({ role: "trial", score: 10 }),
    fixtureLanguageRow({ seed: 1, score: 90 }),
    fixtureLanguageRow({ seed: 2, score: 100 }),
  ];
  assert.deepEqual(groupRows(rows).map((group) => group.map(({ role }) => role)), [
    ["final", "final"],
  ]);
  const entry = aggregateRows(rows).find(({ metric }) => metric === "perplexity");
  assert.equal(entry?.mean, 95);
  assert.deepEqual(aggregateRows(rows.slice(0, 1)), []);
});

Deno.test("evaluations in different settings are different metrics", () => {
  const entries = aggregateRows([1, 2].map((seed) => fixtureLanguageRow({ seed, score: 90 })))
    .filter(({ metric }) => metric === "perplexity");
  assert.equal(entries.length, 1 + 4 * 2);
  assert.ok(entries.every(({ n }) => n === 2));
  const settings = entries.map(({ setting }) => JSON.stringify(setting));
  assert.equal(new Set(settings).size, entries.length);
  assert.equal(mainAggregate(entries.toReversed(), "perplexity")?.setting, null);
});

Deno.test("every score of translation is averaged over seeds, and directions apart", () => {
  const entries = aggregateRows([
    fixtureTranslationRow({ bleu: 60, seed: 1 }),
    fixtureTranslationRow({ bleu: 63, seed: 2 }),
    fixtureTranslationRow({ bleu: 40, seed: 1, direction: "de-en" }),
    fixtureTranslationRow({ bleu: 1, role: "trial" }),
  ]);
  const names = ["bleu", "sacrebleu", "loss", "perplexity", "source-dependence", "exact-match"];
  assert.deepEqual(entries.map(({ metric, n }) => [metric, n]), [
    ...names.map((name) => [name, 2]),
    ...names.map((name) => [name, 1]),
  ]);
  assert.equal(entries[0].mean, 61.5);
  assert.equal(entries[0].unit, "bleu");
  const [low, high] = [Math.exp(3.2 - 60 / 30), Math.exp(3.2 - 63 / 30)];
  assert.ok(Math.abs((entries[3].mean ?? 0) - (low + high) / 2) < 1e-12);
  assert.equal(mainAggregate(entries, "bleu"), entries[0]);
});
