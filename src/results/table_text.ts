import { Ansis } from "ansis";
import { foldText } from "../util/format.ts";
import {
  type Cell,
  cellStyle,
  cellText,
  type Column,
  columnGroups,
  printable,
  type Table,
  type TableSection,
} from "./table.ts";
import {
  type Block,
  columnGap,
  foldHeader,
  layOut,
  rowIndent,
  totalWidth,
} from "./table_layout.ts";

/** Options of {@link renderText}. */
export interface TextOptions {
  /** Columns of the terminal; 100 unless told. */
  width?: number;
  /** Whether to use colour; off unless told. */
  colour?: boolean;
}

/**
 * A table for a terminal or a log: rules instead of boxes, numbers lined up on their points. Where
 * the table is wider than the terminal, names and headers are folded, columns left out or set in a
 * block below; see {@link layOut}.
 */
export function renderText(given: Table, options: TextOptions = {}): string {
  const table = printable(given);
  const { width = 100, colour = false } = options;
  const paint = new Ansis(colour ? 3 : 0);
  const { blocks, hidden } = layOut({ ...table, sections: alignSections(table) }, width);
  const lines = foldText(table.caption, width).map((line) => paint.bold(line));
  for (const block of blocks) lines.push("", ...blockLines(block, width, paint));
  const notes = [...table.footnotes];
  if (hidden.length > 0) {
    notes.push(`Left out for want of width: ${hidden.join(", ").replace(/\.$/, "")}.`);
  }
  // A footnote reads badly in a column narrower than this.
  const widest = Math.max(60, ...blocks.map(({ widths }) => totalWidth(widths)));
  for (const note of notes) {
    lines.push(...foldText(note, Math.min(width, widest)).map((line) => paint.dim(line)));
  }
  return lines.map((line) => line.trimEnd()).join("\n") + "\n";
}

function blockLines(block: Block, width: number, paint: Ansis): string[] {
  const { columns, sections, widths } = block;
  const rule = paint.dim("─".repeat(totalWidth(widths)));
  const lines = [...headerLines(columns, widths, paint), rule];
  const indent = sections.some(({ title }) => title !== "") ? rowIndent : "";
  sections.forEach(({ title, rows }, index) => {
    if (title !== "") {
      if (index > 0) lines.push("");
      lines.push(...foldText(title, width).map((line) => paint.cyan(line)));
    }
    for (const row of rows) lines.push(...rowLines(row, block, indent, paint));
  });
  return [...lines, rule];
}

/** A row; names that are too long for their column take several lines. */
function rowLines(
  row: readonly Cell[],
  { columns, widths }: Block,
  indent: string,
  paint: Ansis,
): string[] {
  const cells = row.map((cell, c) => {
    const text = cellText(cell);
    const own = c === 0 ? indent : "";
    if (columns[c].align !== "left") return [own + text];
    return foldText(text, widths[c] - own.length).map((line) => own + line);
  });
  return Array.from(
    { length: Math.max(...cells.map((lines) => lines.length)) },
    (_, i) =>
      row.map((cell, c) =>
        emphasise(pad(cells[c][i] ?? "", widths[c], columns[c].align), cell, paint)
      ).join(columnGap),
  );
}

/** Headers over each other where they are folded, at the bottom; groups over them. */
function headerLines(
  columns: readonly Column[],
  widths: readonly number[],
  paint: Ansis,
): string[] {
  const stack = (
    texts: readonly { text: string; width: number; align: Column["align"] }[],
  ): string[] => {
    const folded = texts.map(({ text, width }) => foldHeader(text, width));
    const height = Math.max(...folded.map((lines) => lines.length));
    return Array.from({ length: height }, (_, i) =>
      texts.map(({ width, align }, c) => {
        const line = folded[c][i - height + folded[c].length] ?? "";
        return paint.bold(pad(line, width, align));
      }).join(columnGap));
  };
  const headers = stack(
    columns.map(({ header, align }, c) => ({ text: header, width: widths[c], align })),
  );
  if (columns.every(({ group }) => group === undefined)) return headers;
  const groups = columnGroups(columns).map(({ title, start, span }) => ({
    text: title,
    width: totalWidth(widths.slice(start, start + span)),
    align: "centre" as const,
  }));
  const rule = groups.map(({ text, width }) => paint.dim((text === "" ? " " : "─").repeat(width)));
  return [...stack(groups), rule.join(columnGap), ...headers];
}

function alignSections(table: Table): TableSection[] {
  const all = table.sections.flatMap(({ rows }) => rows);
  const texts = table.columns.map(({ align }, c) => {
    const column = all.map((row) => cellText(row[c]));
    return align === "decimal" ? alignDecimals(column) : column;
  });
  let next = 0;
  return table.sections.map(({ title, rows }) => ({
    title,
    rows: rows.map((row) => {
      const index = next++;
      return row.map((cell, c): Cell => {
        const style = cellStyle(cell);
        const text = texts[c][index];
        return style === undefined ? text : { text, style };
      });
    }),
  }));
}

/**
 * Pads cells of the form `12.3`, `1.2 MiB` or `48.2 ± 1.3` so that the decimal points of both
 * numbers line up when the cells are set flush right. Cells that are no numbers are left alone.
 */
export function alignDecimals(cells: readonly string[]): string[] {
  const split = cells.map((cell) =>
    cell.split(" ± ").map((text) => /^(-?[\d,]+)(.*)$/.exec(text)?.slice(1) ?? null)
  );
  const isNumber = split.map((parts) => parts.every((part) => part !== null));
  const most = Math.max(0, ...split.filter((_, i) => isNumber[i]).map((parts) => parts.length));
  const size = (k: number, side: number) =>
    Math.max(0, ...split.map((parts, i) => (isNumber[i] ? parts[k]?.[side].length : 0) ?? 0));
  const sizes = Array.from({ length: most }, (_, k) => [size(k, 0), size(k, 1)]);
  return cells.map((cell, i) => {
    if (!isNumber[i]) return cell;
    return sizes.map(([before, after], k) => {
      const part = split[i][k];
      const text = (part?.[0] ?? "").padStart(before) + (part?.[1] ?? "").padEnd(after);
      if (k === 0) return text;
      return (part === undefined ? "   " : " ± ") + text;
    }).join("");
  });
}

function pad(text: string, width: number, align: Column["align"]): string {
  if (align === "left") return text.padEnd(width);
  if (align === "centre") return text.padStart((width + text.length) >> 1).padEnd(width);
  return text.padStart(width);
}

function emphasise(text: string, cell: Cell, paint: Ansis): string {
  switch (cellStyle(cell)) {
    case "strong":
      return paint.bold.green(text);
    case "muted":
      return paint.dim(text);
    case "warning":
      return paint.yellow(text);
    case undefined:
      return text;
  }
}
