/** Which setting of a sweep is the final one of each model, judged by validation. */
import type { ResultRow } from "../results/schema_row.ts";
import { mean } from "../results/statistics.ts";
import { validationScore } from "../results/validation_score.ts";
import { formatScoreUnit, scoreLabel } from "../results/display/score_format.ts";
import { displayName } from "../results/display_names.ts";
import { settingText, variedSettings } from "./expand.ts";
import type { Setting, SweepJob } from "./plan.ts";

/** A job with the row that its run left. */
export interface JobRow {
  readonly job: SweepJob;
  readonly row: ResultRow;
}

/** The setting that was chosen for a task and a model. */
export interface Choice {
  readonly task: string;
  readonly model: string;
  readonly setting: Setting;
  /** All that were tried, in the order of the sweep; at least one. */
  readonly tried: readonly Setting[];
  /** Mean of the best validation scores of its seeds; `null` where no run has one. */
  readonly score: number | null;
  /** A row of the setting, for the name and the unit of the score. */
  readonly row: ResultRow;
}

interface Candidate {
  readonly setting: Setting;
  readonly row: ResultRow;
  /** Of runs that completed. */
  readonly scores: readonly number[];
}

function isBetter(a: Candidate, b: Candidate): boolean {
  // A setting that fails with some seeds is no match for one that does not.
  if (a.scores.length !== b.scores.length) return a.scores.length > b.scores.length;
  if (a.scores.length === 0) return false;
  const [of, than] = [mean(a.scores), mean(b.scores)];
  return a.row.score.higherIsBetter ? of > than : of < than;
}

const keyOf = (value: unknown) => JSON.stringify(value);

/**
 * Chooses a setting for every task and model: the one with most completed seeds, of these the one
 * with the best mean validation score, of equals the first. Test scores play no part.
 */
export function chooseSettings(rows: readonly JobRow[]): Choice[] {
  const groups = Map.groupBy(rows, ({ job: { task, model } }) => keyOf([task, model]));
  return [...groups.values()].map((group): Choice => {
    const settings = Map.groupBy(group, ({ job: { setting } }) => keyOf(setting));
    const candidates = [...settings.values()].map((own): Candidate => ({
      setting: own[0].job.setting,
      row: own[0].row,
      scores: own.flatMap(({ row }) => validationScore(row) ?? []),
    }));
    const { setting, row, scores } = candidates.reduce((best, one) =>
      isBetter(one, best) ? one : best
    );
    const { task, model } = group[0].job;
    return {
      task,
      model,
      setting,
      tried: candidates.map((one) => one.setting),
      score: scores.length === 0 ? null : mean(scores),
      row,
    };
  });
}

/** Whether a job has the setting that was chosen for its task and model. */
export function isChosen(choices: readonly Choice[], { task, model, setting }: SweepJob): boolean {
  return choices.some((choice) =>
    choice.task === task && choice.model === model && keyOf(choice.setting) === keyOf(setting)
  );
}

/** A sentence on a choice; `null` where there was none to make. */
export function choiceText({ task, model, setting, tried, score, row }: Choice): string | null {
  if (tried.length < 2) return null;
  const keys = variedSettings({ settings: [...tried] });
  const basis = score === null
    ? "no run has a validation score, so it is only the first"
    : `mean validation ${scoreLabel(row.score).replace(/, .*$/, "")} ` +
      formatScoreUnit(score, row.score.unit);
  return `${task} ${displayName(model)}: ${settingText(setting, keys)}, ` +
    `chosen among ${tried.length} settings by validation (${basis})`;
}
