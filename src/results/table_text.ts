import { Ansis } from "ansis";
import { wrapText } from "../util/format.ts";
import {
  type Cell,
  cellStyle,
  cellText,
  checkTable,
  type Column,
  columnGroups,
  type Table,
  type TableSection,
} from "./table.ts";

/** Options of {@link renderText}. */
export interface TextOptions {
  /** Columns of the terminal; 100 unless told. */
  width?: number;
  /** Whether to use colour; off unless told. */
  colour?: boolean;
}

const gap = "  ";
const indent = "  ";

/**
 * A table for a terminal or a log: rules instead of boxes, numbers lined up on their points. Where
 * the table is wider than the terminal, columns are left out by their `dropOrder`.
 */
export function renderText(table: Table, options: TextOptions = {}): string {
  checkTable(table);
  const { width = 100, colour = false } = options;
  const paint = new Ansis(colour ? 3 : 0);
  const { columns, sections, hidden } = fit(table, width);
  const hasTitles = sections.some(({ title }) => title !== "");
  const widths = columnWidths(columns, sections);
  if (hasTitles) widths[0] += indent.length;
  const total = widths.reduce((sum, w) => sum + w) + gap.length * (widths.length - 1);

  const lines = wrapText(table.caption, width).map((line) => paint.bold(line));
  lines.push("");
  if (columns.some(({ group }) => group !== undefined)) {
    lines.push(...groupLines(columns, widths, paint));
  }
  lines.push(
    columns.map(({ header, align }, c) => paint.bold(pad(header, widths[c], align))).join(gap),
    paint.dim("─".repeat(total)),
  );
  sections.forEach(({ title, rows }, index) => {
    if (title !== "") {
      if (index > 0) lines.push("");
      lines.push(paint.cyan(title));
    }
    for (const row of rows) {
      const cells = row.map((cell, c) => {
        const text = c === 0 && hasTitles ? indent + cellText(cell) : cellText(cell);
        return emphasise(pad(text, widths[c], columns[c].align), cell, paint);
      });
      lines.push(cells.join(gap));
    }
  });
  lines.push(paint.dim("─".repeat(total)));
  const notes = [...table.footnotes];
  if (hidden.length > 0) notes.push(`Left out for want of width: ${hidden.join(", ")}.`);
  // A footnote reads badly in a column narrower than this.
  const noteWidth = Math.min(width, Math.max(total, 60));
  for (const note of notes) {
    lines.push(...wrapText(note, noteWidth).map((line) => paint.dim(line)));
  }
  return lines.map((line) => line.trimEnd()).join("\n") + "\n";
}

/** Lines up the decimal columns and drops columns until the table fits. */
function fit(table: Table, width: number) {
  const aligned = alignSections(table);
  const kept = table.columns.map((_, index) => index);
  const hidden: string[] = [];
  const room = width - (table.sections.some(({ title }) => title !== "") ? indent.length : 0);
  for (;;) {
    const columns = kept.map((index) => table.columns[index]);
    const sections = aligned.map(({ title, rows }) => ({
      title,
      rows: rows.map((row) => kept.map((index) => row[index])),
    }));
    const widths = columnWidths(columns, sections);
    const total = widths.reduce((sum, w) => sum + w) + gap.length * (widths.length - 1);
    const droppable = kept.filter((index) => table.columns[index].dropOrder !== undefined);
    if (total <= room || droppable.length === 0) return { columns, sections, hidden };
    const order = (index: number) => table.columns[index].dropOrder ?? 0;
    const worst = droppable.reduce((a, b) => order(b) >= order(a) ? b : a);
    kept.splice(kept.indexOf(worst), 1);
    hidden.unshift(table.columns[worst].header);
  }
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

function columnWidths(columns: readonly Column[], sections: readonly TableSection[]): number[] {
  const widths = columns.map(({ header }, c) =>
    Math.max(
      header.length,
      ...sections.flatMap(({ rows }) => rows.map((row) => cellText(row[c]).length)),
    )
  );
  for (const { title, start, span } of columnGroups(columns)) {
    const inner = widths.slice(start, start + span).reduce((sum, w) => sum + w + gap.length, 0);
    widths[start] += Math.max(0, title.length - (inner - gap.length));
  }
  return widths;
}

function groupLines(columns: readonly Column[], widths: readonly number[], paint: Ansis) {
  const spans = columnGroups(columns).map(({ title, start, span }) => ({
    title,
    width: widths.slice(start, start + span).reduce((sum, w) => sum + w) + gap.length * (span - 1),
  }));
  return [
    spans.map(({ title, width }) => paint.bold(pad(title, width, "centre"))).join(gap),
    spans.map(({ title, width }) => paint.dim((title === "" ? " " : "─").repeat(width))).join(gap),
  ];
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
