/** What people who wait for the next run read about the one that has ended. */
import type { ResultRow } from "../src/results/schema_row.ts";
import { formatScoreUnit } from "../src/results/display/score_format.ts";
import { formatDuration } from "../src/util/format.ts";
import { trialPeak } from "./trials.ts";

/** One line on how a run ended. */
export function rowLine(row: ResultRow): string {
  const { task, model, seed, metrics, status, wallSeconds, score, role } = row;
  const found = metrics.find(({ split, name, setting }) =>
    split === "test" && name === score.name && setting === null
  );
  const { compile, train, evaluate } = wallSeconds;
  const outcome = found?.value == null
    ? status
    : `test ${score.name.replaceAll("-", " ")} ${formatScoreUnit(found.value, score.unit)}`;
  const time = formatDuration(compile + train + evaluate);
  const trial = role === "trial" ? ` trial of peak ${trialPeak(row)}` : "";
  return `${task.name} ${model.name} seed ${seed}${trial}: ${outcome} in ${time}`;
}
