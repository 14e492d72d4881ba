import { formatBytes, formatCount, formatDuration } from "../util/format.ts";
import { aggregateRows, finalRows, groupRows, mainAggregate } from "./aggregate.ts";
import { formatScore, scoreDigits, shownScale } from "./display/score_format.ts";
import { displayName, taskTitle } from "./display_names.ts";
import { paperRow } from "./paper.ts";
import type { Result } from "./schema.ts";
import type { Aggregate } from "./schema_aggregate.ts";
import { type ResultRow, type TaskKind, taskKinds } from "./schema_row.ts";
import { median } from "./statistics.ts";
import type { Cell, Column, Table, TableSection } from "./table.ts";
import { missing } from "./tables/score.ts";
import { translationColumns, translationNotes } from "./tables/translation_columns.ts";
import { trialNote } from "./trials.ts";

/**
 * The tables that a bench run ends with, one for each kind of task in it: per task and model the
 * main metric over seeds with its confidence interval, the figure of the paper beside it, size,
 * speed and memory; of translation the other scores of decoded text as well. Runs that did not
 * complete are counted and named below the table.
 */
export function summaryTables(result: Result): Table[] {
  const present = new Set(result.rows.map(({ task }) => task.kind));
  const kinds = taskKinds.filter((kind) => present.has(kind));
  const tables = kinds.map((kind) => {
    const rows = result.rows.filter(({ task }) => task.kind === kind);
    const table = summaryTable({ ...result, rows }, kind);
    return kinds.length === 1
      ? table
      : { ...table, caption: `${displayName(kind)} · ${table.caption}` };
  });
  // What several tables would say alike stands below the last of them.
  return tables.map((table, i) => {
    const later = new Set(tables.slice(i + 1).flatMap(({ footnotes }) => footnotes));
    return { ...table, footnotes: table.footnotes.filter((note) => !later.has(note)) };
  });
}

function summaryTable(result: Result, kind: TaskKind): Table {
  const entries = groupRows(result.rows).map(summariseGroup);
  const metrics = new Set(entries.flatMap(({ main }) => main === undefined ? [] : [main.metric]));
  const [onlyMetric] = metrics;
  const shared = metrics.size === 1 ? displayName(onlyMetric) : undefined;
  const columns = kind === "translation"
    ? translationSummaryColumns(entries)
    : summaryColumns(shared ?? "Score");
  const best = bestEntries(entries);
  const tasks = [...new Set(entries.map(({ task }) => task))];
  const sections = tasks.map((task): TableSection => {
    const own = entries.filter((entry) => entry.task === task);
    const metric = own.find(({ main }) => main !== undefined)?.main?.metric;
    const suffix = shared === undefined && metric !== undefined ? ` · ${displayName(metric)}` : "";
    return {
      title: task + suffix,
      rows: own.map((entry) => columns.map(({ cell }) => cell(entry, best.has(entry)))),
    };
  });
  const notes = kind === "translation" ? translationNotes(entries.flatMap(({ rows }) => rows)) : [];
  return {
    caption: captionOf(result),
    columns,
    sections,
    footnotes: [...notes, ...footnotesOf(result, entries)],
  };
}

interface SummaryColumn extends Column {
  cell(entry: SummaryEntry, isBest: boolean): Cell;
}

const modelColumn: SummaryColumn = {
  header: "Model",
  align: "left",
  cell: ({ model }) => displayName(model),
};

const seedsColumn: SummaryColumn = {
  header: "Seeds",
  align: "right",
  cell: ({ rows }) => {
    const completed = rows.filter(({ status }) => status === "completed").length;
    return completed === rows.length
      ? `${rows.length}`
      : { text: `${completed}/${rows.length} ‡`, style: "warning" };
  },
};

const sizeColumn: SummaryColumn = {
  header: "Params",
  align: "decimal",
  cell: ({ rows }) => formatCount(rows[0].model.parameterCount),
};

const trainingColumns: readonly SummaryColumn[] = [
  {
    header: "steps",
    align: "right",
    group: "Training",
    cell: ({ rows }) => `${Math.max(...rows.map(({ updates }) => updates))}`,
  },
  {
    header: "tokens/s",
    align: "decimal",
    group: "Training",
    dropOrder: 1,
    cell: (entry) => medianCell(entry, (row) => row.performance.tokensPerSecond, formatCount),
  },
  {
    header: "peak mem",
    align: "decimal",
    group: "Training",
    dropOrder: 2,
    cell: (entry) => medianCell(entry, (row) => row.performance.peakPlannedBytes, formatBytes),
  },
  {
    header: "ms/step",
    align: "decimal",
    group: "Training",
    dropOrder: 4,
    cell: (entry) =>
      medianCell(entry, (row) => row.performance.stepMilliseconds?.median, (ms) => ms.toFixed(1)),
  },
  {
    header: "time",
    align: "right",
    group: "Training",
    dropOrder: 3,
    cell: (entry) => medianCell(entry, totalSeconds, formatDuration),
  },
];

function scoreColumns(group: string, header: string): SummaryColumn[] {
  return [
    { header, align: "decimal", group, cell: scoreCell },
    {
      header: "paper †",
      align: "decimal",
      group,
      cell: (entry) => ({ text: paperText(entry, entry.main), style: "muted" }),
    },
  ];
}

function summaryColumns(score: string): SummaryColumn[] {
  const scores = scoreColumns(score, "this run");
  return [modelColumn, ...scores, seedsColumn, sizeColumn, ...trainingColumns];
}

/** Scores of decoded text have columns of their own; those of size and training make room. */
function translationSummaryColumns(entries: readonly SummaryEntry[]): SummaryColumn[] {
  const scores = scoreColumns("BLEU", "tokenised");
  const hasPaper = entries.some((entry) => paperText(entry, entry.main) !== missing);
  const decoded = translationColumns(entries.flatMap(({ rows }) => rows));
  return [
    modelColumn,
    ...hasPaper ? scores : scores.slice(0, 1),
    ...decoded.map(({ cell, ...column }): SummaryColumn => ({
      ...column,
      cell: ({ rows }) => cell(rows),
    })),
    { ...seedsColumn, dropOrder: 3 },
    { ...sizeColumn, dropOrder: 5 },
    ...trainingColumns.map((column) => ({
      ...column,
      dropOrder: 6 + (column.dropOrder ?? 0),
    })),
  ];
}

interface SummaryEntry {
  /** Printed name of the task. */
  task: string;
  model: string;
  rows: ResultRow[];
  /** Aggregate of the metric by which the task is judged; undefined when no run has one. */
  main: Aggregate | undefined;
}

function summariseGroup(rows: ResultRow[]): SummaryEntry {
  const aggregates = aggregateRows(rows);
  const main = mainAggregate(aggregates, rows[0].score.name);
  return { task: taskTitle(rows[0].task), model: rows[0].model.name, rows, main };
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

/** The median over completed runs, over all of them where none completed. */
function medianCell(
  { rows }: SummaryEntry,
  read: (row: ResultRow) => number | null | undefined,
  format: (value: number) => string,
): string {
  const completed = rows.filter(({ status }) => status === "completed");
  const values = (completed.length > 0 ? completed : rows).flatMap((row) => read(row) ?? []);
  return values.length === 0 ? missing : format(median(values));
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

function paperText({ model, rows }: SummaryEntry, main: Aggregate | undefined): string {
  const { task, score } = rows[0];
  const row = paperRow(
    publishedTask(task),
    publishedModel(task, model),
    main?.metric ?? score.name,
  );
  if (row === undefined) return missing;
  return row.value === null ? "fails" : row.value.toFixed(2);
}

/** The task as published figures name it: one of each direction. */
function publishedTask({ name, direction }: ResultRow["task"]): string {
  return direction !== undefined && name.startsWith("wmt16-") ? `wmt16-${direction}` : name;
}

/** The model as published figures of a task name it: Table 7 tells attention functions apart. */
function publishedModel({ kind }: ResultRow["task"], model: string): string {
  return kind === "translation" && model === "mega" ? "mega-softmax" : model;
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
  const tried = trialNote(all.filter(({ role }) => role === "trial"), finalRows(all));
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
      const where = `${task} ${displayName(model)} seed ${seed}`;
      notes.push(`‡ ${where} ${status} after ${updatesDone} steps: ${reason}.`);
    }
  }
  return notes;
}
