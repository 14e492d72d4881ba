import { UserError } from "../../errors.ts";
import { addStatistics, type BleuStatistics, statisticsOf } from "../../metrics/bleu/statistics.ts";
import { pairedBootstrap } from "../../metrics/bootstrap.ts";
import { sameMetric } from "../aggregate.ts";
import { normalQuantile } from "../distributions.ts";
import type { Result } from "../schema.ts";
import type { MetricRecord, ResultRow, TranslationsRecord } from "../schema_row.ts";
import { mean } from "../statistics.ts";
import { readTranslations, type Translations } from "../translations_file.ts";
import type { Comparison } from "./compare_samples.ts";
import type { RunPair } from "./match_rows.ts";

/** What was read for each record of a result: the translations, or why there are none. */
export type TranslationsByRecord = ReadonlyMap<TranslationsRecord, Translations | UserError>;

/** Samples of the paired bootstrap, and the seed of their sentences. */
const samples = 1000;
const seed = 1;

/** The unit of scores that are BLEU. */
export const bleuUnit = "bleu";

/** Stands in notes on scores whose translations should have been compared. */
export const notCompared = "the translations could not be compared";

/** The metric whose statistics are kept for every sentence. */
const resampled = "sacrebleu";

/** Reads all translations that the final runs of a result record. */
export async function readResultTranslations(
  path: string,
  { rows }: Result,
): Promise<TranslationsByRecord> {
  const found = new Map<TranslationsRecord, Translations | UserError>();
  for (const row of rows) {
    if (row.role !== "final") continue;
    for (const record of row.translations ?? []) {
      const outcome = await readTranslations(path, record).catch((error: unknown) => {
        if (error instanceof UserError) return error;
        throw error;
      });
      found.set(record, outcome);
    }
  }
  return found;
}

/**
 * Compares a BLEU score of two sides that both have it. sacreBLEU is decided by the paired
 * bootstrap (Koehn 2004) over the sentences that both sides translated: both the p-value of
 * sacreBLEU and the interval at the level 1 - alpha must speak against chance. Of several seeds,
 * those of both sides are pooled sentence by sentence; all seeds are where none is common.
 *
 * Where translations are missing or have another text, and for BLEU of tokenised text, the
 * intervals that the runs stored are compared as if they were independent. This sees less, since
 * the sides share their sentences; the note says why it was done.
 *
 * @returns A comparison in points of BLEU, or why there is none.
 */
export function compareBleu(
  pair: RunPair,
  metric: MetricRecord,
  alpha: number,
  translations: TranslationsByRecord,
): Comparison | string {
  const sides = commonRuns(scoredRuns(pair.old, metric), scoredRuns(pair.new, metric));
  const obstacle = signatureObstacle(sides, metric);
  if (obstacle !== null) return obstacle;
  if (metric.name !== resampled || metric.setting !== null) {
    return compareIntervals(sides, metric, alpha, sides.note);
  }
  const old = pooled("old", sides.old, metric, translations);
  const now = pooled("new", sides.new, metric, translations);
  const problem = typeof old === "string"
    ? old
    : typeof now === "string"
    ? now
    : old.textSha256 === now.textSha256
    ? null
    : "the texts of the two results differ";
  if (problem !== null || typeof old === "string" || typeof now === "string") {
    const note = `${notCompared} (${problem})`;
    return compareIntervals(sides, metric, alpha, joined(sides.note, note));
  }
  const options = { samples, seed, level: 1 - alpha };
  const { difference, interval, pValue } = pairedBootstrap(now.sentences, old.sentences, options);
  return {
    method: "paired bootstrap",
    difference,
    interval: { low: interval.lower, high: interval.upper },
    pValue,
    significant: pValue < alpha && (interval.lower > 0 || interval.upper < 0),
    note: sides.note,
  };
}

interface Sides {
  readonly old: readonly ResultRow[];
  readonly new: readonly ResultRow[];
  readonly note: string | null;
}

function scoredRuns(rows: readonly ResultRow[] | null, metric: MetricRecord): ResultRow[] {
  return (rows ?? []).filter((row) =>
    row.status === "completed" && typeof sameMetric(row, metric)?.value === "number"
  );
}

/** The runs of the seeds that both sides have; all runs when they have none in common. */
function commonRuns(old: readonly ResultRow[], now: readonly ResultRow[]): Sides {
  const among = (rows: readonly ResultRow[], others: readonly ResultRow[]) =>
    rows.filter((row) => others.some((other) => other.seed === row.seed));
  const [left, right] = [among(old, now), among(now, old)];
  const single = old.length === 1 && now.length === 1 ? "one run each" : null;
  if (left.length === 0) return { old, new: now, note: joined(single, "other seeds") };
  const count = left.length;
  const fewer = count < Math.max(old.length, now.length);
  const which = count === 1 ? "the only seed" : `the ${count} seeds`;
  return { old: left, new: right, note: fewer ? `only ${which} of both sides` : single };
}

/** Scores that were computed by other rules are other scores. */
function signatureObstacle(sides: Sides, metric: MetricRecord): string | null {
  const of = (rows: readonly ResultRow[]) =>
    [...new Set(rows.map((row) => sameMetric(row, metric)?.signature ?? "no signature"))].join(
      ", ",
    );
  const [old, now] = [of(sides.old), of(sides.new)];
  return old === now ? null : `${metric.name} by other rules: ${old} → ${now}`;
}

interface PooledSentences {
  readonly textSha256: string;
  /** Statistics of each sentence, summed over the runs. */
  readonly sentences: readonly BleuStatistics[];
}

/** The sentences of a side's runs, or why they cannot be had. */
function pooled(
  side: "old" | "new",
  rows: readonly ResultRow[],
  { split }: MetricRecord,
  translations: TranslationsByRecord,
): PooledSentences | string {
  let sum: PooledSentences | undefined;
  for (const row of rows) {
    const record = row.translations?.find((one) => one.split === split);
    const found = record === undefined ? undefined : translations.get(record);
    if (found === undefined) return `the ${side} result keeps none of seed ${row.seed}`;
    if (found instanceof UserError) return found.message;
    const { textSha256 } = found;
    const sentences = found.statistics.map(statisticsOf);
    if (sentences.length === 0) return `the ${side} result has no sentence of seed ${row.seed}`;
    if (sum !== undefined && sum.textSha256 !== textSha256) {
      return `the texts of the runs of the ${side} result differ`;
    }
    const before = sum?.sentences;
    sum = {
      textSha256,
      sentences: before === undefined
        ? sentences
        : sentences.map((one, i) => addStatistics(before[i], one)),
    };
  }
  return sum ?? `the ${side} result has no run`;
}

/**
 * The interval of a difference of two means from their own intervals (Zou and Donner 2008,
 * "Construction of confidence limits about effect measures: A general approach"), each the mean
 * over the runs, since all runs of a side translate the same sentences.
 */
function compareIntervals(
  sides: Sides,
  metric: MetricRecord,
  alpha: number,
  note: string | null,
): Comparison | string {
  const old = meanInterval(sides.old, metric, alpha);
  const now = meanInterval(sides.new, metric, alpha);
  if (old === null || now === null) {
    const without = `the ${old === null ? "old" : "new"} result has no interval of it`;
    return joined(note, without);
  }
  const difference = now.value - old.value;
  const low = difference - Math.hypot(now.below, old.above);
  const high = difference + Math.hypot(now.above, old.below);
  return {
    method: "stored intervals",
    difference,
    interval: { low, high },
    pValue: null,
    significant: low > 0 || high < 0,
    note,
  };
}

/** Mean value and mean distances to the bounds at the level 1 - alpha; null without intervals. */
function meanInterval(rows: readonly ResultRow[], metric: MetricRecord, alpha: number) {
  const records = rows.flatMap((row) => {
    const { value = null, interval = null } = sameMetric(row, metric) ?? {};
    return value === null || interval === null ? [] : [{ value, interval }];
  });
  if (records.length < rows.length || records.length === 0) return null;
  const widths = records.map(({ value, interval: { low, high, confidence } }) => {
    const scale = normalQuantile(1 - alpha / 2) / normalQuantile((1 + confidence) / 2);
    return { below: scale * (value - low), above: scale * (high - value) };
  });
  return {
    value: mean(records.map(({ value }) => value)),
    below: mean(widths.map(({ below }) => below)),
    above: mean(widths.map(({ above }) => above)),
  };
}

function joined(...notes: (string | null)[]): string {
  return notes.filter((note) => note !== null).join("; ");
}
