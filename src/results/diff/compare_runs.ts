import type { MetricRecord, ResultRow } from "../schema_row.ts";
import { mean } from "../statistics.ts";
import { compareSamples, judge, type Sample } from "./compare_samples.ts";
import {
  type DiffEntry,
  type DiffOptions,
  type DiffSide,
  type DiffSubject,
  incomparable,
  minimumRelativeEffect,
} from "./diff_entry.ts";
import type { RunGroup, RunPair } from "./match_rows.ts";

/**
 * Compares how the runs of a pair ended and what they scored. The scores are those on the test
 * split, on validation where there is no test; a loss only where nothing else was measured.
 */
export function compareRuns(pair: RunPair, options: DiffOptions): DiffEntry[] {
  const entries = judgedMetrics(pair).map((metric) => compareMetric(pair, metric, options));
  const ends = compareEnds(pair);
  return ends === null ? entries : [ends, ...entries];
}

function judgedMetrics({ old, new: now }: RunPair): MetricRecord[] {
  const metrics = [...old ?? [], ...now ?? []].flatMap((row) => row.metrics);
  const split = metrics.some((metric) => metric.split === "test") ? "test" : "valid";
  const kinds = new Map<string, MetricRecord>();
  for (const metric of metrics) {
    if (metric.split === split && !kinds.has(metric.name)) kinds.set(metric.name, metric);
  }
  const others = [...kinds.values()].filter(({ name }) => name !== "loss");
  return others.length > 0 ? others : [...kinds.values()];
}

function compareMetric(pair: RunPair, metric: MetricRecord, options: DiffOptions): DiffEntry {
  const subject: DiffSubject = {
    kind: "metric",
    task: pair.task,
    model: pair.model,
    metric: metric.name,
    unit: metric.unit,
    higherIsBetter: metric.higherIsBetter,
    relative: false,
  };
  const samples = { old: samplesOf(pair.old, metric), new: samplesOf(pair.new, metric) };
  const sides = {
    old: pair.old === null ? null : sideOf(samples.old),
    new: pair.new === null ? null : sideOf(samples.new),
  };
  if (pair.obstacle !== null) return incomparable(subject, pair.obstacle, sides);
  const empty = samples.old.length === 0 ? "old" : samples.new.length === 0 ? "new" : null;
  if (empty !== null) {
    return incomparable(subject, `no completed run in the ${empty} result`, sides);
  }
  const comparison = compareSamples(samples.old, samples.new, options.alpha);
  if (comparison === null) {
    const counts = `${samples.old.length} and ${samples.new.length}`;
    return incomparable(subject, `n too small: ${counts} runs without a common seed`, sides);
  }
  const { significant, note, ...rest } = comparison;
  const minimumEffect = metric.unit === "fraction"
    ? options.minimumEffect
    : minimumRelativeEffect * Math.abs(sides.old?.value ?? 0);
  const notes = [...note === null ? [] : [note], ...pair.notes];
  return {
    ...subject,
    ...sides,
    ...rest,
    verdict: judge(rest.difference, significant, metric.higherIsBetter, minimumEffect),
    reason: notes.length === 0 ? null : notes.join("; "),
    minimumEffect,
  };
}

function samplesOf(rows: RunGroup | null, { name, split }: MetricRecord): Sample[] {
  return (rows ?? []).flatMap((row): Sample[] => {
    const metric = row.metrics.find((one) => one.name === name && one.split === split);
    if (row.status !== "completed" || metric === undefined || metric.value === null) return [];
    const sample = { seed: row.seed, value: metric.value };
    return [metric.unit === "fraction" ? { ...sample, examples: metric.n } : sample];
  });
}

function sideOf(samples: readonly Sample[]): DiffSide {
  return {
    value: samples.length === 0 ? null : mean(samples.map(({ value }) => value)),
    values: samples.map(({ seed, value }) => ({ seed, value })),
  };
}

/** How many runs completed; null when all did, or when one side has none at all. */
function compareEnds({ task, model, old, new: now, obstacle }: RunPair): DiffEntry | null {
  const done = (row: ResultRow) => row.status === "completed";
  if (old === null || now === null || (old.every(done) && now.every(done))) return null;
  const subject: DiffSubject = {
    kind: "runs",
    task,
    model,
    metric: "completed runs",
    unit: "fraction",
    higherIsBetter: true,
    relative: false,
  };
  const side = (rows: RunGroup): DiffSide => ({
    value: rows.filter(done).length / rows.length,
    values: rows.map((row) => ({ seed: row.seed, value: done(row) ? 1 : 0 })),
  });
  const sides = { old: side(old), new: side(now) };
  if (obstacle !== null) return incomparable(subject, obstacle, sides);
  if ([...old, ...now].some(({ status }) => status === "interrupted")) {
    return incomparable(subject, "a run was interrupted: finish it with --resume", sides);
  }
  // A run that used to complete and now does not is a regression whatever the statistics say.
  const broken = now.filter((row) =>
    !done(row) && (old.find(({ seed }) => seed === row.seed) ?? old.find(done))?.status ===
      "completed"
  );
  const mended = old.filter((row) =>
    !done(row) && now.some((other) => other.seed === row.seed && done(other))
  );
  const list = (rows: readonly ResultRow[]) =>
    rows.map(({ seed, status, reason }) => `seed ${seed} ${status}: ${reason}`).join("; ");
  return {
    ...subject,
    ...sides,
    verdict: broken.length > 0 ? "regressed" : mended.length > 0 ? "improved" : "within noise",
    reason: broken.length > 0
      ? list(broken)
      : mended.length > 0
      ? `before, ${list(mended)}`
      : "the same runs fail",
    difference: (sides.new.value ?? 0) - (sides.old.value ?? 0),
    interval: null,
    pValue: null,
    method: "runs",
    minimumEffect: 0,
  };
}
