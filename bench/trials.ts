/** The choice of a learning rate by trials. */
import type { ResultRow } from "../src/results/schema_row.ts";

/** Peak learning rate of a run. */
export function trialPeak({ schedule }: ResultRow): number | undefined {
  const { peak } = schedule.configuration;
  return typeof peak === "number" ? peak : undefined;
}

/** Best score on the validation split, or `undefined` for a run that has none. */
function validationScore({ validationCurve, score, status }: ResultRow): number | undefined {
  if (status !== "completed") return undefined;
  const values = validationCurve.flatMap((point) => point.score === null ? [] : [point.score]);
  if (values.length === 0) return undefined;
  return score.higherIsBetter ? Math.max(...values) : Math.min(...values);
}

/**
 * The trial with the best score on the validation split; the first of equals.
 *
 * @param trials Completed or not, of one task and model; at least one.
 * @returns `undefined` when no trial has a score.
 */
export function bestTrial(trials: readonly ResultRow[]): ResultRow | undefined {
  let best: { readonly row: ResultRow; readonly value: number } | undefined;
  for (const row of trials) {
    const value = validationScore(row);
    if (value === undefined) continue;
    const better = best === undefined ||
      (row.score.higherIsBetter ? value > best.value : value < best.value);
    if (better) best = { row, value };
  }
  return best?.row;
}
