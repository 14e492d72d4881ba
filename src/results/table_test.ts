import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import type { Table } from "./table.ts";
import { renderCsv, renderLatex, renderMarkdown } from "./table_markup.ts";
import { alignDecimals, renderText } from "./table_text.ts";

const table: Table = {
  caption: "Sample",
  columns: [
    { header: "Model", align: "left" },
    { header: "ours", align: "decimal", group: "Score" },
    { header: "paper", align: "decimal", group: "Score" },
    { header: "time", align: "right", dropOrder: 1 },
  ],
  sections: [
    {
      title: "ListOps",
      rows: [
        ["Mega", { text: "48.2 ± 1.3", style: "strong" }, { text: "63.14", style: "muted" }, "2 s"],
        ["S4", { text: "diverged", style: "warning" }, "–", "10 s"],
      ],
    },
    { title: "Text", rows: [["Mega", "9.75", "90.43", "1 s"]] },
  ],
  footnotes: ["† published"],
};

Deno.test("renderText lines up decimals under group headers", () => {
  assert.equal(
    renderText(table),
    [
      "Sample",
      "",
      "               Score",
      "         ──────────────────",
      "Model           ours  paper  time",
      "─────────────────────────────────",
      "ListOps",
      "  Mega   48.2  ± 1.3  63.14   2 s",
      "  S4        diverged      –  10 s",
      "",
      "Text",
      "  Mega    9.75        90.43   1 s",
      "─────────────────────────────────",
      "† published",
      "",
    ].join("\n"),
  );
});

Deno.test("renderText leaves out droppable columns on a narrow terminal and says so", () => {
  const text = renderText(table, { width: 30 });
  assert.ok(!text.includes("10 s"));
  assert.ok(text.replaceAll("\n", " ").includes("Left out for want of width: time."));
  assert.ok(renderText(table, { width: 33 }).includes("10 s"));
});

Deno.test("renderText adds nothing but colour codes when colour is on", () => {
  const coloured = renderText(table, { colour: true });
  const lines = stripVTControlCharacters(coloured).split("\n").map((line) => line.trimEnd());
  assert.equal(lines.join("\n"), renderText(table));
  assert.ok(coloured.includes("\x1b["));
  assert.ok(!renderText(table).includes("\x1b"));
});

Deno.test("alignDecimals keeps equal length and point position for every number", () => {
  const aligned = alignDecimals(["1.5", "12", "-3.25 ± 0.5", "100.125 ± 12.25", "n/a"]);
  assert.deepEqual(aligned, [
    "  1.5          ",
    " 12            ",
    " -3.25  ±  0.5 ",
    "100.125 ± 12.25",
    "n/a",
  ]);
});

Deno.test("renderMarkdown escapes pipes and marks emphasis", () => {
  const risky: Table = {
    caption: "a_b",
    columns: [{ header: "x|y", align: "left" }, { header: "n", align: "right" }],
    sections: [{ title: "", rows: [["p|q", { text: "1", style: "strong" }]] }],
    footnotes: ["<b>"],
  };
  assert.equal(
    renderMarkdown(risky),
    "**a\\_b**\n\n| x\\|y | n |\n| :--- | ---: |\n| p\\|q | **1** |\n\n- \\<b\\>\n",
  );
});

Deno.test("every Markdown line of a table has as many cells as there are columns", () => {
  const lines = renderMarkdown(table).split("\n").filter((line) => line.startsWith("|"));
  assert.equal(lines.length, 2 + 3 + 2);
  for (const line of lines) assert.equal(line.split("|").length - 2, table.columns.length);
});

Deno.test("renderLatex escapes, spans groups and balances its environments", () => {
  const text = renderLatex({ ...table, caption: "50 % & _more_ {x} \\y" });
  assert.ok(text.includes("\\caption{50 \\% \\& \\_more\\_ \\{x\\} \\textbackslash{}y}"));
  assert.ok(text.includes(" & \\multicolumn{2}{c}{Score} &  \\\\\n\\cmidrule(lr){2-3}"));
  assert.ok(
    text.includes("Mega & \\textbf{48.2 $\\pm$ 1.3} & \\textcolor{gray}{63.14} & 2 s \\\\"),
  );
  assert.ok(text.includes("$^{\\dagger}$ published"));
  for (const name of ["table", "tabular"]) {
    assert.equal(text.split(`\\begin{${name}}`).length, text.split(`\\end{${name}}`).length);
  }
});

Deno.test("renderCsv quotes as RFC 4180 says and repeats section titles", () => {
  const quoted: Table = {
    ...table,
    columns: [{ header: 'say "x"', align: "left" }],
    sections: [{ title: "a,b", rows: [["line\nbreak"]] }],
  };
  assert.equal(renderCsv(quoted), 'section,"say ""x"""\r\n"a,b",line break\r\n');
  assert.equal(renderCsv(table).split("\r\n")[0], "section,Model,Score: ours,Score: paper,time");
});

Deno.test("a row of the wrong length is refused by every renderer", () => {
  const broken = { ...table, sections: [{ title: "T", rows: [["one"]] }] };
  for (const render of [renderText, renderMarkdown, renderLatex, renderCsv]) {
    assert.throws(() => render(broken), /section "T" row 0: 1 cells, 4 columns/);
  }
});

/** A table with a text at every place that a result file can name. */
function tableOf(text: string): Table {
  return {
    caption: text,
    columns: [
      { header: text, align: "left", group: text },
      { header: "n", align: "decimal", group: text },
    ],
    sections: [{ title: text, rows: [[text, "-1.50"], [{ text, style: "strong" }, "2"]] }],
    footnotes: [text],
  };
}

const hostile = [
  "esc\x1b[31mred\x1b]0;title\x07",
  "\u009b31m",
  "over\rwritten\b",
  "two\nlines\r\nand\u2028more",
  "tab\tx",
  "bidi\u202eabc\u2066d",
  "nul\0del\x7f",
  "\ud800",
];

Deno.test("control, format and broken characters reach no form of a table", () => {
  for (const text of hostile) {
    for (const render of [renderText, renderMarkdown, renderLatex, renderCsv]) {
      const shown = render(tableOf(text)).replaceAll(/\r?\n/g, "");
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u, JSON.stringify(text));
    }
    assert.equal(
      renderMarkdown(tableOf(text)).split("\n").length,
      renderMarkdown(tableOf("plain")).split("\n").length,
    );
  }
});

Deno.test("text cannot leave its cell in Markdown, nor become a link, code or HTML", () => {
  for (const text of ["a|b", "`c`", "<b>", "[x](y)", "![x](y)", "**b**", "~~s~~", "$x$", "&lt;"]) {
    const lines = renderMarkdown(tableOf(text)).split("\n");
    const bare = lines.join("\n").replaceAll(/\\[\\`*_|<>[\]&~$]/g, "");
    assert.doesNotMatch(bare, /[`<>[\]&~$]/, text);
    for (const line of lines.filter((line) => line.startsWith("|"))) {
      assert.equal(line.replaceAll(/\\./g, "").split("|").length - 2, 2, line);
    }
  }
  for (const text of ["# title", "- item", "+ item", "1. item", "  = x"]) {
    const note = renderMarkdown(tableOf(text)).trim().split("\n").at(-1) ?? "";
    assert.match(note, /^- \s*(?:\\[#+=-]|1\\\.)/, text);
  }
});

Deno.test("a spreadsheet runs no text of a CSV cell as a formula, and numbers stay numbers", () => {
  const cells = (text: string) => renderCsv(tableOf(text)).split("\r\n")[1];
  const formulas = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "=cmd|' /C x'!A0",
  ];
  for (const text of formulas) {
    const line = cells(text);
    const clean = text.replaceAll(/[\t\r]/g, " ");
    assert.equal(line, `'${clean},'${clean},-1.50`);
  }
  assert.equal(cells('=a,"b";c'), `"'=a,""b"";c","'=a,""b"";c",-1.50`);
  for (const number of ["-5", "+1.5", "-1.5 ± 0.2", "-2.00×", "-1e-5", "-1,234.5 ‡", "12 %"]) {
    const cell = number.includes(",") ? `"${number}"` : number;
    assert.equal(cells(number), `${cell},${cell},-1.50`);
  }
});

Deno.test("a bracket that begins a row of LaTeX is no option of the row before", () => {
  const text = renderLatex({
    ...tableOf("[2em]"),
    sections: [{ title: "", rows: [["[2em]", "*"]] }],
  });
  assert.match(text, /\n\{\[\}2em\] & \* /);
});
