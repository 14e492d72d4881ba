import type { ResultRow } from "../results/schema_row.ts";

/**
 * Best score of a run on the validation split, in the unit of its score; `undefined` for a run that
 * did not complete or was never evaluated.
 */
export function validationScore(
  { validationCurve, score, status }: ResultRow,
): number | undefined {
  if (status !== "completed") return undefined;
  const values = validationCurve.flatMap((point) => point.score === null ? [] : [point.score]);
  if (values.length === 0) return undefined;
  return score.higherIsBetter ? Math.max(...values) : Math.min(...values);
}
