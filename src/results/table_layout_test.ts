import assert from "node:assert/strict";
import { fixtureKernelRow, fixtureLanguage, fixtureResult } from "./result_fixture.ts";
import { diffResults } from "./diff/diff_results.ts";
import { diffTable } from "./diff/diff_table.ts";
import { summaryTables } from "./summary.ts";
import type { Table } from "./table.ts";
import { foldHeader } from "./table_layout.ts";
import { renderText } from "./table_text.ts";
import { buildTables } from "./tables/build_tables.ts";
import { fixtureTranslation } from "./translation_fixture.ts";

const long = "x".repeat(300);
const words = "several words in one name ".repeat(9).trim();

const hostile: Table = {
  caption: long,
  columns: [
    { header: "Model", align: "left" },
    { header: "a header of several words", align: "decimal", group: words },
    ...Array.from({ length: 12 }, (_, i) => ({
      header: `column ${i}`,
      align: "decimal" as const,
      group: long,
    })),
    { header: "Avg.", align: "decimal", dropOrder: 1 },
  ],
  sections: [{
    title: words,
    rows: [long, words, "m"].map((name) => [
      name,
      "1234567.25 ± 0.125",
      ...Array.from({ length: 12 }, (_, i) => `${1000 + i}.5`),
      "9876.5",
    ]),
  }],
  footnotes: [long, words],
};

const results = [fixtureResult(), fixtureLanguage(), fixtureTranslation()];
const kernels = { ...fixtureResult([]), suite: "kernels", kernels: [fixtureKernelRow()] };

const tables: Table[] = [
  hostile,
  ...buildTables([...results, kernels]).map(({ table }) => table),
  ...results.flatMap(summaryTables),
  ...results.map((result) =>
    diffTable(diffResults({ name: "old.json", result }, { name: "new.json", result }))
  ),
];

Deno.test("no line of a table is wider than the terminal", () => {
  for (const width of [60, 80, 100, 200]) {
    for (const table of tables) {
      for (const line of renderText(table, { width }).split("\n")) {
        assert.ok(line.length <= width, `${width}: ${line}`);
      }
    }
  }
});

Deno.test("numbers are never broken, and only what says so is left out", () => {
  for (const width of [60, 80, 100]) {
    const text = renderText(hostile, { width });
    const shown = ["1234567.25 ± 0.125", ...Array.from({ length: 12 }, (_, i) => `${1000 + i}.5`)];
    for (const number of shown) {
      assert.equal(text.split(number).length - 1, 3, `${number} at ${width}`);
    }
    assert.ok(!text.includes("9876.5"));
    assert.match(text, /Left out for want of width: Avg\.\n/);
  }
});

Deno.test("columns that do not fit beside each other stand below, with the names of their rows", () => {
  const table: Table = {
    caption: "C",
    columns: [
      { header: "Task", align: "left" },
      { header: "Model", align: "left" },
      { header: "first", align: "right" },
      { header: "second", align: "right" },
    ],
    sections: [{ title: "", rows: [["a task", "a model", "1".repeat(12), "2".repeat(12)]] }],
    footnotes: [],
  };
  assert.equal(
    renderText(table, { width: 34 }),
    [
      "C",
      "",
      "Task    Model           first",
      "─────────────────────────────",
      "a task  a model  111111111111",
      "─────────────────────────────",
      "",
      "Task    Model          second",
      "─────────────────────────────",
      "a task  a model  222222222222",
      "─────────────────────────────",
      "",
    ].join("\n"),
  );
});

Deno.test("a long name takes several lines beside its numbers", () => {
  const table: Table = {
    caption: "C",
    columns: [{ header: "Model", align: "left" }, { header: "n", align: "right" }],
    sections: [{ title: "", rows: [["one two three", "5"]] }],
    footnotes: [],
  };
  assert.equal(
    renderText(table, { width: 16 }).split("\n").slice(4, 6).join("\n"),
    "one two       5\nthree",
  );
});

Deno.test("the mark of a header stays with its word", () => {
  assert.deepEqual(foldHeader("paper †", 5), ["paper", "†"]);
  assert.deepEqual(foldHeader("of paper †", 7), ["of", "paper †"]);
  assert.deepEqual(foldHeader("two words", 5), ["two", "words"]);
});
