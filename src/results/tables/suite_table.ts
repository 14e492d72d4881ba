import { displayName } from "../display_names.ts";
import { type PublishedRow, publishedRows } from "../paper.ts";
import type { Cell, Column, Table, TableSection } from "../table.ts";
import { inModelOrder, type MeasuredSet, setNotes, setTitle } from "./measured_set.ts";
import type { PublishedOption } from "./published_option.ts";
import { bestScores, missing, scoreCell, scoreOf } from "./score.ts";

/** Tasks of the suites whose tables are a plain grid of models and scores. */
const suiteTasks: Readonly<Record<string, readonly string[]>> = {
  speech: ["speech-commands-10", "speech-commands-35"],
  image: ["imagenet-1k"],
};

/** Metrics that such a table has columns for. */
const scoreMetrics = [
  "accuracy",
  "perplexity",
  "bits-per-character",
  "bits-per-byte",
];

/** The suites that {@link suiteTable} knows published figures of. */
export const gridSuites: readonly string[] = Object.keys(suiteTasks);

/**
 * The table of a suite: models by (task, metric), with the figures of the paper, those of others
 * and our own in sections of their own. Figures quoted from memory are left out.
 */
export function suiteTable(
  suite: string,
  sets: readonly MeasuredSet[],
  { published: withPublished = true }: PublishedOption = {},
): Table {
  const own = sets.filter((set) => set.suite === suite);
  const tasks = new Set([
    ...Object.hasOwn(suiteTasks, suite) ? suiteTasks[suite] : [],
    ...own.flatMap(({ rows }) => rows.map(({ task }) => task.name)),
  ]);
  const published = publishedRows().filter(({ task, metric, confidence, table }) =>
    withPublished && tasks.has(task) && scoreMetrics.includes(metric) &&
    confidence !== "recalled" &&
    table !== "mega-table-1"
  );
  const keys = new Map<string, Key>();
  const addKey = (key: Key) => keys.set(`${key.task} ${key.metric}`, key);
  for (const { task, metric } of published) addKey({ task, metric });
  for (const { task, metrics } of own.flatMap(({ rows }) => rows)) {
    for (const { name, split } of metrics) {
      if (split === "test" && scoreMetrics.includes(name)) {
        addKey({ task: task.name, metric: name });
      }
    }
  }
  const columns = [...keys.values()].sort((a, b) =>
    [...tasks].indexOf(a.task) - [...tasks].indexOf(b.task)
  );
  return {
    caption: displayName(suite),
    columns: [
      { header: "Model", align: "left" },
      ...columns.map(({ task, metric }): Column => ({
        header: displayName(metric),
        align: "decimal",
        group: displayName(task),
      })),
    ],
    sections: [
      ...[...Map.groupBy(published, ({ table }) => table).values()].map((rows): TableSection => ({
        title: rows[0].provenance === "published"
          ? `Published in the Mega paper · ${rows[0].title}`
          : `Third party · ${rows[0].title}`,
        rows: publishedCells(rows, columns),
      })),
      ...own.map((set): TableSection => ({ title: setTitle(set), rows: ownCells(set, columns) })),
    ],
    footnotes: own.flatMap(setNotes),
  };
}

interface Key {
  task: string;
  metric: string;
}

function publishedCells(rows: readonly PublishedRow[], keys: readonly Key[]): Cell[][] {
  return [...Map.groupBy(rows, ({ label }) => label)].map(([label, own]): Cell[] => [
    label,
    ...keys.map(({ task, metric }): Cell => {
      const row = own.find((one) => one.task === task && one.metric === metric);
      if (row === undefined) return missing;
      return row.value === null ? { text: "✗", style: "muted" } : row.value.toFixed(2);
    }),
  ]);
}

function ownCells(set: MeasuredSet, keys: readonly Key[]): Cell[][] {
  const models = inModelOrder(set.rows.map(({ model }) => model.name));
  const columns = keys.map(({ task, metric }) =>
    models.map((model) =>
      scoreOf(set.rows.filter((row) => row.task.name === task && row.model.name === model), metric)
    )
  );
  const best = columns.map(bestScores);
  return models.map((model, m): Cell[] => [
    displayName(model),
    ...columns.map((column, c) => {
      const score = column[m];
      return scoreCell(score, typeof score === "object" && best[c].has(score));
    }),
  ]);
}
