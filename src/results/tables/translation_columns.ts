import { leastSourceDependence } from "../../metrics/source_dependence.ts";
import { formatCount } from "../../util/format.ts";
import { mainMetric } from "../display/row_line.ts";
import { formatScore } from "../display/score_format.ts";
import { displayName, taskTitle } from "../display_names.ts";
import type { ResultRow } from "../schema_row.ts";
import type { Cell, Column } from "../table.ts";
import { medianOf, missing, scoreOf } from "./score.ts";

/** A column on runs that differ in their seed only. */
export interface TranslationColumn extends Column {
  cell(runs: readonly ResultRow[]): Cell;
}

/** Figures of decoded text beside the BLEU of the tokenised text; those that no row has are left out. */
export function translationColumns(rows: readonly ResultRow[]): TranslationColumn[] {
  const has = (name: string) => rows.some((row) => row.metrics.some((one) => one.name === name));
  const columns: (TranslationColumn | false)[] = [
    has("sacrebleu") && meanColumn("sacrebleu", { header: "sacre", group: "BLEU" }),
    rows.some((row) => sentenceMargin(row) !== null) && {
      header: "± run",
      align: "decimal",
      group: "BLEU",
      dropOrder: 4,
      cell: (runs) => medianCell(runs, sentenceMargin, (value) => value.toFixed(2)),
    },
    has("exact-match") && meanColumn("exact-match", { header: "exact %" }),
    has("perplexity") && meanColumn("perplexity", { header: "ppl", group: "Per token" }),
    has("source-dependence") &&
    meanColumn("source-dependence", { header: "source", group: "Per token" }),
    rows.some(({ performance }) => performance.decodeTokensPerSecond !== undefined) && {
      header: "tokens/s",
      align: "decimal",
      group: "Decoding",
      dropOrder: 3,
      cell: (runs) =>
        medianCell(runs, ({ performance }) => performance.decodeTokensPerSecond, formatCount),
    },
  ];
  return columns.filter((column) => column !== false);
}

/** What the columns hold, for the foot of a table; runs that do not read their source are named. */
export function translationNotes(rows: readonly ResultRow[]): string[] {
  const headers = translationColumns(rows).map(({ header }) => header);
  const notes: string[] = [];
  if (rows.some(({ model }) => model.name === "mega")) {
    notes.push("Mega without a further name has softmax attention.");
  }
  const scored = rows.some(({ metrics }) => metrics.some(({ name }) => name === "bleu"));
  if (scored) notes.push(`tokenised: BLEU of the tokenised text${signatureText(rows, "bleu")}.`);
  if (headers.includes("sacre")) {
    notes.push(`sacre: sacreBLEU of the plain text${signatureText(rows, "sacrebleu")}.`);
  }
  if (headers.includes("± run")) {
    notes.push("± run: half the 95 % bootstrap interval over the sentences of a single run.");
  }
  if (headers.includes("exact %")) {
    notes.push("exact %: share of sentences translated as the reference has them.");
  }
  if (headers.includes("source")) {
    notes.push(
      "source: loss with the sources shuffled less the loss, nats per token; 0 for a model that " +
        "does not read its source.",
    );
  }
  for (const runs of Map.groupBy(rows, ({ task, model }) => [taskTitle(task), model.name].join())) {
    const [{ task, model }] = runs[1];
    const score = scoreOf(runs[1], "source-dependence");
    if (typeof score !== "object" || score.mean >= leastSourceDependence) continue;
    notes.push(
      `${displayName(model.name)} on ${taskTitle(task)} hardly reads its source ` +
        `(${formatScore(score.mean, score.unit)} nats).`,
    );
  }
  return notes;
}

/** How a metric was computed, by task where tasks differ; empty where no run says. */
function signatureText(rows: readonly ResultRow[], metric: string): string {
  const found = rows.flatMap(({ task, metrics }) =>
    metrics.flatMap(({ name, signature }) =>
      name === metric && signature !== undefined ? [{ task: taskTitle(task), signature }] : []
    )
  );
  const groups = [...Map.groupBy(found, ({ signature }) => signature)].map(([signature, own]) => ({
    signature,
    tasks: [...new Set(own.map(({ task }) => task))].join(" and "),
  }));
  if (groups.length === 0) return "";
  if (groups.length === 1) return ` (${groups[0].signature})`;
  return ` (${groups.map(({ signature, tasks }) => `${tasks}: ${signature}`).join("; ")})`;
}

function meanColumn(metric: string, column: Pick<Column, "header" | "group">): TranslationColumn {
  return {
    ...column,
    align: "decimal",
    cell: (runs) => {
      const score = scoreOf(runs, metric);
      if (typeof score !== "object") return missing;
      // The mean is in the printed unit already.
      const text = formatScore(score.mean, score.unit === "fraction" ? "percent" : score.unit);
      const isBlind = metric === "source-dependence" && score.mean < leastSourceDependence;
      return isBlind ? { text, style: "warning" } : text;
    },
  };
}

/** Half the interval over sentences of the score of a run; null where it has none. */
function sentenceMargin(row: ResultRow): number | null {
  const interval = mainMetric(row)?.interval ?? null;
  return interval?.method === "bootstrap" ? (interval.high - interval.low) / 2 : null;
}

function medianCell(
  runs: readonly ResultRow[],
  read: (row: ResultRow) => number | null | undefined,
  format: (value: number) => string,
): Cell {
  const value = medianOf(runs, read);
  return value === undefined ? missing : format(value);
}
