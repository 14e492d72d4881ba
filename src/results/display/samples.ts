import { wrapText } from "../../util/format.ts";
import { finalRows } from "../aggregate.ts";
import { displayName, taskTitle } from "../display_names.ts";
import type { ResultRow } from "../schema_row.ts";
import { type SampleSentence, sampleSentences } from "./translation_sample.ts";

/** What the models of one task wrote, with the first seed that wrote anything. */
export interface TaskSamples {
  task: string;
  seed: number;
  /** Translations by sentence; null for samples that are none, or not in their form. */
  sentences: SampleSentence[] | null;
  samples: { model: string; sample: string }[];
}

/** The samples of every task; a task of which no run wrote anything is left out. */
export function samplesByTask(rows: readonly ResultRow[]): TaskSamples[] {
  const written = finalRows(rows).flatMap((row) =>
    row.sample === null || row.sample.trim() === ""
      ? []
      : [{ ...row, sample: row.sample, title: taskTitle(row.task) }]
  );
  return [...Map.groupBy(written, ({ title }) => title)].map(([task, own]) => {
    const { seed, task: { kind } } = own[0];
    const samples = own.filter((row) => row.seed === seed).map(({ model, sample }) => ({
      model: model.name,
      sample,
    }));
    const sentences = kind === "translation" ? sampleSentences(samples) : null;
    return { task, seed, sentences, samples };
  });
}

const indent = "    ";

/**
 * What the models of the first seed wrote: continued texts a paragraph each, translations by
 * sentence, below source and reference; empty when no model wrote anything.
 *
 * @param width Columns of the terminal.
 */
export function samplesText(rows: readonly ResultRow[], width: number): string {
  const tasks = samplesByTask(rows);
  const parts: string[] = [];
  const texts = tasks.filter(({ sentences }) => sentences === null);
  if (texts.length > 0) {
    const paragraphs = texts.flatMap(({ task, samples }) =>
      samples.map(({ model, sample }) => paragraphOf(task, model, sample, width))
    );
    parts.push([`Samples (seed ${texts[0].seed}, temperature 0.8)`, ...paragraphs].join("\n"));
  }
  for (const { task, seed, sentences, samples } of tasks) {
    if (sentences === null) continue;
    const names = ["source", "reference", ...samples.map(({ model }) => displayName(model))];
    const column = Math.max(...names.map((name) => name.length)) + 2;
    const blocks = sentences.map(({ source, reference, translations }) =>
      [
        ...source === null ? [] : [["source", source]],
        ...reference === null ? [] : [["reference", reference]],
        ...translations.map(({ model, text }) => [displayName(model), text]),
      ].flatMap(([name, text]) => labelled(name, text, column, width)).join("\n")
    );
    parts.push(`Translations (${task}, seed ${seed})\n${blocks.join("\n\n")}`);
  }
  return parts.join("\n\n");
}

function paragraphOf(task: string, model: string, sample: string, width: number): string {
  const lines = sample.trim().split("\n")
    .flatMap((line) => wrapText(line, Math.max(20, width - indent.length)));
  return [
    `  ${task} · ${displayName(model)}`,
    ...lines.map((line) => `${indent}${line}`.trimEnd()),
  ].join("\n");
}

/** `name  text`, the text wrapped in a column of its own. */
function labelled(name: string, text: string, column: number, width: number): string[] {
  return wrapText(text, Math.max(20, width - column - 2)).map((line, i) =>
    `  ${(i === 0 ? name : "").padEnd(column)}${line}`.trimEnd()
  );
}
