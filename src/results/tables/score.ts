import { aggregateRows, mainAggregate } from "../aggregate.ts";
import { scoreDigits, shownScale } from "../display/score_format.ts";
import type { Aggregate } from "../schema_aggregate.ts";
import type { ResultRow } from "../schema_row.ts";
import { median } from "../statistics.ts";
import type { Cell } from "../table.ts";

/** What a table shows where there is nothing to show. */
export const missing = "–";

/** Says what stands behind the sign in a cell of scores. */
export const intervalNote =
  "± 95 % confidence interval of the mean over seeds (Student t); none for one seed.";

/** The score of a model on a task over its seeds, in the unit that tables print. */
export interface Score {
  /** Mean in the printed unit: percent for fractions. */
  mean: number;
  /** Unit of the metric, from which the printed one follows. */
  unit: string;
  /** Half the width of the 95 % interval over seeds, in the printed unit; null for one seed. */
  margin: number | null;
  higherIsBetter: boolean;
  n: number;
  /** Number of runs that did not complete. */
  failed: number;
  /** Lowest bound known for it: of the interval over seeds, else of the single run. */
  low: number;
}

/**
 * The score of runs that differ in their seed only, by the given metric, or the score of
 * the rows, on the test split (validation where there is no test).
 *
 * @returns How the runs ended when none has a score; undefined for no runs.
 */
export function scoreOf(
  rows: readonly ResultRow[],
  metric?: string,
): Score | ResultRow["status"] | undefined {
  if (rows.length === 0) return undefined;
  const wanted = metric ?? rows[0].score.name;
  const main = mainAggregate(
    aggregateRows(rows).filter(({ metric: name }) => name === wanted),
    wanted,
  );
  const failed = rows.filter(({ status }) => status !== "completed");
  if (main === undefined || main.mean === null) return failed[0]?.status;
  const scale = shownScale(main.unit);
  return {
    mean: scale * main.mean,
    unit: main.unit,
    margin: main.interval === null ? null : scale * (main.interval.high - main.mean),
    higherIsBetter: main.higherIsBetter,
    n: main.n,
    failed: failed.length,
    low: scale * (main.interval?.low ?? singleLow(rows, main) ?? main.mean),
  };
}

function singleLow(rows: readonly ResultRow[], { metric, split }: Aggregate): number | undefined {
  const done = rows.find(({ status }) => status === "completed");
  return done?.metrics.find((one) =>
    one.name === metric && one.split === split && one.setting === null
  )?.interval?.low;
}

/** Median of a figure over completed runs; undefined where none has it. */
export function medianOf(
  rows: readonly ResultRow[],
  read: (row: ResultRow) => number | null | undefined,
): number | undefined {
  const values = rows.flatMap((row) => row.status === "completed" ? read(row) ?? [] : []);
  return values.length === 0 ? undefined : median(values);
}

/** A score as a cell; `strong` for the best of its column. */
export function scoreCell(
  score: Score | ResultRow["status"] | undefined,
  isBest = false,
): Cell {
  if (score === undefined) return missing;
  if (typeof score === "string") return { text: `${score} ‡`, style: "warning" };
  const digits = scoreDigits(score.unit, score.mean);
  let text = score.mean.toFixed(digits);
  if (score.margin !== null) text += ` ± ${score.margin.toFixed(digits)}`;
  if (score.failed > 0) return { text: `${text} ‡`, style: "warning" };
  return isBest ? { text, style: "strong" } : text;
}

/**
 * Which scores of a column to emphasise: the best mean and those whose intervals overlap its own.
 * None when that would be all of them.
 */
export function bestScores(scores: readonly (Score | string | undefined)[]): Set<Score> {
  const known = scores.filter((score): score is Score => typeof score === "object");
  const sign = known[0]?.higherIsBetter === false ? -1 : 1;
  if (known.length < 2) return new Set();
  const top = known.reduce((a, b) => sign * b.mean > sign * a.mean ? b : a);
  const level = known.filter(({ mean, margin }) =>
    sign * mean + (margin ?? 0) >= sign * top.mean - (top.margin ?? 0)
  );
  return new Set(level.length < known.length ? level : []);
}
