import { renderCsv, renderLatex, renderMarkdown } from "../table_markup.ts";
import { renderText, type TextOptions } from "../table_text.ts";
import type { SuiteTable } from "./build_tables.ts";

/** Formats of {@link renderTables}. */
export const tableFormats = ["text", "markdown", "latex", "csv"] as const;

/** See {@link tableFormats}. */
export type TableFormat = (typeof tableFormats)[number];

/** Tables one after another in a format; several CSV tables are separated by an empty line. */
export function renderTables(
  tables: readonly SuiteTable[],
  format: TableFormat,
  options: TextOptions = {},
): string {
  return tables.map(({ table }) => {
    switch (format) {
      case "text":
        return renderText(table, options);
      case "markdown":
        return renderMarkdown(table);
      case "latex":
        // The cross is in no font of plain LaTeX.
        return renderLatex(table).replaceAll("✗", "$\\times$");
      case "csv":
        return renderCsv(table);
    }
  }).join(format === "csv" ? "\r\n" : "\n");
}
