import { wrapText } from "../../util/format.ts";
import { finalRows } from "../aggregate.ts";
import { displayName } from "../display_names.ts";
import type { ResultRow } from "../schema_row.ts";

/**
 * What the models of the first seed wrote, a paragraph each; empty when none did.
 *
 * @param width Columns of the terminal.
 */
export function samplesText(rows: readonly ResultRow[], width: number): string {
  const written = finalRows(rows).filter(({ sample }) => sample !== null);
  const first = written.filter(({ seed }) => seed === written[0].seed);
  if (first.length === 0) return "";
  const indent = "    ";
  const paragraphs = first.map(({ task, model, sample }) => {
    const lines = (sample ?? "").trim().split("\n")
      .flatMap((line) => wrapText(line, Math.max(20, width - indent.length)));
    const head = `  ${displayName(task.name)} · ${displayName(model.name)}`;
    return [head, ...lines.map((line) => `${indent}${line}`.trimEnd())].join("\n");
  });
  return [`Samples (seed ${first[0].seed}, temperature 0.8)`, ...paragraphs].join("\n");
}
