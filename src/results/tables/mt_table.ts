import { formatCount } from "../../util/format.ts";
import { mainMetric } from "../display/row_line.ts";
import { displayName, taskTitle } from "../display_names.ts";
import { type PublishedRow, publishedRows } from "../paper.ts";
import type { ResultRow } from "../schema_row.ts";
import type { Cell, Column, Table, TableSection } from "../table.ts";
import { inModelOrder, type MeasuredSet, setNotes, setsOfKind, setTitle } from "./measured_set.ts";
import type { PublishedOption } from "./published_option.ts";
import { bestScores, intervalNote, missing, scoreCell, scoreOf } from "./score.ts";
import { translationColumns, translationNotes } from "./translation_columns.ts";

/** Table 7 of the paper by direction. */
const publishedTables = [
  { id: "mega-table-7-en-de", direction: "en → de" },
  { id: "mega-table-7-de-en", direction: "de → en" },
] as const;

/**
 * Table 7 of the paper: BLEU of translation. The figures of the paper and our own stand in sections
 * of their own, ours by task, direction, profile and machine; sections of ours that are not the
 * paper's data at its budget say that they do not compare with it.
 *
 * @param sets Ours; only the translation runs in them are shown.
 */
export function mtTable(
  sets: readonly MeasuredSet[],
  { published = true }: PublishedOption = {},
): Table {
  const own = setsOfKind(sets, "translation").filter(({ rows }) => rows.length > 0);
  const all = own.flatMap(({ rows }) => rows);
  const measured = translationColumns(all);
  // Without runs of ours only what the paper prints has a column.
  const columns: Column[] = [
    { header: "Model", align: "left" },
    { header: "Params", align: "decimal", dropOrder: 1 },
    { header: "tokenised", align: "decimal", group: "BLEU" },
    ...measured.length > 0
      ? measured
      : [{ header: "sacre", align: "decimal" as const, group: "BLEU" }],
  ];
  const sections = !published ? [] : publishedTables.map(({ id, direction }): TableSection => {
    const rows = publishedRows().filter(({ table }) => table === id);
    return {
      title: `Published in the Mega paper (Table 7) · WMT16, ${direction} · newstest2014`,
      rows: publishedCells(rows, columns),
    };
  });
  for (const set of own) {
    for (const rows of Map.groupBy(set.rows, ({ task }) => taskTitle(task)).values()) {
      const isOther = published && !isPaperTask(set, rows[0]);
      sections.push({ title: sectionTitle(set, rows, isOther), rows: ownCells(rows, measured) });
    }
  }
  const [only] = own;
  return {
    caption: own.length === 1 && !published
      ? `${displayName("translation")} · ${setTitle(only)}`
      : "Machine translation: BLEU of the test set (higher is better)",
    columns,
    sections,
    footnotes: [
      ...published ? publishedNotes(own) : [],
      ...translationNotes(all),
      ...all.length > 0 ? [intervalNote] : [],
      ...own.flatMap(setNotes),
    ],
  };
}

/** Whether a run is one of the paper's: its data at its size and budget. */
function isPaperTask({ profile }: MeasuredSet, { task }: ResultRow): boolean {
  return profile === "paper" && task.name.startsWith("wmt16-");
}

function publishedNotes(own: readonly MeasuredSet[]): string[] {
  const notes = [
    "Published: XFM-base is a figure that the paper quotes, the other rows are its own runs, mean " +
    "of 5 seeds.",
  ];
  const others = new Set(
    own.flatMap((set) =>
      set.rows.filter((row) => !isPaperTask(set, row)).map(({ task }) => displayName(task.name))
    ),
  );
  if (others.size > 0) {
    notes.push(
      `Ours (${[...others].join(", ")}) are of other data, of smaller models and of shorter ` +
        "training: they compare with each other within a section and not with the published figures.",
    );
  }
  return notes;
}

function publishedCells(rows: readonly PublishedRow[], columns: readonly Column[]): Cell[][] {
  const scores = rows.filter(({ metric }) => metric === "bleu");
  const best = Math.max(...scores.flatMap(({ value }) => value ?? []));
  return scores.map(({ label, model, value, parameterCount }): Cell[] => {
    const sacre = rows.find((row) => row.model === model && row.metric === "sacrebleu")?.value;
    const text = value?.toFixed(2) ?? "✗";
    return columns.map(({ header }, c): Cell => {
      if (c === 0) return label.replace("reimplemented", "reimpl.");
      if (c === 1) return parameterCount === undefined ? missing : formatCount(parameterCount);
      if (c === 2) return value === best ? { text, style: "strong" } : text;
      return header === "sacre" ? sacre?.toFixed(2) ?? missing : missing;
    });
  });
}

/** For example `Measured here · Numbers, en → de · 1000 test sentences · not comparable with …`. */
function sectionTitle(set: MeasuredSet, rows: readonly ResultRow[], isOther: boolean): string {
  const metric = rows.map(mainMetric).find((one) => one !== undefined);
  const facts = [
    taskTitle(rows[0].task),
    ...metric === undefined
      ? []
      : [`${metric.n} ${metric.split === "test" ? "test" : "validation"} sentences`],
    ...isOther ? ["not comparable with the published figures"] : [],
  ];
  return setTitle(set, facts);
}

function ownCells(
  rows: readonly ResultRow[],
  measured: ReturnType<typeof translationColumns>,
): Cell[][] {
  const models = inModelOrder(rows.map(({ model }) => model.name));
  const groups = models.map((model) => rows.filter((row) => row.model.name === model));
  const scores = groups.map((group) => scoreOf(group, "bleu"));
  const best = bestScores(scores);
  return groups.map((group, i): Cell[] => {
    const score = scores[i];
    return [
      displayName(models[i]),
      formatCount(group[0].model.parameterCount),
      scoreCell(score, typeof score === "object" && best.has(score)),
      ...measured.map(({ cell }) => cell(group)),
    ];
  });
}
