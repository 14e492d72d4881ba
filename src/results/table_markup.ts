import {
  type Cell,
  cellStyle,
  cellText,
  checkTable,
  type Column,
  columnGroups,
  type Table,
} from "./table.ts";

/** A table in GitHub-flavoured Markdown: caption, table, footnotes as a list. */
export function renderMarkdown(table: Table): string {
  checkTable(table);
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
  for (const note of table.footnotes) lines.push(`- ${escapeMarkdown(note)}`);
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

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_|<>[\]]/g, "\\$&").replaceAll("\n", " ");
}

/**
 * A table in LaTeX with booktabs rules, in a `table` environment. Needs `\usepackage{booktabs}` and,
 * for warnings and secondary cells, `\usepackage{xcolor}`.
 */
export function renderLatex(table: Table): string {
  checkTable(table);
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
    `${table.columns.map(({ header }) => escapeLatex(header)).join(" & ")} \\\\`,
    "\\midrule",
  );
  table.sections.forEach(({ title, rows }, index) => {
    if (index > 0) lines.push("\\addlinespace");
    if (title !== "") {
      const span = table.columns.length;
      lines.push(`\\multicolumn{${span}}{l}{\\textit{${escapeLatex(title)}}} \\\\`);
    }
    for (const row of rows) lines.push(`${row.map(latexCell).join(" & ")} \\\\`);
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

/** A table as CSV (RFC 4180, header line, CRLF); section titles become a first column. */
export function renderCsv(table: Table): string {
  checkTable(table);
  const hasTitles = table.sections.some(({ title }) => title !== "");
  const lines = [[...(hasTitles ? ["section"] : []), ...table.columns.map(flatHeader)]];
  for (const { title, rows } of table.sections) {
    for (const row of rows) lines.push([...(hasTitles ? [title] : []), ...row.map(cellText)]);
  }
  return lines.map((cells) => cells.map(quoteCsv).join(",") + "\r\n").join("");
}

function quoteCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Header of a column where groups cannot be shown as such. */
function flatHeader({ header, group }: Column): string {
  return group === undefined ? header : `${group}: ${header}`;
}
