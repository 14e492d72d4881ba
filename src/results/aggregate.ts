import type { Aggregate } from "./schema_aggregate.ts";
import type { MetricRecord, ResultRow } from "./schema_row.ts";
import { mean, standardDeviation, studentTInterval } from "./statistics.ts";

/** The rows that statistics and tables are about: runs that only chose a setting are none of them. */
export function finalRows(rows: readonly ResultRow[]): ResultRow[] {
  return rows.filter(({ role }) => role === "final");
}

/**
 * Groups final rows by task (name, direction and version), model (name and configuration) and
 * sequence length, in order of first appearance. Rows of a group differ in their seed only.
 */
export function groupRows(rows: readonly ResultRow[]): ResultRow[][] {
  const groups = new Map<string, ResultRow[]>();
  for (const row of finalRows(rows)) {
    const { task, model, sequenceLength } = row;
    const key = JSON.stringify([
      task.name,
      task.direction ?? null,
      task.version,
      model.name,
      model.sha256,
      sequenceLength,
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/**
 * Statistics over seeds, one entry per task, model, metric, split and setting. Runs that did not complete
 * appear among the values and in the note but never in the mean.
 */
export function aggregateRows(rows: readonly ResultRow[]): Aggregate[] {
  return groupRows(rows).flatMap((group) => {
    const kinds = new Map<string, MetricRecord>();
    for (const metric of group.flatMap((row) => row.metrics)) {
      const key = metricKey(metric);
      if (!kinds.has(key)) kinds.set(key, metric);
    }
    return [...kinds.values()].map((kind) => aggregateMetric(group, kind));
  });
}

/** Tells metrics apart: name, split and the conditions of the evaluation. */
export function metricKey({ name, split, setting }: MetricRecord): string {
  return JSON.stringify([name, split, setting?.contextLength ?? null, setting?.carried ?? null]);
}

/** The metric of a row that another row calls by the same name, split and setting. */
export function sameMetric(row: ResultRow, kind: MetricRecord): MetricRecord | undefined {
  return row.metrics.find((metric) => metricKey(metric) === metricKey(kind));
}

function aggregateMetric(group: readonly ResultRow[], kind: MetricRecord): Aggregate {
  const values = group.map((row) => {
    const value = sameMetric(row, kind)?.value ?? null;
    return { seed: row.seed, status: row.status, value };
  });
  const used = values.flatMap(({ status, value }) =>
    status === "completed" && value !== null ? [value] : []
  );
  return {
    task: group[0].task.name,
    model: group[0].model.name,
    metric: kind.name,
    split: kind.split,
    setting: kind.setting,
    unit: kind.unit,
    higherIsBetter: kind.higherIsBetter,
    values,
    n: used.length,
    mean: used.length === 0 ? null : mean(used),
    standardDeviation: used.length < 2 ? null : standardDeviation(used),
    interval: studentTInterval(used),
    note: noteOn(values, used.length),
  };
}

function noteOn(values: Aggregate["values"], n: number): string | null {
  const notes: string[] = [];
  if (n === 0) notes.push("no completed run: no mean");
  if (n === 1) notes.push("one completed run: no interval over seeds");
  const left = values.filter(({ status }) => status !== "completed");
  if (left.length > 0) {
    notes.push(`left out: ${left.map(({ seed, status }) => `seed ${seed} ${status}`).join(", ")}`);
  }
  return notes.length === 0 ? null : notes.join("; ");
}

/**
 * The aggregate by which a group is judged: the given score in its usual evaluation, on the test
 * split before the others; the first of any other metric where no run has that score.
 */
export function mainAggregate(
  aggregates: readonly Aggregate[],
  score: string,
): Aggregate | undefined {
  const usual = aggregates.filter(({ setting }) => setting === null);
  const own = usual.filter(({ metric }) => metric === score);
  const among = own.length > 0 ? own : usual;
  return among.find(({ split }) => split === "test") ?? among[0];
}
