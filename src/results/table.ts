import { cleanLine } from "../util/clean_text.ts";

/** How the cells of a column line up; `decimal` lines up the points, also of `a ± b`. */
export type Alignment = "left" | "right" | "centre" | "decimal";

/** A column of a table. */
export interface Column {
  header: string;
  align: Alignment;
  /** Header over this and neighbouring columns of the same group. */
  group?: string;
  /** When the text form is too wide, columns go from the highest number; without one they stay. */
  dropOrder?: number;
}

/** A cell: plain text, or text with an emphasis that each renderer shows in its own way. */
export type Cell = string | { text: string; style: CellStyle };

/** Emphasis of a cell: the best of its kind, something secondary, something to worry about. */
export type CellStyle = "strong" | "muted" | "warning";

/** Rows under a common title; an empty title for rows without one. */
export interface TableSection {
  title: string;
  rows: Cell[][];
}

/** One table, independent of how it is shown. */
export interface Table {
  caption: string;
  columns: Column[];
  sections: TableSection[];
  footnotes: string[];
}

/** The text of a cell without its emphasis. */
export function cellText(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

/** The emphasis of a cell, if any. */
export function cellStyle(cell: Cell): CellStyle | undefined {
  return typeof cell === "string" ? undefined : cell.style;
}

/** A run of neighbouring columns under one header; `title` is empty for columns without a group. */
export interface ColumnGroup {
  title: string;
  /** First column and number of columns. */
  start: number;
  span: number;
}

/** Groups of neighbouring columns; columns without a group stand alone. */
export function columnGroups(columns: readonly Column[]): ColumnGroup[] {
  const groups: ColumnGroup[] = [];
  columns.forEach(({ group = "" }, start) => {
    const last = groups.at(-1);
    if (last !== undefined && group !== "" && last.title === group) last.span++;
    else groups.push({ title: group, start, span: 1 });
  });
  return groups;
}

/**
 * The table as renderers show it: every text in one line without control characters, which a name
 * from a file may hold.
 *
 * @throws RangeError naming the section and row that has not a cell for every column.
 */
export function printable(table: Table): Table {
  checkTable(table);
  return {
    caption: cleanLine(table.caption),
    columns: table.columns.map(({ header, group, ...column }) => ({
      ...column,
      header: cleanLine(header),
      ...group === undefined ? {} : { group: cleanLine(group) },
    })),
    sections: table.sections.map(({ title, rows }) => ({
      title: cleanLine(title),
      rows: rows.map((row) => row.map(cleanCell)),
    })),
    footnotes: table.footnotes.map(cleanLine),
  };
}

function cleanCell(cell: Cell): Cell {
  return typeof cell === "string" ? cleanLine(cell) : { ...cell, text: cleanLine(cell.text) };
}

/**
 * Checks that every row has a cell for every column.
 *
 * @throws RangeError naming the section and row that does not.
 */
export function checkTable(table: Table): void {
  for (const { title, rows } of table.sections) {
    rows.forEach((row, index) => {
      if (row.length !== table.columns.length) {
        throw new RangeError(
          `table section "${title}" row ${index}: ${row.length} cells, ${table.columns.length} columns`,
        );
      }
    });
  }
}
