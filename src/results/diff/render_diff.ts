import { cleanJson } from "../../util/clean_text.ts";
import { escapeMarkdown, renderMarkdown } from "../table_markup.ts";
import { renderText, type TextOptions } from "../table_text.ts";
import type { ResultDiff } from "./diff_results.ts";
import { diffHeadline, diffTable } from "./diff_table.ts";

/** Formats of {@link renderDiff}. */
export const diffFormats = ["text", "markdown", "json"] as const;

/** See {@link diffFormats}. */
export type DiffFormat = (typeof diffFormats)[number];

/** A diff as text for a terminal, as Markdown for a comment, or as JSON for programs. */
export function renderDiff(
  diff: ResultDiff,
  format: DiffFormat,
  options: TextOptions = {},
): string {
  switch (format) {
    case "text":
      return renderText(diffTable(diff), options);
    case "markdown":
      return renderComment(diff);
    case "json":
      return cleanJson(
        `${JSON.stringify({ schema: "mega-webgpu/diff", version: 2, ...diff }, null, 2)}\n`,
      );
  }
}

/** A comment: the verdict, what changed, and the rest folded away. */
function renderComment(diff: ResultDiff): string {
  const { counts } = diff;
  const sign = counts.regressed > 0 ? "❌" : counts.improved > 0 ? "✅" : "➖";
  const lines = [`### ${sign} ${escapeMarkdown(diffHeadline(diff))}`, ""];
  if (counts.regressed + counts.improved > 0) {
    const { columns, sections } = diffTable(diff, { brief: true });
    const table = { caption: "Changed", columns, sections, footnotes: [] };
    lines.push(renderMarkdown(table));
  }
  lines.push("<details><summary>All comparisons and how they were judged</summary>", "");
  lines.push(renderMarkdown(diffTable(diff)), "</details>", "");
  return lines.join("\n");
}
