import type { ResultRow } from "./schema_row.ts";

/** Best score on the validation split; `undefined` for a run that did not complete or has none. */
export function validationScore(
  { validationCurve, score, status }: ResultRow,
): number | undefined {
  if (status !== "completed") return undefined;
  const values = validationCurve.flatMap((point) => point.score === null ? [] : [point.score]);
  if (values.length === 0) return undefined;
  return score.higherIsBetter ? Math.max(...values) : Math.min(...values);
}
