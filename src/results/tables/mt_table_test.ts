import assert from "node:assert/strict";
import { fixtureLanguage, fixtureResult } from "../result_fixture.ts";
import { cellStyle, cellText, checkTable, type Table } from "../table.ts";
import {
  fixtureOverview,
  fixtureSignatures,
  fixtureTranslation,
  fixtureTranslationRow,
} from "../translation_fixture.ts";
import { buildTables } from "./build_tables.ts";
import { measuredSets } from "./measured_set.ts";
import { mtTable } from "./mt_table.ts";
import { suiteMarkers, updateReadme } from "./readme.ts";
import { renderTables, tableFormats } from "./render_tables.ts";

function rowsOf(table: Table, title: RegExp): string[][] {
  const section = table.sections.find((one) => title.test(one.title));
  assert.ok(section !== undefined, `no section ${title}`);
  return section.rows.map((row) => row.map(cellText));
}

Deno.test("without results the table repeats the paper's Table 7 in both directions", () => {
  const [{ table }] = buildTables([], { only: "translation" });
  assert.deepEqual(table.columns.map(({ header }) => header), [
    ...["Model", "Params", "tokenised", "sacre"],
  ]);
  assert.deepEqual(rowsOf(table, /Table 7\) · WMT16, en → de/), [
    ["XFM-base", "–", "27.30", "–"],
    ["XFM-base (reimpl.)", "65.0M", "27.97", "27.33"],
    ["Mega-base softmax", "67.0M", "29.18", "28.47"],
    ["Mega-base laplace", "67.0M", "28.95", "28.27"],
  ]);
  assert.deepEqual(rowsOf(table, /Table 7\) · WMT16, de → en/), [
    ["XFM-base (reimpl.)", "65.0M", "31.92", "31.33"],
    ["Mega-base softmax", "67.0M", "32.90", "32.35"],
    ["Mega-base laplace", "67.0M", "32.81", "32.22"],
  ]);
  assert.equal(table.sections.length, 2);
});

Deno.test("our translations stand by task and direction, apart from the published figures", () => {
  const [{ table }] = buildTables([fixtureTranslation()], { only: "translation" });
  checkTable(table);
  const headers = table.columns.map(({ group = "", header }) => `${group} ${header}`.trim());
  assert.deepEqual(headers, [
    ...["Model", "Params", "BLEU tokenised", "BLEU sacre", "BLEU ± run", "exact %"],
    ...["Per token ppl", "Per token source", "Decoding tokens/s"],
  ]);
  const numbers = rowsOf(
    table,
    /^Measured here · Numbers, en → de · 1000 test sentences · not comparable with the published/,
  );
  assert.deepEqual(numbers, [
    ["Transformer", "412.0k", "62.97 ± 3.94", "62.27", "1.25", "42.00", "3.01", "1.786", "640"],
    ["Mega", "412.0k", "40.19 ± 2.52", "39.49", "1.25", "26.80", "6.43", "1.140", "410"],
    ["Mega laplace", "412.0k", "66.99 ± 4.19", "66.29", "1.25", "44.65", "2.63", "1.900", "410"],
  ]);
  const photos = rowsOf(table, /Multi30k/);
  assert.deepEqual(photos.map((row) => row[5]), ["–", "–", "–"]);
  const [published] = rowsOf(table, /Table 7\) · WMT16, en → de/);
  assert.deepEqual(published.slice(4), ["–", "–", "–", "–", "–"]);
  const notes = table.footnotes.join("\n");
  assert.match(notes, /Ours \(Numbers, Multi30k\) are of other data.* not with the published/);
  assert.ok(Object.values(fixtureSignatures).every((text) => notes.includes(text)));
  assert.match(notes, /Mega on Multi30k, en → de hardly reads its source/);
  assert.match(notes, /best of 2 learning rates/);
});

Deno.test("the best BLEU of a section is emphasised where the seeds tell it apart", () => {
  const scores: [string, number[]][] = [
    ["transformer", [30, 30.1, 30.2]],
    ["mega", [20, 20.1, 20.2]],
    ["mega-laplace", [30.1, 30.2, 30.3]],
  ];
  const rows = scores.flatMap(([model, values]) =>
    values.map((bleu, i) => fixtureTranslationRow({ model, bleu, seed: i + 1 }))
  );
  const table = mtTable(measuredSets([{ ...fixtureResult(rows), suite: "translation" }]));
  assert.deepEqual(table.sections.at(-1)?.rows.map((row) => cellStyle(row[2])), [
    ...["strong", undefined, "strong"],
  ]);
  assert.deepEqual(table.sections[0].rows.map((row) => cellStyle(row[2])), [
    ...[undefined, undefined, "strong", undefined],
  ]);
});

Deno.test("directions and profiles never share a section, and the paper's data compare", () => {
  const result = fixtureResult([
    fixtureTranslationRow({ task: "wmt16-en-de", direction: "en-de" }),
    fixtureTranslationRow({ task: "wmt16-en-de", direction: "de-en", bleu: 31 }),
  ]);
  const quick = { ...result, suite: "translation" };
  const paper = { ...quick, profile: "paper" as const };
  const table = mtTable(measuredSets([quick, paper]));
  const titles = table.sections.map(({ title }) => title).slice(2);
  assert.deepEqual(titles.map((title) => title.split(" · ").slice(1, -1)), [
    [
      "WMT16, en → de",
      "1000 test sentences",
      "not comparable with the published figures",
      "profile quick",
    ],
    [
      "WMT16, de → en",
      "1000 test sentences",
      "not comparable with the published figures",
      "profile quick",
    ],
    ["WMT16, en → de", "1000 test sentences", "profile paper"],
    ["WMT16, de → en", "1000 test sentences", "profile paper"],
  ]);
  assert.ok(table.sections.slice(2).every(({ rows }) => rows.length === 1));
  const alone = mtTable(measuredSets([paper])).footnotes.join("\n");
  assert.doesNotMatch(alone, /not with the published/);
});

Deno.test("a suite of several kinds of tasks has a table of our runs for each", () => {
  const tables = buildTables([fixtureOverview()], { only: "overview" });
  assert.deepEqual(tables.map(({ title }) => title), [
    "Overview: classification",
    "Overview: language modelling",
    "Overview: translation",
  ]);
  for (const { table } of tables) {
    checkTable(table);
    assert.equal(table.sections.length, 1);
    assert.match(table.sections[0].title, /^Measured here/);
    assert.equal(table.sections[0].rows.length, 2);
    assert.doesNotMatch(table.footnotes.join("\n"), /published/);
  }
  assert.deepEqual(
    tables.map(({ table }) => table.sections[0].rows.map((row) => cellText(row[0]))),
    [
      ["Transformer", "Mega"],
      ["Transformer", "Mega"],
      ["Transformer", "Mega"],
    ],
  );
  assert.deepEqual(tables[2].table.sections[0].rows.map((row) => cellText(row[2])), [
    "58.00",
    "62.00",
  ]);
  for (const format of tableFormats) {
    assert.ok(renderTables(tables, format, { width: 200 }).includes("62.00"), format);
  }
  const [lra] = buildTables([fixtureOverview()]);
  assert.ok(lra.table.sections.every(({ title }) => !title.startsWith("Measured here")));
});

Deno.test("translation has a block of its own in README", () => {
  const { begin, end } = suiteMarkers("translation");
  const results = [fixtureLanguage(), fixtureTranslation()];
  const updated = updateReadme(`${begin}\nold\n${end}\n`, results, "README.md");
  assert.ok(updated.includes("**29.18**") && updated.includes("not comparable with the published"));
  assert.ok(updated.includes("| Mega laplace | 412.0k |") && !updated.includes("old"));
  assert.ok(!updated.includes("Characters"));
});
