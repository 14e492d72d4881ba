import { canonicalHash } from "../util/canonical_hash.ts";
import { displayName, taskTitle } from "./display_names.ts";
import type { ResultRow } from "./schema_row.ts";

/** What trials differ in: the learning rate and its course, the size of batches, how long they train. */
function settingOf({ optimizer, schedule, batchSize, updates }: ResultRow): string {
  return canonicalHash([optimizer, schedule, batchSize, updates]);
}

const groupOf = ({ task, model }: ResultRow) => JSON.stringify([taskTitle(task), model.name]);

/**
 * A sentence on how the settings of the final runs were chosen, for example `best of 3 learning
 * rates by validation; the runs that only chose are not shown.`; null where there were no trials.
 *
 * @param trials Runs of the role trial.
 * @param finals Runs of the role final: the chosen setting need not be among the trials.
 */
export function trialNote(
  trials: readonly ResultRow[],
  finals: readonly ResultRow[],
): string | null {
  const tried = [...Map.groupBy(trials, groupOf)].map(([group, runs]) => {
    const chosen = finals.filter((row) => groupOf(row) === group);
    const all = [...runs, ...chosen];
    const { task, model } = runs[0];
    return {
      name: `${taskTitle(task)} ${displayName(model.name)}`,
      count: new Set(all.map(settingOf)).size,
      onlyRates: new Set(all.map(({ batchSize, updates }) => `${batchSize} ${updates}`)).size === 1,
    };
  });
  if (tried.length === 0) return null;
  const counts = [...new Set(tried.map(({ count }) => count))];
  const what = tried.every(({ onlyRates }) => onlyRates) ? "learning rate" : "setting";
  const best = (count: number) => `best of ${count} ${what}${count === 1 ? "" : "s"}`;
  const text = counts.length === 1
    ? `${best(counts[0])} by validation`
    : `${
      counts.map((count) =>
        `${best(count)} (${
          tried.filter((one) => one.count === count).map(({ name }) => name).join(", ")
        })`
      ).join(", ")
    } by validation`;
  return `${text}; the runs that only chose are not shown.`;
}
