import assert from "node:assert/strict";
import { fixtureOverview, fixtureTranslationRow } from "../translation_fixture.ts";
import { migrate, resultMigrations } from "../migrations.ts";
import {
  fixtureKernelRow,
  fixtureLanguageRow,
  fixtureResult,
  fixtureRow,
} from "../result_fixture.ts";
import { type Result, resultSchemaVersion } from "../schema.ts";
import type { ResultRow } from "../schema_row.ts";
import { readResult } from "../store.ts";
import type { DiffEntry, DiffOptions } from "./diff_entry.ts";
import { diffExitCode, diffResults } from "./diff_results.ts";
import { renderDiff } from "./render_diff.ts";

function diff(old: Result, now: Result, options?: DiffOptions) {
  return diffResults({ name: "old.json", result: old }, { name: "new.json", result: now }, options);
}

/** Right answers out of 2000 for the seeds 1, 2, ...; `from` is the first seed. */
function runs(correct: readonly number[], from = 1): ResultRow[] {
  return correct.map((count, i) => fixtureRow({ seed: from + i, correct: count }));
}

function entryOf(old: Result, now: Result, kind: DiffEntry["kind"] = "metric"): DiffEntry {
  const entry = diff(old, now).entries.find((one) => one.kind === kind);
  assert.ok(entry !== undefined, `no entry of kind ${kind}`);
  return entry;
}

const verdictOf = (old: readonly number[], now: readonly number[], from = 1) =>
  entryOf(fixtureResult(runs(old)), fixtureResult(runs(now, from)));

Deno.test("a result compared with itself is within noise and exits with 0", () => {
  const result = fixtureResult([...runs([960, 970, 980]), fixtureRow({ model: "transformer" })]);
  const same = diff(result, structuredClone(result));
  assert.equal(same.counts["within noise"], same.entries.length);
  assert.ok(same.entries.length >= 6);
  assert.equal(diffExitCode(same), 0);
});

Deno.test("equal seeds are paired, so a steady gain counts despite a wide spread of seeds", () => {
  const entry = verdictOf([800, 1000, 1200], [862, 1060, 1258]);
  assert.equal(entry.method, "paired t by seed");
  assert.equal(entry.verdict, "improved");
  assert.ok(Math.abs((entry.difference ?? NaN) - 0.03) < 1e-12);
  const unpaired = verdictOf([800, 1000, 1200], [862, 1060, 1258], 11);
  assert.equal(unpaired.method, "Welch t");
  assert.equal(unpaired.verdict, "within noise");
});

Deno.test("a loss of accuracy over seeds is a regression and exits with 1", () => {
  const old = fixtureResult(runs([960, 970, 980]));
  const now = fixtureResult(runs([900, 912, 918]));
  const entry = entryOf(old, now);
  assert.equal(entry.verdict, "regressed");
  assert.ok(entry.interval !== null && entry.interval.high < 0);
  assert.ok((entry.pValue ?? 1) < 0.01);
  assert.equal(diffExitCode(diff(old, now)), 1);
});

Deno.test("a significant change below the minimum effect is within noise", () => {
  const [old, now] = [fixtureResult(runs([960, 970, 980])), fixtureResult(runs([945, 955, 966]))];
  assert.equal(entryOf(old, now).verdict, "within noise");
  const strict = diff(old, now, { alpha: 0.05, minimumEffect: 0.005 });
  assert.equal(strict.entries.find(({ kind }) => kind === "metric")?.verdict, "regressed");
});

Deno.test("single runs are compared as proportions of the test set", () => {
  const small = verdictOf([960], [990]);
  assert.equal(small.method, "two proportions");
  assert.equal(small.verdict, "within noise");
  const large = verdictOf([960], [1060]);
  assert.equal(large.verdict, "improved");
  assert.match(large.reason ?? "", /one run each/);
});

Deno.test("one run against several of other seeds is too few", () => {
  const entry = verdictOf([960, 970, 980], [900], 9);
  assert.equal(entry.verdict, "incomparable");
  assert.match(entry.reason ?? "", /n too small/);
});

/** Runs of a language model with the given test perplexities, one per seed. */
const perplexities = (...values: number[]) =>
  fixtureResult(values.map((score, i) => fixtureLanguageRow({ seed: i + 1, score })));

function scoreEntry(old: Result, now: Result, metric: string): DiffEntry {
  const entry = diff(old, now).entries.find((one) => one.metric === metric && one.setting === null);
  assert.ok(entry !== undefined, `no entry of ${metric}`);
  return entry;
}

Deno.test("the direction of a score decides what is better, and its change is a ratio", () => {
  const [old, now] = [perplexities(20, 20.2), perplexities(18, 18.21)];
  const down = scoreEntry(old, now, "perplexity");
  assert.equal(down.verdict, "improved");
  assert.ok(Math.abs((down.difference ?? NaN) - (Math.sqrt(18 * 18.21 / 20 / 20.2) - 1)) < 1e-12);
  const up = scoreEntry(now, old, "perplexity");
  assert.equal(up.verdict, "regressed");
  assert.equal(diffExitCode(diff(now, old)), 1);
  assert.ok(up.interval !== null && up.interval.low > 0);
  assert.equal(scoreEntry(old, perplexities(20.1, 20.3), "perplexity").verdict, "within noise");
});

Deno.test("single runs of a perplexity count from a tenth, in both directions", () => {
  const verdict = (old: number, now: number) =>
    scoreEntry(perplexities(old), perplexities(now), "perplexity").verdict;
  assert.equal(verdict(100, 111), "regressed");
  assert.equal(verdict(100, 108), "within noise");
  assert.equal(verdict(100, 89), "improved");
  const entry = scoreEntry(perplexities(100), perplexities(111), "perplexity");
  assert.equal(entry.method, "single runs");
  assert.equal(entry.pValue, null);
  assert.match(entry.reason ?? "", /one run each/);
});

Deno.test("a tenfold loss is a regression although the accuracy is the same", () => {
  const withLoss = (...losses: number[]) =>
    fixtureResult(losses.map((value, i) => {
      const row = fixtureRow({ seed: i + 1 });
      const loss = { ...row.metrics[0], name: "loss", unit: "nats", higherIsBetter: false };
      row.metrics.push({ ...loss, value, interval: null });
      return row;
    }));
  for (const [old, now] of [[[0.5], [5]], [[0.5, 0.6], [3.5, 7.8]], [[0.5, 0.7, 0.6], [5, 7, 6]]]) {
    const found = diff(withLoss(...old), withLoss(...now));
    const verdicts = found.entries.filter(({ kind }) => kind === "metric").map((entry) =>
      [entry.metric, entry.verdict].join(" ")
    );
    assert.deepEqual(verdicts, ["accuracy within noise", "loss regressed"]);
    assert.equal(diffExitCode(found), 1);
  }
});

Deno.test("a score that is no number any more is a regression whatever its direction", () => {
  const broken = perplexities(20, 21);
  for (const metric of broken.rows[1].metrics) metric.value = null;
  const entry = scoreEntry(perplexities(20, 21), broken, "perplexity");
  assert.equal(entry.verdict, "regressed");
  assert.match(entry.reason ?? "", /not a finite number for seed 2/);
  assert.equal(scoreEntry(broken, perplexities(20, 21), "perplexity").verdict, "improved");
  assert.equal(scoreEntry(broken, broken, "perplexity").verdict, "within noise");
});

Deno.test("every setting of an evaluation is compared with itself, and trials with nothing", () => {
  const now = perplexities(20, 21);
  for (const row of now.rows) {
    for (const metric of row.metrics) {
      const isLong = metric.setting?.contextLength === 1024 && metric.setting.carried;
      if (isLong && metric.value !== null) metric.value *= 1.5;
    }
  }
  now.rows.push(fixtureLanguageRow({ role: "trial", score: 900 }));
  const old = perplexities(20, 21);
  old.rows.push(fixtureLanguageRow({ role: "trial", score: 30, model: "s4" }));
  const found = diff(old, now);
  const worse = found.entries.filter(({ verdict }) => verdict === "regressed");
  assert.deepEqual(
    worse.map(({ metric, setting }) => [metric, setting]),
    ["perplexity", "loss"].map((name) => [name, { contextLength: 1024, carried: true }]),
  );
  assert.ok(found.entries.every(({ verdict }) => verdict !== "incomparable"));
  const text = renderDiff(found, "text", { width: 200 });
  assert.match(text, /Perplexity at 1024 carried +\d+\.\d\d +\d+\.\d\d +\+50\.0 %/);
});

Deno.test("what cannot be compared says why and alone exits with 2", () => {
  const change: [RegExp, (result: Result) => void][] = [
    [/task version 1 → 2/, ({ rows }) => rows[0].task.version = "2"],
    [/data differ \(test\)/, ({ rows }) => rows[0].task.splits.test!.sha256 = "0".repeat(64)],
    [/data differ \(train\)/, ({ rows }) => delete rows[0].task.splits.train],
    [/model configuration differs \(depth 3 → 4\)/, ({ rows }) => {
      rows[0].model.configuration.depth = 4;
      rows[0].model.sha256 = "0".repeat(64);
    }],
    [/not in the new result/, ({ rows }) => rows[0].task.name = "text"],
    [/profile quick → smoke/, (result) => result.profile = "smoke"],
    [/overrides none → updates 3/, (result) => result.overrides = { updates: 3 }],
    [/suite lra → lm/, (result) => result.suite = "lm"],
    [/sequence length 128 → 256/, ({ rows }) => rows[0].sequenceLength = 256],
  ];
  for (const [reason, apply] of change) {
    const [old, now] = [fixtureResult(), fixtureResult()];
    apply(now);
    const found = diff(old, now);
    assert.match(found.entries[0].reason ?? "", reason);
    assert.ok(found.entries.every(({ verdict }) => verdict === "incomparable"), `${reason}`);
    assert.equal(diffExitCode(found), 2);
  }
  assert.equal(diffExitCode(diff(fixtureResult([]), fixtureResult([]))), 2);
});

Deno.test("a changed schedule is compared and noted", () => {
  const now = fixtureResult(runs([800]));
  now.rows[0].schedule.configuration.peak = 0.01;
  const entry = entryOf(fixtureResult(runs([960])), now);
  assert.equal(entry.verdict, "regressed");
  assert.match(entry.reason ?? "", /schedule peak 0.001 → 0.01/);
});

Deno.test("a run that diverges where it used to complete is a regression", () => {
  const old = fixtureResult(runs([960, 970]));
  const now = fixtureResult([
    fixtureRow({ seed: 1, correct: 960 }),
    fixtureRow({ seed: 2, correct: null, status: "diverged" }),
  ]);
  assert.equal(entryOf(old, now, "runs").verdict, "regressed");
  assert.match(entryOf(old, now, "runs").reason ?? "", /seed 2 diverged: loss is not finite/);
  assert.equal(entryOf(now, old, "runs").verdict, "improved");
  assert.equal(entryOf(now, now, "runs").verdict, "within noise");
  assert.equal(diffExitCode(diff(old, now)), 1);
});

Deno.test("step times count on the same machine only, and from ten per cent", () => {
  const timed = (milliseconds: number, processor = "Example CPU") => {
    const result = fixtureResult();
    result.rows[0].performance.stepMilliseconds = { median: milliseconds, spread: 1 };
    result.environment.cpu.model = processor;
    return result;
  };
  const verdict = (old: Result, now: Result) => entryOf(old, now, "speed").verdict;
  assert.equal(verdict(timed(100), timed(112)), "regressed");
  assert.equal(verdict(timed(100), timed(108)), "within noise");
  assert.equal(verdict(timed(100), timed(80)), "improved");
  const elsewhere = entryOf(timed(100), timed(200, "Other CPU"), "speed");
  assert.equal(elsewhere.verdict, "incomparable");
  assert.match(elsewhere.reason ?? "", /another machine: processor Example CPU, 2 cores → Other/);
  assert.equal(diffExitCode(diff(timed(100), timed(200, "Other CPU"))), 0);
});

Deno.test("planned memory is exact and counts from one per cent", () => {
  const planned = (bytes: number) => {
    const result = fixtureResult();
    result.rows[0].performance.peakPlannedBytes = bytes;
    return result;
  };
  const verdict = (old: number, now: number) =>
    entryOf(planned(old), planned(now), "memory").verdict;
  assert.equal(verdict(1000, 1010), "regressed");
  assert.equal(verdict(1000, 1009), "within noise");
  assert.equal(verdict(1000, 900), "improved");
});

Deno.test("kernels are matched by shape and variant and judged by their samples", () => {
  const timed = (scale: number, size = 512) => {
    const result = fixtureResult([]);
    const row = fixtureKernelRow();
    result.kernels = [{
      ...row,
      shape: { ...row.shape, k: size },
      medianMilliseconds: 20 * scale,
      samples: [19.7, 19.8, 19.9, 20, 20.1, 20.2, 20.3].map((sample) => sample * scale),
    }];
    return result;
  };
  assert.equal(entryOf(timed(1), timed(1.2), "kernel").verdict, "regressed");
  assert.equal(entryOf(timed(1), timed(1.05), "kernel").verdict, "within noise");
  assert.equal(entryOf(timed(1), timed(1, 64), "kernel").verdict, "incomparable");
});

Deno.test("a file of every version of the format reads and compares with itself", async () => {
  for (let version = 1; version <= resultSchemaVersion; version++) {
    const result = await readResult(`fixtures/results/result-${version}.json`);
    const same = diff(result, result);
    assert.equal(diffExitCode(same), 0);
    assert.ok(
      same.entries.some(({ kind, verdict }) => kind === "metric" && verdict === "within noise"),
    );
  }
  for (let version = 1; version < resultSchemaVersion; version++) {
    assert.ok(migrate({ version }, version, version + 1, resultMigrations) !== null);
  }
});

Deno.test("a result of several kinds of tasks compares every score in its own unit", () => {
  const result = fixtureOverview();
  const { entries, counts } = diffResults({ name: "a", result }, { name: "b", result });
  assert.equal(counts["within noise"], entries.length);
  const units = entries.flatMap(({ kind, task, model, metric, unit, setting }) =>
    kind === "metric" && model === "mega" && setting === null ? [[task, metric, unit].join()] : []
  );
  assert.deepEqual(units, [
    "listops,accuracy,fraction",
    "characters,bits-per-character,bits",
    "characters,loss,nats",
    "numbers,bleu,bleu",
    "numbers,sacrebleu,bleu",
    "numbers,loss,nats",
    "numbers,perplexity,perplexity",
    "numbers,exact-match,fraction",
  ]);
});

Deno.test("translations into different languages are not compared", () => {
  const of = (direction: "en-de" | "de-en") => ({
    name: direction,
    result: fixtureResult([fixtureTranslationRow({ direction })]),
  });
  const { entries } = diffResults(of("en-de"), of("de-en"));
  assert.ok(entries.length > 0);
  for (const { verdict, reason } of entries) {
    assert.equal(verdict, "incomparable");
    assert.match(reason ?? "", /^direction en-de → de-en/);
  }
});
