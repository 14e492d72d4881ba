import { foldText } from "../util/format.ts";
import { cellText, type Column, columnGroups, type Table, type TableSection } from "./table.ts";

/** Spaces between columns. */
export const columnGap = "  ";

/** What rows below a title of a section are indented by. */
export const rowIndent = "  ";

/** Columns that stand side by side, with the widths that they are set in. */
export interface Block {
  columns: readonly Column[];
  sections: readonly TableSection[];
  /** Characters of each column, the indent of the first included. */
  widths: readonly number[];
}

/** A table that fits the terminal. */
export interface Layout {
  /** One below the other; each begins with the columns that say what a row is about. */
  blocks: readonly Block[];
  /** Names of the columns that were left out. */
  hidden: readonly string[];
}

/** No name is folded to fewer characters than this. */
const leastTextWidth = 12;

/** A header or group of more characters than this takes several lines. */
const longestHeader = 24;

/** How close a table is set. */
interface Density {
  /** Largest width of a column of text. */
  readonly text: number;
  /** Whether headers take a line for each word where their numbers are narrower. */
  readonly foldsHeaders: boolean;
}

/**
 * Fits a table into a width: headers are folded, then columns left out by their `dropOrder`, then
 * names folded, and where that is not enough the columns are set in several blocks. Numbers are
 * never folded.
 */
export function layOut(table: Table, width: number): Layout {
  const { columns } = table;
  const kept = columns.map((_, index) => index);
  const hidden: string[] = [];
  const roomy = Math.max(leastTextWidth, Math.floor(0.4 * width));
  for (;;) {
    for (const foldsHeaders of [false, true]) {
      const block = blockOf(table, kept, { text: roomy, foldsHeaders });
      if (totalWidth(block.widths) <= width) return { blocks: [block], hidden };
    }
    const worst = worstColumn(columns, kept);
    if (worst === undefined) break;
    kept.splice(kept.indexOf(worst), 1);
    const { header, group } = columns[worst];
    hidden.unshift(group === undefined ? header : `${group} ${header}`);
  }
  for (let text = roomy; text >= leastTextWidth; text--) {
    const block = blockOf(table, kept, { text, foldsHeaders: true });
    if (totalWidth(block.widths) <= width) return { blocks: [block], hidden };
  }
  return { blocks: foldColumns(table, kept, width), hidden };
}

/** Sets columns in several blocks, each with the leading columns of text. */
function foldColumns(table: Table, kept: readonly number[], width: number): Block[] {
  const numbers = kept.findIndex((index) => table.columns[index].align !== "left");
  const keys = kept.slice(0, Math.max(1, numbers));
  let density: Density = { text: Math.floor(0.4 * width), foldsHeaders: true };
  const isTooWide = () => totalWidth(blockOf(table, keys, density).widths) > width / 2;
  while (isTooWide() && density.text > leastTextWidth) {
    density = { ...density, text: density.text - 1 };
  }
  const groups: number[][] = [];
  for (const index of kept.slice(keys.length)) {
    const last = groups.at(-1);
    const wider = [...keys, ...last ?? [], index];
    if (last !== undefined && totalWidth(blockOf(table, wider, density).widths) <= width) {
      last.push(index);
    } else groups.push([index]);
  }
  return groups.map((group) => blockOf(table, [...keys, ...group], density));
}

function blockOf(table: Table, kept: readonly number[], density: Density): Block {
  const columns = kept.map((index) => table.columns[index]);
  const sections = table.sections.map(({ title, rows }) => ({
    title,
    rows: rows.map((row) => kept.map((index) => row[index])),
  }));
  return { columns, sections, widths: columnWidths(columns, sections, density) };
}

/** A header in lines; a mark stays with its word. */
export function foldHeader(header: string, width: number): string[] {
  return foldText(joinMarks(header), width).map((line) => line.replaceAll(noBreak, " ").trim());
}

const noBreak = "\u00a0";

const joinMarks = (header: string) => header.replaceAll(/ (?=\S(?: |$))/g, noBreak);

/** Width of a row. */
export function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + columnGap.length * (widths.length - 1);
}

/** The kept column of the highest `dropOrder`, the last of equals; undefined where none has one. */
function worstColumn(columns: readonly Column[], kept: readonly number[]): number | undefined {
  const order = (index: number) => columns[index].dropOrder ?? -Infinity;
  return kept.filter((index) => columns[index].dropOrder !== undefined)
    .reduce<number | undefined>(
      (a, b) => a === undefined || order(b) >= order(a) ? b : a,
      undefined,
    );
}

function columnWidths(
  columns: readonly Column[],
  sections: readonly TableSection[],
  { text, foldsHeaders }: Density,
): number[] {
  const indent = sections.some(({ title }) => title !== "") ? rowIndent.length : 0;
  const widths = columns.map(({ header, align }, c) => {
    const lengths = sections.flatMap(({ rows }) => rows.map((row) => cellText(row[c]).length));
    const cells = Math.max(0, ...lengths);
    const most = align === "left" ? Math.min(cells, text) : cells;
    return Math.max(most, headerWidth(header, foldsHeaders)) + (c === 0 ? indent : 0);
  });
  for (const { title, start, span } of columnGroups(columns)) {
    const inner = totalWidth(widths.slice(start, start + span));
    widths[start] += Math.max(0, headerWidth(title, foldsHeaders) - inner);
  }
  return widths;
}

function headerWidth(header: string, isFolded: boolean): number {
  if (!isFolded) return Math.min(header.length, longestHeader);
  const words = joinMarks(header).split(" ").map((word) => word.length);
  return Math.min(Math.max(...words), leastTextWidth);
}
