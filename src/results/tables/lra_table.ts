import { lraTasks } from "../../data/lra_tasks.ts";
import { displayName } from "../display_names.ts";
import { type PublishedRow, publishedRows } from "../paper.ts";
import type { Cell, Column, Table, TableSection } from "../table.ts";
import { efficiencyPoints, relativeCost } from "./efficiency.ts";
import { isFourThousand } from "./efficiency_table.ts";
import { inModelOrder, machineName, type MeasuredSet, setNotes, setTitle } from "./measured_set.ts";
import { bestScores, intervalNote, missing, type Score, scoreCell, scoreOf } from "./score.ts";

/** What {@link lraTable} shows beside the paper's rows. */
export interface LraTableOptions {
  /** Tables of others, by identifier; all of them unless told. */
  others?: readonly string[];
}

/**
 * Table 2 of the paper: models by tasks, average, speed and memory at 4K. The figures of the
 * paper, those of others and our own stand in sections of their own, ours by profile and machine.
 * Figures quoted from memory are left out.
 *
 * @param sets Ours, of the suites lra and (for speed and memory) efficiency; others are ignored.
 */
export function lraTable(sets: readonly MeasuredSet[], options: LraTableOptions = {}): Table {
  const own = sets.filter(({ suite }) => suite === "lra");
  const published = publishedRows().filter(isPrintable);
  const tables = [...new Set(published.map(({ table }) => table))];
  const sections = tables.flatMap((id): TableSection[] => {
    const rows = published.filter(({ table }) => table === id);
    const isPaper = id === "mega-table-2";
    if (!isPaper && rows[0].provenance === "published") return [];
    if (!isPaper && !(options.others?.includes(id) ?? true)) return [];
    const origin = isPaper
      ? "Published in the Mega paper (Table 2)"
      : `Third party · ${rows[0].title}`;
    return [{ title: origin, rows: publishedCells(rows) }];
  });
  for (const set of own) sections.push({ title: setTitle(set), rows: ownCells(set, sets) });
  return {
    caption: "Long Range Arena: accuracy, % · training speed and peak memory at length 4K",
    columns,
    sections,
    footnotes: footnotesOf(own),
  };
}

const columns: Column[] = [
  { header: "Model", align: "left" },
  ...lraTasks.map((task): Column => ({ header: displayName(task), align: "decimal" })),
  { header: "Avg.", align: "decimal" },
  { header: "Speed", align: "decimal", dropOrder: 1 },
  { header: "Mem.", align: "decimal", dropOrder: 2 },
];

/** Whether a figure is one of Long Range Arena and was read in its source. */
function isPrintable({ task, metric, confidence, table }: PublishedRow): boolean {
  if (confidence === "recalled" || table === "mega-table-1" || table === "mega-table-3") {
    return false;
  }
  if (task === "text-4k") return true;
  return metric === "accuracy" &&
    (task === "lra-average" || lraTasks.some((name) => name === task));
}

function publishedCells(rows: readonly PublishedRow[]): Cell[][] {
  const keys: [task: string, metric: string, suffix: string][] = [
    ...[...lraTasks, "lra-average"].map((task): [string, string, string] => [task, "accuracy", ""]),
    ["text-4k", "training-speed", "×"],
    ["text-4k", "peak-memory", "×"],
  ];
  const models = [...new Set(rows.map(({ model }) => model))];
  const find = (model: string, task: string, metric: string) =>
    rows.find((row) => row.model === model && row.task === task && row.metric === metric);
  const best = keys.map(([task, metric]) => {
    const column = models.flatMap((model) => find(model, task, metric)?.value ?? []);
    const worthy = column.length > 1 && metric === "accuracy";
    return worthy ? Math.max(...column) : undefined;
  });
  return models.map((model): Cell[] => {
    const label = rows.find((row) => row.model === model)?.label ?? model;
    const cells = keys.map(([task, metric, suffix], i): Cell => {
      const row = find(model, task, metric);
      if (row === undefined) return missing;
      if (row.value === null) return { text: "✗", style: "muted" };
      const text = row.value.toFixed(2) + suffix;
      return row.value === best[i] ? { text, style: "strong" } : text;
    });
    return [label, ...cells];
  });
}

function ownCells(set: MeasuredSet, sets: readonly MeasuredSet[]): Cell[][] {
  const models = inModelOrder(set.rows.map(({ model }) => model.name));
  const scores = models.map((model) => taskScores(set, model));
  const best = lraTasks.map((_, i) => bestScores(scores.map((row) => row[i])));
  const points = costsOf(set, sets);
  return models.map((model, m): Cell[] => {
    const { speed, memory } = relativeCost(points.find((point) => point.model === model), points);
    return [
      displayName(model),
      ...scores[m].map((score, i): Cell => {
        if (i === 5 && isFailure(score)) {
          const cell = scoreCell(score);
          return { text: `${typeof cell === "string" ? cell : cell.text} §`, style: "muted" };
        }
        return scoreCell(score, typeof score === "object" && best[i].has(score));
      }),
      averageCell(scores[m]),
      speed === null ? missing : `${speed.toFixed(2)}×`,
      memory === null ? missing : `${memory.toFixed(2)}×`,
    ];
  });
}

/** Scores of a model by task, in the order of {@link lraTasks}. */
export function taskScores(set: MeasuredSet, model: string): ReturnType<typeof scoreOf>[] {
  return lraTasks.map((task) =>
    scoreOf(
      set.rows.filter((row) => row.task.name === task && row.model.name === model),
      "accuracy",
    )
  );
}

/** Path-X counts as failed, as in the paper, where its accuracy is not above chance. */
function isFailure(score: ReturnType<typeof scoreOf>): score is Score {
  return typeof score === "object" && score.low <= 50;
}

/**
 * The average of a model in the paper's convention: over all six tasks, over five where Path-X
 * fails. Undefined where one of the five is missing.
 */
export function lraAverage(scores: readonly ReturnType<typeof scoreOf>[]): number | undefined {
  const [pathx] = scores.slice(5);
  const counted = typeof pathx === "object" && !isFailure(pathx) ? scores : scores.slice(0, 5);
  const means = counted.flatMap((score) => typeof score === "object" ? [score.mean] : []);
  if (means.length < counted.length) return undefined;
  return means.reduce((sum, value) => sum + value, 0) / means.length;
}

function averageCell(scores: readonly ReturnType<typeof scoreOf>[]): Cell {
  const average = lraAverage(scores);
  if (average === undefined) return missing;
  return scores[5] === undefined ? `${average.toFixed(2)} ¶` : average.toFixed(2);
}

/** Costs at 4K from the efficiency suite in the same profile on the same machine. */
function costsOf(set: MeasuredSet, sets: readonly MeasuredSet[]) {
  const chosen = sets.find(({ suite, profile, environment }) =>
    suite === "efficiency" && profile === set.profile &&
    machineName(environment) === machineName(set.environment)
  );
  if (chosen === undefined) return [];
  return efficiencyPoints(chosen).filter(({ length }) => isFourThousand(length));
}

function footnotesOf(own: readonly MeasuredSet[]): string[] {
  const notes = [
    "Avg.: as in the paper the mean over the tasks, without Path-X where a model fails on it (✗).",
    "Speed and Mem.: training at length 4K as multiples of the Transformer's; ours from the " +
    "efficiency suite in the same profile on the same machine.",
    "Averages of others are as printed; the authors of S4 count a failed Path-X as 50 %.",
  ];
  const failures = own.some((set) =>
    inModelOrder(set.rows.map(({ model }) => model.name)).some((model) =>
      isFailure(taskScores(set, model)[5])
    )
  );
  if (failures) {
    notes.push("§ Not above chance (50 % lies in its interval): left out of the average.");
  }
  const lacks = own.some((set) => !set.rows.some(({ task }) => task.name === "pathx"));
  if (lacks) notes.push("¶ Path-X was not run: average of the other five.");
  if (own.some(({ rows }) => rows.length > 0)) {
    notes.push(intervalNote);
  }
  const smaller = own.filter(({ profile }) => profile !== "paper").map(({ profile }) => profile);
  if (smaller.length > 0) {
    const names = [...new Set(smaller)].join(", ");
    notes.push(
      `Profile ${names}: smaller models, less data and fewer updates than in the paper, so these ` +
        "rows compare with each other and not with the published ones.",
    );
  }
  return [...notes, ...own.flatMap(setNotes)];
}
