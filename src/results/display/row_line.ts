import { cleanLine } from "../../util/clean_text.ts";
import { formatDuration } from "../../util/format.ts";
import type { ResultRow } from "../schema_row.ts";
import { formatScoreUnit, scoreLabel } from "./score_format.ts";

/**
 * The score by which a run is judged: the row's own on the test split, on validation where there is
 * no test; undefined when the run has none.
 */
export function mainMetric(
  { metrics, score }: ResultRow,
): ResultRow["metrics"][number] | undefined {
  const own = metrics.filter(({ name, setting }) => name === score.name && setting === null);
  return own.find(({ split }) => split === "test") ?? own.find(({ split }) => split === "valid");
}

/**
 * The score of a run in words, for example `test accuracy 48.25 %` or `valid perplexity 95.31`; how
 * the run ended where it has none.
 */
export function outcomeText(row: ResultRow): string {
  const metric = mainMetric(row);
  if (metric === undefined || metric.value === null) return row.status;
  const name = scoreLabel(metric).replace(/, .*$/, "");
  return `${metric.split} ${name} ${formatScoreUnit(metric.value, metric.unit)}`;
}

/** One line on how a run ended, for people who wait for the next. */
export function rowLine(row: ResultRow): string {
  const { task, model, seed, role, wallSeconds } = row;
  const { compile, train, evaluate } = wallSeconds;
  const trial = role === "trial" ? " (trial)" : "";
  const time = formatDuration(compile + train + evaluate);
  return cleanLine(
    `${task.name} ${model.name} seed ${seed}${trial}: ${outcomeText(row)} in ${time}`,
  );
}
