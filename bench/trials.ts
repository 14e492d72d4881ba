/** The choice of a learning rate by trials. */
import { validationScore } from "../src/cells/validation_score.ts";
import type { ResultRow } from "../src/results/schema_row.ts";

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
