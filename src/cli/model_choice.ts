/** Which trained model a command works with. */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { finalRows } from "../results/aggregate.ts";
import { mainMetric } from "../results/display/row_line.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { readResult } from "../results/store.ts";
import { modelFileName, modelsFolder } from "../train/models_folder.ts";

/** What a user may say about the model. */
export interface ModelChoice {
  /** What the model does. */
  readonly kind: "language-modelling" | "translation";
  readonly task?: string | undefined;
  readonly model?: string | undefined;
}

/** The row with the best score, the first of equals. */
function best(rows: readonly ResultRow[]): ResultRow {
  const value = (row: ResultRow) => {
    const score = mainMetric(row)?.value ?? null;
    if (score === null) return -Infinity;
    return row.score.higherIsBetter ? score : -score;
  };
  return rows.reduce((a, b) => value(b) > value(a) ? b : a);
}

/**
 * The model file that is meant.
 *
 * @param run A model file, or a result file whose models lie beside it.
 * @throws {UserError} when there is none, naming what there is.
 */
export async function findModel(
  run: string,
  { kind, task, model }: ModelChoice,
): Promise<string> {
  if (!run.endsWith(".json")) return run;
  const rows = finalRows((await readResult(run)).rows).filter((row) =>
    row.status === "completed" && row.task.kind === kind
  );
  if (rows.length === 0) {
    const [what, suite] = kind === "translation"
      ? ["translation model", "translation"]
      : ["language model", "lm"];
    throw new UserError(
      `${run}: no ${what} was trained to its end: run deno task bench --suite ${suite}`,
    );
  }
  const named = rows.filter((row) =>
    (task ?? row.task.name) === row.task.name && (model ?? row.model.name) === row.model.name
  );
  // Scores of different tasks do not compare: the first that has such a model.
  const chosen = named.filter((row) => row.task.name === named[0].task.name);
  if (chosen.length === 0) {
    const known = new Set(rows.map((row) => `${row.task.name} ${row.model.name}`));
    throw new UserError(`${run}: no such model; there are ${[...known].join(", ")}`);
  }
  const row = best(chosen);
  const path = join(modelsFolder(run), modelFileName(row.task.name, row.model.name, row.seed));
  if (!await Deno.stat(path).then(() => true, () => false)) {
    throw new UserError(
      `${path}: missing: results keep numbers only, so train the model with bench`,
    );
  }
  return path;
}
