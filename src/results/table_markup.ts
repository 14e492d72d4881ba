import { cleanLine } from "../util/clean_text.ts";
import {
  type Cell,
  cellStyle,
  cellText,
  type Column,
  columnGroups,
  printable,
  type Table,
} from "./table.ts";

/** A table in GitHub-flavoured Markdown: caption, table, footnotes as a list. */
export function renderMarkdown(given: Table): string {
  const table = printable(given);
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const rules = { left: ":---", right: "---:", decimal: "---:", centre: ":---:" };
  const lines = [
    `**${escapeMarkdown(table.caption)}**`,
    "",
    line(table.columns.map((column) => escapeMarkdown(flatHeader(column)))),
    line(table.columns.map(({ align }) => rules[align])),
  ];
  for (const { title, rows } of table.sections) {
    if (title !== "") {
      const rest = table.columns.slice(1).map(() => "");
      lines.push(line([`**${escapeMarkdown(title)}**`, ...rest]));
    }
    for (const row of rows) lines.push(line(row.map(markdownCell)));
  }
  if (table.footnotes.length > 0) lines.push("");
  for (const note of table.footnotes) lines.push(`- ${escapeStart(escapeMarkdown(note))}`);
  return lines.join("\n") + "\n";
}

function markdownCell(cell: Cell): string {
  const text = escapeMarkdown(cellText(cell));
  if (text === "") return text;
  switch (cellStyle(cell)) {
    case "strong":
      return `**${text}**`;
    case "muted":
    case "warning":
      return `*${text}*`;
    case undefined:
      return text;
  }
}

/** A text in one line in which no character means anything to Markdown or HTML. */
export function escapeMarkdown(text: string): string {
  return cleanLine(text).replace(/[\\`*_|<>[\]&~$]/g, "\\$&");
}

/** A line of text that would otherwise begin a heading, a list or a rule. */
function escapeStart(text: string): string {
  return text.replace(/^\s*(?=[#+=-])/, "$&\\").replace(/^(\s*\d+)([.)])/, "$1\\$2");
}

/**
 * A table in LaTeX with booktabs rules, in a `table` environment. Needs `\usepackage{booktabs}` and,
 * for warnings and secondary cells, `\usepackage{xcolor}`.
 */
export function renderLatex(given: Table): string {
  const table = printable(given);
  const letters = { left: "l", right: "r", decimal: "r", centre: "c" };
  const groups = columnGroups(table.columns);
  const lines = [
    "\\begin{table}",
    "\\centering",
    `\\caption{${escapeLatex(table.caption)}}`,
    `\\begin{tabular}{${table.columns.map(({ align }) => letters[align]).join("")}}`,
    "\\toprule",
  ];
  if (groups.some(({ title }) => title !== "")) {
    const cells = groups.map(({ title, span }) =>
      title === ""
        ? Array(span).fill("").join(" & ")
        : `\\multicolumn{${span}}{c}{${escapeLatex(title)}}`
    );
    const rules = groups.filter(({ title }) => title !== "").map(({ start, span }) =>
      `\\cmidrule(lr){${start + 1}-${start + span}}`
    );
    lines.push(`${cells.join(" & ")} \\\\`, rules.join(" "));
  }
  lines.push(
    `${escapeRow(table.columns.map(({ header }) => escapeLatex(header)))} \\\\`,
    "\\midrule",
  );
  table.sections.forEach(({ title, rows }, index) => {
    if (index > 0) lines.push("\\addlinespace");
    if (title !== "") {
      const span = table.columns.length;
      lines.push(`\\multicolumn{${span}}{l}{\\textit{${escapeLatex(title)}}} \\\\`);
    }
    for (const row of rows) lines.push(`${escapeRow(row.map(latexCell))} \\\\`);
  });
  lines.push("\\bottomrule", "\\end{tabular}");
  for (const note of table.footnotes) {
    lines.push(`\\par\\smallskip{\\footnotesize ${escapeLatex(note)}}`);
  }
  lines.push("\\end{table}");
  return lines.join("\n") + "\n";
}

function latexCell(cell: Cell): string {
  const text = escapeLatex(cellText(cell));
  switch (cellStyle(cell)) {
    case "strong":
      return `\\textbf{${text}}`;
    case "muted":
      return `\\textcolor{gray}{${text}}`;
    case "warning":
      return `\\textcolor{orange}{${text}}`;
    case undefined:
      return text;
  }
}

const latexCharacters: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  "%": "\\%",
  "&": "\\&",
  "#": "\\#",
  "$": "\\$",
  "_": "\\_",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "±": "$\\pm$",
  "×": "$\\times$",
  "†": "$^{\\dagger}$",
  "‡": "$^{\\ddagger}$",
  "–": "--",
  "·": "$\\cdot$",
};

function escapeLatex(text: string): string {
  return [...text].map((character) => latexCharacters[character] ?? character).join("");
}

/** The first cell of a row follows `\\`, which would take a bracket or a star for its own. */
function escapeRow(cells: readonly string[]): string {
  return cells.join(" & ").replace(/^[[*]/, "{$&}");
}

/**
 * A table as CSV (RFC 4180, header line, CRLF); section titles become a first column. Text that a
 * spreadsheet would run as a formula gets an apostrophe in front, as OWASP advises; numbers do not.
 */
export function renderCsv(given: Table): string {
  const table = printable(given);
  const hasTitles = table.sections.some(({ title }) => title !== "");
  const lines = [[...(hasTitles ? ["section"] : []), ...table.columns.map(flatHeader)]];
  for (const { title, rows } of table.sections) {
    for (const row of rows) lines.push([...(hasTitles ? [title] : []), ...row.map(cellText)]);
  }
  return lines.map((cells) => cells.map(quoteCsv).join(",") + "\r\n").join("");
}

/** A number as tables print them, with its sign, margin, factor or mark. */
const NUMBER = /^[+-]?[\d.,]+(?:e[+-]?\d+)?(?: ± [\d.,]+)?(?: ?[×%‡§¶])*$/i;

/** What makes a spreadsheet take a cell for a formula, full-width forms included. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

function quoteCsv(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  // Spreadsheets of some languages separate by semicolons.
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Header of a column where groups cannot be shown as such. */
function flatHeader({ header, group }: Column): string {
  return group === undefined ? header : `${group}: ${header}`;
}
