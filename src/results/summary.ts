import { formatBytes, formatCount, formatDuration } from "../util/format.ts";
import { aggregateRows, groupRows, mainAggregate } from "./aggregate.ts";
import { formatScore, scoreDigits, shownScale } from "./display/score_format.ts";
import { displayName } from "./display_names.ts";
import { paperRow } from "./paper.ts";
import type { Result } from "./schema.ts";
import type { Aggregate } from "./schema_aggregate.ts";
import type { ResultRow } from "./schema_row.ts";
import { median } from "./statistics.ts";
import type { Cell, Column, Table, TableSection } from "./table.ts";
import { trialNote } from "./trials.ts";

const missing = "–";

/**
 * The table that a bench run ends with: per task and model the main metric over seeds with its
 * confidence interval, the figure of the paper beside it, size, speed and memory. Runs that did not
 * complete are counted and named below the table.
 */
export function summaryTable(result: Result): Table {
  const entries = groupRows(result.rows).map(summariseGroup);
  const metrics = new Set(entries.flatMap(({ main }) => main === undefined ? [] : [main.metric]));
  const [onlyMetric] = metrics;
  const shared = metrics.size === 1 ? displayName(onlyMetric) : undefined;
  const best = bestEntries(entries);
  const tasks = [...new Set(entries.map(({ task }) => task))];
  const sections = tasks.map((task): TableSection => {
    const own = entries.filter((entry) => entry.task === task);
    const metric = own.find(({ main }) => main !== undefined)?.main?.metric;
    const suffix = shared === undefined && metric !== undefined ? ` · ${displayName(metric)}` : "";
    return {
      title: displayName(task) + suffix,
      rows: own.map((entry) => summaryCells(entry, best.has(entry))),
    };
  });
  return {
    caption: captionOf(result),
    columns: summaryColumns(shared ?? "Score"),
    sections,
    footnotes: footnotesOf(result, entries),
  };
}

function summaryColumns(score: string): Column[] {
  return [
    { header: "Model", align: "left" },
    { header: "this run", align: "decimal", group: score },
    { header: "paper †", align: "decimal", group: score },
    { header: "Seeds", align: "right" },
    { header: "Params", align: "decimal" },
    { header: "steps", align: "right", group: "Training" },
    { header: "tokens/s", align: "decimal", group: "Training", dropOrder: 1 },
    { header: "peak mem", align: "decimal", group: "Training", dropOrder: 2 },
    { header: "ms/step", align: "decimal", group: "Training", dropOrder: 4 },
    { header: "time", align: "right", group: "Training", dropOrder: 3 },
  ];
}

interface SummaryEntry {
  task: string;
  model: string;
  rows: ResultRow[];
  /** Aggregate of the metric by which the task is judged; undefined when no run has one. */
  main: Aggregate | undefined;
}

function summariseGroup(rows: ResultRow[]): SummaryEntry {
  const aggregates = aggregateRows(rows);
  const main = mainAggregate(aggregates, rows[0].score.name);
  return { task: rows[0].task.name, model: rows[0].model.name, rows, main };
}

/**
 * The entries to emphasise: of each task the best mean and every mean whose interval over seeds
 * overlaps that of the best. None where this would be all of them.
 */
function bestEntries(entries: readonly SummaryEntry[]): Set<SummaryEntry> {
  const chosen = new Set<SummaryEntry>();
  for (const task of new Set(entries.map((entry) => entry.task))) {
    const scored = entries.flatMap((entry) => {
      const { main } = entry;
      if (entry.task !== task || main === undefined || main.mean === null) return [];
      const sign = main.higherIsBetter ? 1 : -1;
      const bounds = main.interval ?? { low: main.mean, high: main.mean };
      const ends = [sign * bounds.low, sign * bounds.high];
      return [{ entry, mean: sign * main.mean, worst: Math.min(...ends), best: Math.max(...ends) }];
    });
    if (scored.length < 2) continue;
    const top = scored.reduce((a, b) => b.mean > a.mean ? b : a);
    const level = scored.filter((one) => one.best >= top.worst);
    if (level.length < scored.length) level.forEach(({ entry }) => chosen.add(entry));
  }
  return chosen;
}

function summaryCells(entry: SummaryEntry, isBest: boolean): Cell[] {
  const { rows, main } = entry;
  const completed = rows.filter(({ status }) => status === "completed");
  const measured = (read: (row: ResultRow) => number | null | undefined) =>
    (completed.length > 0 ? completed : rows).flatMap((row) => read(row) ?? []);
  const show = (values: number[], format: (value: number) => string) =>
    values.length === 0 ? missing : format(median(values));
  const steps = rows.map(({ updates }) => updates);
  return [
    displayName(entry.model),
    scoreCell(entry, isBest),
    { text: paperText(entry, main), style: "muted" },
    completed.length === rows.length
      ? `${rows.length}`
      : { text: `${completed.length}/${rows.length} ‡`, style: "warning" },
    formatCount(rows[0].model.parameterCount),
    `${Math.max(...steps)}`,
    show(measured((row) => row.performance.tokensPerSecond), formatCount),
    show(measured((row) => row.performance.peakPlannedBytes), formatBytes),
    show(measured((row) => row.performance.stepMilliseconds?.median), (ms) => ms.toFixed(1)),
    show(measured(totalSeconds), formatDuration),
  ];
}

function totalSeconds({ wallSeconds }: ResultRow): number {
  return wallSeconds.data + wallSeconds.compile + wallSeconds.train + wallSeconds.evaluate;
}

function scoreCell({ rows, main }: SummaryEntry, isBest: boolean): Cell {
  if (main === undefined || main.mean === null) return { text: rows[0].status, style: "warning" };
  let text = formatScore(main.mean, main.unit);
  if (main.interval !== null) {
    const margin = shownScale(main.unit) * (main.interval.high - main.mean);
    text += ` ± ${margin.toFixed(scoreDigits(main.unit, main.mean))}`;
  }
  return isBest ? { text, style: "strong" } : text;
}

function paperText({ task, model, rows }: SummaryEntry, main: Aggregate | undefined): string {
  const row = paperRow(task, model, main?.metric ?? rows[0].score.name);
  if (row === undefined) return missing;
  return row.value === null ? "fails" : row.value.toFixed(2);
}

function captionOf({ suite, profile, overrides, environment }: Result): string {
  const changed = Object.entries(overrides).map(([key, value]) =>
    `${key} ${JSON.stringify(value)}`
  );
  const suffix = changed.length === 0 ? "" : ` with ${changed.join(", ")}`;
  const { adapter } = environment;
  const device = adapter.description || adapter.device || adapter.vendor || "unknown adapter";
  const kind = adapter.class === "software" ? "software adapter" : "GPU";
  return `${displayName(suite)} · profile ${profile}${suffix} · ${kind} ${device}`;
}

function footnotesOf({ profile, rows: all }: Result, entries: readonly SummaryEntry[]): string[] {
  const notes: string[] = [];
  if (entries.some(({ main }) => main?.interval !== null && main !== undefined)) {
    notes.push("± 95 % confidence interval of the mean over seeds (Student t).");
  }
  if (entries.some(({ main }) => main?.n === 1)) {
    notes.push("No ± where one seed completed: one run says nothing about seeds.");
  }
  const tried = trialNote(all.filter(({ role }) => role === "trial"));
  if (tried !== null) notes.push(tried.charAt(0).toUpperCase() + tried.slice(1));
  const hasPaper = entries.some((entry) => paperText(entry, entry.main) !== missing);
  if (hasPaper) {
    notes.push(
      profile === "paper"
        ? "† Published in the Mega paper (mean of 5 seeds), not measured here."
        : `† Published in the Mega paper, at its full data, size and budget: not measured here, and ` +
          `not comparable with profile ${profile}.`,
    );
  }
  for (const { task, model, rows } of entries) {
    for (const { seed, status, reason, updatesDone } of rows) {
      if (status === "completed") continue;
      const where = `${displayName(task)} ${displayName(model)} seed ${seed}`;
      notes.push(`‡ ${where} ${status} after ${updatesDone} steps: ${reason}.`);
    }
  }
  return notes;
}
