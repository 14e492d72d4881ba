import { withoutLocalPaths } from "../../util/local_paths.ts";
import { metricKey, sameMetric } from "../aggregate.ts";
import type { MetricRecord, ResultRow } from "../schema_row.ts";
import { mean } from "../statistics.ts";
import { compareRatios, compareSamples, judge, type Sample } from "./compare_samples.ts";
import { bleuUnit, compareBleu, type TranslationsByRecord } from "./compare_translations.ts";
import {
  type DiffEntry,
  type DiffOptions,
  type DiffSide,
  type DiffSubject,
  incomparable,
  minimumBleuEffect,
  minimumRelativeEffect,
  type Verdict,
} from "./diff_entry.ts";
import type { RunGroup, RunPair } from "./match_rows.ts";

/** Tells whether a model works as meant; more of it is no better, and its ratios mean nothing near 0. */
const diagnosticMetric = "source-dependence";

/**
 * Compares how the runs of a pair ended and every score of theirs: on the test split, and on
 * validation what was not measured on the test split.
 *
 * @param translations Of the runs of both sides, for scores of text.
 */
export function compareRuns(
  pair: RunPair,
  options: DiffOptions,
  translations: TranslationsByRecord = new Map(),
): DiffEntry[] {
  const entries = judgedMetrics(pair).map((metric) =>
    compareMetric(pair, metric, options, translations)
  );
  const ends = compareEnds(pair);
  return ends === null ? entries : [ends, ...entries];
}

function judgedMetrics({ old, new: now }: RunPair): MetricRecord[] {
  const kinds = new Map<string, MetricRecord>();
  for (const metric of [...old ?? [], ...now ?? []].flatMap((row) => row.metrics)) {
    const key = metricKey(metric);
    if (!kinds.has(key)) kinds.set(key, metric);
  }
  return [...kinds.values()].filter((metric) =>
    metric.name !== diagnosticMetric &&
    (metric.split === "test" ||
      (metric.split === "valid" && !kinds.has(metricKey({ ...metric, split: "test" }))))
  );
}

function compareMetric(
  pair: RunPair,
  metric: MetricRecord,
  options: DiffOptions,
  translations: TranslationsByRecord,
): DiffEntry {
  const isShare = metric.unit === "fraction";
  const isBleu = metric.unit === bleuUnit;
  const subject: DiffSubject = {
    kind: "metric",
    task: pair.task,
    model: pair.model,
    metric: metric.name,
    split: metric.split,
    setting: metric.setting,
    unit: metric.unit,
    higherIsBetter: metric.higherIsBetter,
    relative: !isShare && !isBleu,
  };
  const samples = { old: samplesOf(pair.old, metric), new: samplesOf(pair.new, metric) };
  const sides = {
    old: pair.old === null ? null : sideOf(samples.old),
    new: pair.new === null ? null : sideOf(samples.new),
  };
  if (pair.obstacle !== null) return incomparable(subject, pair.obstacle, sides);
  const lost = notFinite(pair, metric);
  if (lost !== null) return { ...subject, ...sides, ...lost };
  const empty = samples.old.length === 0 ? "old" : samples.new.length === 0 ? "new" : null;
  if (empty !== null) {
    const side = empty === "old" ? pair.old : pair.new;
    const what = side?.some(({ status }) => status === "completed")
      ? "not measured"
      : "no completed run";
    return incomparable(subject, `${what} in the ${empty} result`, sides);
  }
  const values = [...samples.old, ...samples.new].map(({ value }) => value);
  if (!isShare && !isBleu && !values.every((value) => value > 0)) {
    // A score of exactly zero on both sides has no ratio, but has not changed either.
    const equal = values.every((value) => value === values[0]);
    if (!equal) return incomparable(subject, "a value that is not above zero has no ratio", sides);
  }
  const comparison = isBleu
    ? compareBleu(pair, metric, options.alpha, translations)
    : isShare || values[0] <= 0
    ? compareSamples(samples.old, samples.new, options.alpha)
    : compareRatios(samples.old, samples.new, options.alpha);
  if (typeof comparison === "string") return incomparable(subject, comparison, sides);
  if (comparison === null) {
    const counts = `${samples.old.length} and ${samples.new.length}`;
    return incomparable(subject, `n too small: ${counts} runs without a common seed`, sides);
  }
  const { significant, note, ...rest } = comparison;
  const minimumEffect = isShare
    ? options.minimumEffect
    : isBleu
    ? minimumBleuEffect
    : minimumRelativeEffect;
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

/** A completed run whose score is no number any more is a regression whatever its direction. */
function notFinite({ old, new: now }: RunPair, kind: MetricRecord) {
  const seeds = (rows: RunGroup | null) =>
    (rows ?? []).flatMap((row) =>
      row.status === "completed" && sameMetric(row, kind)?.value === null ? [row.seed] : []
    );
  const [before, after] = [seeds(old), seeds(now)];
  if (before.length + after.length === 0) return null;
  const broken = after.filter((seed) => !before.includes(seed));
  const mended = before.filter((seed) => !after.includes(seed));
  const list = broken.length > 0 ? broken : mended.length > 0 ? mended : after;
  const verdict: Verdict = broken.length > 0
    ? "regressed"
    : mended.length > 0
    ? "improved"
    : "within noise";
  const when = verdict === "improved" ? "before, " : "";
  return {
    verdict,
    reason: `${when}not a finite number for seed ${list.join(", ")}`,
    difference: null,
    interval: null,
    pValue: null,
    method: "exact" as const,
    minimumEffect: null,
  };
}

function samplesOf(rows: RunGroup | null, kind: MetricRecord): Sample[] {
  return (rows ?? []).flatMap((row): Sample[] => {
    const metric = sameMetric(row, kind);
    if (row.status !== "completed" || metric === undefined || metric.value === null) return [];
    const sample = { seed: row.seed, value: metric.value };
    // Hits out of n have an interval after Wilson; other shares have no count behind them.
    const hasHits = metric.unit === "fraction" && metric.interval?.method === "wilson";
    return [hasHits ? { ...sample, examples: metric.n } : sample];
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
    split: null,
    setting: null,
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
    rows.map(({ seed, status, reason }) =>
      `seed ${seed} ${status}: ${withoutLocalPaths(reason ?? "unknown")}`
    ).join("; ");
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
