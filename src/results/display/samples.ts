import { cleanLine, cleanLines } from "../../util/clean_text.ts";
import { foldText } from "../../util/format.ts";
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
    const longest = Math.max(...names.map((name) => name.length));
    const column = Math.min(longest, Math.max(12, Math.floor(0.4 * width))) + 2;
    const blocks = sentences.map(({ source, reference, translations }) =>
      [
        ...source === null ? [] : [["source", source]],
        ...reference === null ? [] : [["reference", reference]],
        ...translations.map(({ model, text }) => [displayName(model), text]),
      ].flatMap(([name, text]) => labelled(name, text, column, width)).join("\n")
    );
    const title = foldText(cleanLine(`Translations (${task}, seed ${seed})`), width);
    parts.push([...title, blocks.join("\n\n")].join("\n"));
  }
  return parts.join("\n\n");
}

function paragraphOf(task: string, model: string, sample: string, width: number): string {
  const lines = cleanLines(sample.trim()).split("\n")
    .flatMap((line) => foldText(line, Math.max(20, width - indent.length)));
  return [
    ...foldText(cleanLine(`${task} · ${displayName(model)}`), width - 2).map((line) => `  ${line}`),
    ...lines.map((line) => `${indent}${line}`.trimEnd()),
  ].join("\n");
}

/** `name  text`, the text wrapped in a column of its own. */
function labelled(name: string, text: string, column: number, width: number): string[] {
  const names = foldText(cleanLine(name), column - 2);
  const lines = foldText(cleanLine(text), Math.max(20, width - column - 2));
  return Array.from(
    { length: Math.max(names.length, lines.length) },
    (_, i) => `  ${(names[i] ?? "").padEnd(column)}${lines[i] ?? ""}`.trimEnd(),
  );
}
