import { canonicalHash } from "../util/canonical_hash.ts";
import { displayName, taskTitle } from "./display_names.ts";
import type { ResultRow } from "./schema_row.ts";

/**
 * A sentence on how the settings of the final runs were chosen, for example `best of 3 learning
 * rates by validation; the runs that only chose are not shown.`; null where there were no trials.
 *
 * @param trials Runs of the role trial.
 */
export function trialNote(trials: readonly ResultRow[]): string | null {
  const tried = [
    ...Map.groupBy(trials, ({ task, model }) => JSON.stringify([taskTitle(task), model.name]))
      .values(),
  ].map((runs) => {
    const settings = runs.map(({ optimizer, schedule }) => canonicalHash([optimizer, schedule]));
    const { task, model } = runs[0];
    const name = `${taskTitle(task)} ${displayName(model.name)}`;
    return { name, count: new Set(settings).size };
  });
  if (tried.length === 0) return null;
  const counts = [...new Set(tried.map(({ count }) => count))];
  const best = (count: number) => `best of ${count} learning ${count === 1 ? "rate" : "rates"}`;
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
