import { formatCount, formatSignificant } from "../../util/format.ts";
import { scoreLabel } from "../display/score_format.ts";
import { displayName } from "../display_names.ts";
import { type PublishedRow, publishedRows } from "../paper.ts";
import type { ResultRow } from "../schema_row.ts";
import type { Cell, Column, Table, TableSection } from "../table.ts";
import { baselineModel } from "./efficiency.ts";
import { inModelOrder, type MeasuredSet, setNotes, setsOfKind, setTitle } from "./measured_set.ts";
import type { PublishedOption } from "./published_option.ts";
import { bestScores, intervalNote, medianOf, missing, scoreCell, scoreOf } from "./score.ts";

/** Published tables of language models, the paper's own first. */
const publishedTables = ["mega-table-5-wikitext-103", "mega-table-5-enwik8", "s4-table-8"];

/** Metrics of the published tables that are scores on the test split. */
const publishedScores = ["perplexity", "bits-per-character"];

/**
 * Table 5 of the paper: size, score and speed of language models. The figures of the paper, those of
 * others and our own stand in sections of their own, ours by task, profile and machine: they are
 * of other data and smaller models, and share the columns only.
 *
 * @param sets Ours; only the language models in them are shown.
 */
export function lmTable(
  sets: readonly MeasuredSet[],
  { published = true }: PublishedOption = {},
): Table {
  const own = setsOfKind(sets, "language-modelling");
  const sections = (published ? publishedTables : []).map((id): TableSection => {
    const rows = publishedRows().filter(({ table, confidence }) =>
      table === id && confidence !== "recalled"
    );
    const { provenance, title, task } = rows[0];
    const scores = rows.filter(({ metric }) => publishedScores.includes(metric));
    const origin = provenance === "published"
      ? `Published in the Mega paper (Table 5) · ${displayName(task)}`
      : `Third party · ${title}`;
    return {
      title: `${origin} · ${lower(displayName(scores[0].metric))}`,
      rows: publishedCells(rows, scores),
    };
  });
  for (const set of own) {
    for (const rows of Map.groupBy(set.rows, ({ task }) => task.name).values()) {
      sections.push({ title: sectionTitle(set, rows), rows: ownCells(rows) });
    }
  }
  return {
    caption: "Language modelling: test score (lower is better), size and speed",
    columns,
    sections,
    footnotes: footnotesOf(own, published),
  };
}

const columns: Column[] = [
  { header: "Model", align: "left" },
  { header: "Params", align: "decimal" },
  { header: "Test score", align: "decimal" },
  { header: "tokens/s", align: "decimal", group: "Training", dropOrder: 2 },
  { header: "relative", align: "decimal", group: "Training", dropOrder: 1 },
  { header: "tokens/s", align: "decimal", group: "Evaluation" },
  { header: "relative", align: "decimal", group: "Evaluation" },
];

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

const countCell = (value: number | undefined) => value === undefined ? missing : formatCount(value);

function ratioCell(value: number | undefined, base: number | undefined): string {
  return value === undefined || !base ? missing : `${formatSignificant(value / base)}×`;
}

function publishedCells(rows: readonly PublishedRow[], scores: readonly PublishedRow[]): Cell[][] {
  const best = Math.min(...scores.flatMap(({ value }) => value ?? []));
  const speedOf = (model: string) =>
    rows.find((row) => row.model === model && row.metric === "inference-speed")?.value ?? undefined;
  const baseline = scores.find(({ model }) =>
    model.startsWith(baselineModel) && speedOf(model) !== undefined
  );
  return scores.map(({ model, label, value, parameterCount }): Cell[] => {
    const text = value === null ? "✗" : value.toFixed(2);
    const speed = speedOf(model);
    return [
      label,
      countCell(parameterCount),
      value === best && scores.length > 1 ? { text, style: "strong" } : text,
      missing,
      missing,
      countCell(speed),
      ratioCell(speed, baseline && speedOf(baseline.model)),
    ];
  });
}

/** For example `Measured here · words · perplexity per token · 120.0k test tokens · profile …`. */
function sectionTitle(set: MeasuredSet, rows: readonly ResultRow[]): string {
  const { task, score } = rows[0];
  const tokens = task.splits.test?.tokens ?? task.splits.valid?.tokens ?? null;
  const per = score.name === "perplexity" ? " per token" : "";
  const split = task.splits.test === undefined ? "validation" : "test";
  const facts = [
    displayName(task.name),
    scoreLabel(score) + per,
    ...tokens === null ? [] : [`${formatCount(tokens)} ${split} tokens`],
  ];
  return setTitle(set, facts);
}

function ownCells(rows: readonly ResultRow[]): Cell[][] {
  const models = inModelOrder(rows.map(({ model }) => model.name));
  const groups = models.map((model) => rows.filter((row) => row.model.name === model));
  const scores = groups.map((group) => scoreOf(group));
  const best = bestScores(scores);
  const speeds = groups.map((group) => ({
    train: medianOf(group, ({ performance }) => performance.tokensPerSecond),
    evaluate: medianOf(group, ({ performance }) => performance.evaluationTokensPerSecond),
  }));
  const base = speeds[models.indexOf(baselineModel)];
  return groups.map((group, i): Cell[] => {
    const { train, evaluate } = speeds[i];
    const score = scores[i];
    return [
      displayName(models[i]),
      formatCount(group[0].model.parameterCount),
      scoreCell(score, typeof score === "object" && best.has(score)),
      countCell(train),
      ratioCell(train, base?.train),
      countCell(evaluate),
      ratioCell(evaluate, base?.evaluate),
    ];
  });
}

function footnotesOf(own: readonly MeasuredSet[], published: boolean): string[] {
  const relative = "Relative speeds are multiples of the Transformer's in the same section";
  const notes = [
    published
      ? `${relative}; the published ones are quotients of the printed speeds of inference.`
      : `${relative}.`,
  ];
  if (own.some(({ rows }) => rows.length > 0)) {
    if (published) {
      notes.push(
        "Ours are of other data sets and of smaller models: they compare with each other within a " +
          "section and not with the published figures.",
      );
    }
    notes.push(intervalNote);
  }
  return [...notes, ...own.flatMap(setNotes)];
}
