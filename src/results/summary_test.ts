import assert from "node:assert/strict";
import { kernelTable } from "./kernel_summary.ts";
import {
  fixtureOverview,
  fixtureTranslation,
  fixtureTranslationRow,
} from "./translation_fixture.ts";
import { fixtureKernelRow, fixtureLanguage, fixtureResult, fixtureRow } from "./result_fixture.ts";
import { summaryTables } from "./summary.ts";
import type { Result } from "./schema.ts";
import { cellStyle, cellText, type Table } from "./table.ts";
import { renderText } from "./table_text.ts";

function seeds(model: string, corrects: (number | null)[]) {
  return corrects.map((correct, index) =>
    fixtureRow({
      model,
      seed: index + 1,
      correct,
      status: correct === null ? "diverged" : "completed",
    })
  );
}

/** The table of a result of one kind of task. */
function summaryTable(result: Result): Table {
  const [table, ...more] = summaryTables(result);
  assert.equal(more.length, 0);
  return table;
}

/** The cells of a row, by model name in the first column. */
function rowOf(table: Table, model: string) {
  const row = table.sections.flatMap(({ rows }) => rows).find((cells) =>
    cellText(cells[0]) === model
  );
  assert.ok(row, `no row for ${model}`);
  return row;
}

Deno.test("the summary shows mean, interval, seeds and the paper's figure side by side", () => {
  const rows = [...seeds("mega", [960, 1000, 920]), ...seeds("transformer", [700, 720, 740])];
  const table = summaryTable(fixtureResult(rows));
  const texts = rowOf(table, "Mega").map(cellText);
  assert.deepEqual(texts.slice(0, 8), [
    "Mega",
    "48.00 ± 4.97",
    "63.14",
    "3",
    "98.4k",
    "1200",
    "12.3k",
    "36.5 MiB",
  ]);
  assert.equal(cellText(rowOf(table, "Transformer")[2]), "37.11");
  assert.match(table.caption, /Long Range Arena · profile quick/);
  assert.ok(
    table.footnotes.some((note) => /Published.*not comparable with profile quick/.test(note)),
  );
});

Deno.test("the best and what its interval overlaps is emphasised, unless that is everything", () => {
  const clear = summaryTable(fixtureResult([
    ...seeds("mega", [1000, 1002, 1004]),
    ...seeds("mega-chunk", [999, 1001, 1003]),
    ...seeds("transformer", [700, 701, 702]),
  ]));
  const styles = ["Mega", "Mega-chunk", "Transformer"].map((m) => cellStyle(rowOf(clear, m)[1]));
  assert.deepEqual(styles, ["strong", "strong", undefined]);
  const level = summaryTable(fixtureResult([
    ...seeds("mega", [900, 1000, 1100]),
    ...seeds("transformer", [850, 1000, 1050]),
  ]));
  assert.equal(cellStyle(rowOf(level, "Mega")[1]), undefined);
});

Deno.test("runs that did not complete are counted and named with their reason", () => {
  const table = summaryTable(
    fixtureResult([...seeds("mega", [960, null]), ...seeds("transformer", [null])]),
  );
  assert.deepEqual(rowOf(table, "Mega")[3], { text: "1/2 ‡", style: "warning" });
  assert.equal(cellText(rowOf(table, "Mega")[1]), "48.00");
  assert.deepEqual(rowOf(table, "Transformer")[1], { text: "diverged", style: "warning" });
  assert.ok(
    table.footnotes.some((note) =>
      note === "‡ ListOps Mega seed 2 diverged after 430 steps: loss is not finite at step 430."
    ),
  );
  assert.ok(table.footnotes.some((note) => note.startsWith("No ± where one seed completed")));
});

Deno.test("options that depart from the profile stand in the caption", () => {
  const table = summaryTable({ ...fixtureResult(), overrides: { updates: 100 } });
  assert.match(table.caption, /profile quick with updates 100/);
});

Deno.test("the summary of three models keeps every required column at 80 columns", () => {
  const rows = ["mega", "mega-chunk", "transformer"].flatMap((m) => seeds(m, [960, 970, 980]));
  const text = renderText(summaryTable(fixtureResult(rows)), { width: 80 });
  for (const word of ["this run", "paper †", "Seeds", "Params", "steps", "tokens/s", "peak mem"]) {
    assert.ok(text.includes(word), word);
  }
  assert.ok(text.split("\n").every((line) => line.length <= 80), text);
});

Deno.test("tasks with different metrics name theirs in the section title", () => {
  const other = fixtureRow({ task: "enwik8" });
  other.metrics = [{
    name: "bits-per-character",
    split: "test",
    setting: null,
    per: "tokens",
    value: 1.2345,
    unit: "bits",
    higherIsBetter: false,
    n: 5000,
    interval: null,
  }];
  const table = summaryTable(fixtureResult([fixtureRow(), other]));
  assert.deepEqual(table.sections.map(({ title }) => title), [
    "ListOps · Accuracy, %",
    "enwik8 · Bits per character",
  ]);
  assert.equal(cellText(table.sections[1].rows[0][1]), "1.234");
  assert.equal(cellText(table.sections[1].rows[0][2]), "1.02");
});

Deno.test("the kernel table shows shares of the peaks and warns where a peer is faster", () => {
  const slow = fixtureKernelRow();
  slow.shape = { m: 64, n: 64, k: 64 };
  slow.peers = [{ name: "other", version: "1.0.0", medianMilliseconds: 10, ratio: 0.5 }];
  const alone = { ...fixtureKernelRow(), kernel: "softmax", peers: [], gigaflops: null };
  const table = kernelTable({ ...fixtureResult([]), kernels: [fixtureKernelRow(), slow, alone] });
  assert.deepEqual(table.columns.slice(-1).map(({ header }) => header), ["other 1.0.0"]);
  const texts = table.sections[0].rows[0].map(cellText);
  assert.deepEqual(texts, [
    "m 768, n 512, k 512",
    "20.000 ± 0.400",
    "20.1",
    "49",
    "0.2",
    "2",
    "4.00×",
  ]);
  assert.equal(cellStyle(table.sections[0].rows[1][6]), "warning");
  assert.equal(cellText(table.sections[1].rows[0][2]), "–");
  assert.match(table.caption, /measured peaks 41\.2 GFLOP\/s, 12\.1 GB\/s/);
});

Deno.test("a summary of language models shows their score, and says how many rates were tried", () => {
  const table = summaryTable(fixtureLanguage());
  assert.deepEqual(table.sections.map(({ title }) => title), [
    "Characters · Bits per character",
    "Words · Perplexity",
  ]);
  assert.deepEqual(table.sections[1].rows.map((row) => parseFloat(cellText(row[1]))), [
    ...[105.13, 95.57, 98.44],
  ]);
  assert.ok(table.sections.every(({ rows }) => rows.every((row) => cellText(row[3]) === "2")));
  assert.ok(
    table.footnotes.some((note) => note.startsWith("Best of 3 learning rates by validation;")),
  );
  const uneven = fixtureLanguage();
  uneven.rows = uneven.rows.filter(({ role, model, schedule }) =>
    role === "final" || model.name !== "mega" || schedule.configuration.peak === 0.005
  );
  const note = summaryTable(uneven).footnotes.find((one) => one.startsWith("Best of"));
  assert.match(
    note ?? "",
    /Best of 3 learning rates \(Characters Transformer, .*best of 1 learning/,
  );
});

Deno.test("a summary of translation shows every score of the decoded text at 80 columns", () => {
  const table = summaryTable(fixtureTranslation());
  assert.deepEqual(table.sections.map(({ title }) => title), [
    "Numbers, en → de",
    "Multi30k, en → de",
  ]);
  const cells = table.sections[0].rows[2].map(cellText);
  assert.deepEqual(cells.slice(0, 9), [
    ...["Mega laplace", "66.99 ± 4.19", "66.29", "1.25", "44.65", "2.63", "1.900", "410", "2"],
  ]);
  assert.equal(cellStyle(table.sections[1].rows[1][6]), "warning");
  const notes = table.footnotes.join("\n");
  assert.match(notes, /sacreBLEU of the plain text \(nrefs:1\|case:mixed\|.*\)/);
  assert.match(notes, /Mega on Multi30k, en → de hardly reads its source \(0\.004 nats\)/);
  assert.doesNotMatch(notes, /Mega on Numbers|Transformer on/);
  const text = renderText(table, { width: 80 });
  for (const word of ["tokenised", "sacre", "exact %", "ppl", "source", "Seeds"]) {
    assert.ok(text.includes(word), word);
  }
  assert.ok(text.split("\n").every((line) => line.length <= 80), text);
});

Deno.test("the paper's BLEU stands beside runs on its data, by direction", () => {
  const rows = (["en-de", "de-en"] as const).map((direction) =>
    fixtureTranslationRow({ task: "wmt16-en-de", direction, bleu: 20 })
  );
  const table = summaryTable(fixtureResult(rows));
  assert.deepEqual(table.columns.slice(0, 3).map(({ header }) => header), [
    ...["Model", "tokenised", "paper †"],
  ]);
  assert.deepEqual(
    table.sections.map(({ title, rows: [row] }) => [title, cellText(row[2])]),
    [["WMT16, en → de", "29.18"], ["WMT16, de → en", "32.90"]],
  );
});

Deno.test("a result of several kinds of tasks has a table for each, in its own units", () => {
  const tables = summaryTables(fixtureOverview());
  assert.deepEqual(tables.map(({ caption }) => caption.split(" · ").slice(0, 2).join(", ")), [
    "Classification, Overview",
    "Language modelling, Overview",
    "Translation, Overview",
  ]);
  assert.deepEqual(tables.map(({ columns }) => columns[1].group), [
    "Accuracy, %",
    "Bits per character",
    "BLEU",
  ]);
  assert.deepEqual(tables.map(({ sections: [{ rows }] }) => rows.map((row) => cellText(row[1]))), [
    ["35.00", "48.00"],
    ["2.400", "2.100"],
    ["58.00", "62.00"],
  ]);
  const notes = tables.flatMap(({ footnotes }) => footnotes);
  assert.equal(new Set(notes).size, notes.length);
});

Deno.test("translation runs that all failed are named without scores", () => {
  const row = fixtureTranslationRow();
  const table = summaryTable(
    fixtureResult([{ ...row, status: "diverged", reason: "loss is not finite", metrics: [] }]),
  );
  assert.deepEqual(table.sections[0].rows[0][1], { text: "diverged", style: "warning" });
  assert.match(table.footnotes.join(), /‡ Numbers, en → de Mega seed 1 diverged/);
});

Deno.test("the reason of a run that failed names no folder of the machine", () => {
  const row = fixtureRow({ status: "failed", correct: null });
  row.reason = "/home/anna smith/secret/x.tsv: no such file";
  const [table] = summaryTables(fixtureResult([row]));
  assert.match(table.footnotes.join(), /failed after 430 steps: …\/x\.tsv: no such file\./);
  assert.doesNotMatch(table.footnotes.join(), /anna|secret/);
});
