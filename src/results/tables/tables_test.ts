import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors.ts";
import { fixtureArena, fixtureEfficiency, fixtureKernels } from "../report/report_fixture.ts";
import {
  fixtureLanguage,
  fixtureLanguageRow,
  fixtureResult,
  fixtureRow,
} from "../result_fixture.ts";
import { cellStyle, cellText, checkTable, type Table } from "../table.ts";
import { baselinePaths, readResults } from "./baselines.ts";
import { buildTables } from "./build_tables.ts";
import { efficiencyTable } from "./efficiency_table.ts";
import { efficiencyPoints, relativeCost, scalingExponent } from "./efficiency.ts";
import { lraTable } from "./lra_table.ts";
import { measuredSets } from "./measured_set.ts";
import {
  beginMarker,
  endMarker,
  hasMarkers,
  readmeTables,
  suiteMarkers,
  updateReadme,
} from "./readme.ts";
import { renderTables } from "./render_tables.ts";
import { suiteTable } from "./suite_table.ts";

function rowsOf(table: Table, title: RegExp): string[][] {
  const section = table.sections.find((one) => title.test(one.title));
  assert.ok(section !== undefined, `no section ${title}`);
  return section.rows.map((row) => row.map(cellText));
}

const arena = () => lraTable(measuredSets([fixtureArena(), fixtureEfficiency()]));

Deno.test("the table repeats the paper's Table 2, crosses, averages, speed and memory included", () => {
  const rows = rowsOf(lraTable([]), /Published in the Mega paper/);
  assert.equal(rows.length, 12);
  assert.deepEqual(rows.find(([name]) => name === "Mega-chunk"), [
    ...["Mega-chunk", "58.76", "90.19", "90.97", "85.80", "94.41", "93.81", "85.66"],
    ...["5.50×", "0.13×"],
  ]);
  assert.deepEqual(rows.find(([name]) => name === "XFM (reimplemented)"), [
    ...["XFM (reimplemented)", "37.11", "65.21", "79.14", "42.94", "71.83", "✗", "59.24"],
    ...["1.00×", "1.00×"],
  ]);
});

Deno.test("figures of others have sections of their own, and none is quoted from memory", () => {
  const table = lraTable([]);
  assert.equal(rowsOf(table, /S4 and S4D by their authors/).length, 7);
  const others = table.sections.filter(({ title }) => title.startsWith("Third party"));
  assert.equal(others.length, 5);
  assert.ok(others.every(({ rows }) => rows.every((row) => cellText(row[8]) === "–")));
  const chosen = lraTable([], { others: ["s4-family"] });
  assert.equal(chosen.sections.length, 2);
});

Deno.test("our averages follow the paper: without Path-X where it is not above chance", () => {
  const rows = rowsOf(arena(), /Measured here · profile quick/);
  const [transformer, s4] = rows;
  assert.deepEqual(rows.map(([name]) => name), [
    ...["Transformer", "S4", "S4D-LegS", "Mega", "Mega-chunk"],
  ]);
  const average = (row: string[], tasks: number) =>
    row.slice(1, 1 + tasks).reduce((sum, text) => sum + parseFloat(text), 0) / tasks;
  assert.match(transformer[6], /§$/);
  assert.ok(Math.abs(parseFloat(transformer[7]) - average(transformer, 5)) < 0.011);
  assert.ok(Math.abs(parseFloat(s4[7]) - average(s4, 6)) < 0.011);
});

Deno.test("an average over five tasks says so, and there is none where one is missing", () => {
  const result = fixtureArena([1]);
  result.rows = result.rows.filter(({ task, model }) =>
    task.name !== "pathx" && !(task.name === "text" && model.name === "s4")
  );
  const rows = rowsOf(lraTable(measuredSets([result])), /Measured here/);
  assert.match(rows[0][7], /^\d+\.\d\d ¶$/);
  assert.equal(rows[1][7], "–");
  assert.equal(rows[3][4], "diverged ‡");
  assert.equal(rows[3][7], "–");
});

Deno.test("profiles, overrides and machines never share a section", () => {
  const other = fixtureArena([1]);
  other.environment.adapter.description = "Another GPU";
  const results = [
    fixtureArena([1]),
    { ...fixtureArena([1]), profile: "smoke" as const },
    { ...fixtureArena([1]), overrides: { updates: 7 } },
    other,
  ];
  const titles = lraTable(measuredSets(results)).sections.map(({ title }) => title).filter(
    (title) => title.startsWith("Measured here"),
  );
  assert.deepEqual(titles, [
    "Measured here · profile quick · llvmpipe (LLVM 19.1.7, 256 bits)",
    "Measured here · profile smoke · llvmpipe (LLVM 19.1.7, 256 bits)",
    "Measured here · profile quick, updates 7 · llvmpipe (LLVM 19.1.7, 256 bits)",
    "Measured here · profile quick · Another GPU",
  ]);
});

Deno.test("results of the same settings join, and the newer run of a seed wins", () => {
  const old = fixtureResult([fixtureRow({ seed: 1 }), fixtureRow({ seed: 2, correct: 100 })]);
  const now = fixtureResult([fixtureRow({ seed: 2, correct: 980 })]);
  now.startedAt = "2026-02-01T12:00:00Z";
  const [set, ...more] = measuredSets([now, old]);
  assert.equal(more.length, 0);
  assert.deepEqual(set.rows.map((row) => row.metrics[0].value), [0.48, 0.49]);
  assert.equal(set.replaced, 1);
});

Deno.test("speed and memory come from the efficiency suite of the same profile only", () => {
  const mega = rowsOf(arena(), /profile quick/)[3];
  assert.match(mega[8], /^1\.\d\d×$/);
  assert.match(mega[9], /^0\.\d\d×$/);
  const apart = lraTable(
    measuredSets([{ ...fixtureArena(), profile: "smoke" }, fixtureEfficiency()]),
  );
  assert.deepEqual(rowsOf(apart, /profile smoke/)[3].slice(8), ["–", "–"]);
});

Deno.test("relative cost counts sequences, so batch sizes may differ; memory needs equal ones", () => {
  const rows = ["transformer", "mega"].map((model, i) => {
    const row = fixtureRow({ model });
    row.batchSize = i === 0 ? 4 : 8;
    row.performance.stepMilliseconds = { median: 100, spread: 1 };
    return row;
  });
  const points = efficiencyPoints({ rows });
  assert.deepEqual(relativeCost(points[1], points), { speed: 2, memory: null });
  rows[1].batchSize = 4;
  const equal = efficiencyPoints({ rows });
  assert.deepEqual(relativeCost(equal[1], equal), { speed: 1, memory: 1 });
});

Deno.test("scalingExponent recovers a power law and refuses two points", () => {
  const xs = [1024, 2048, 3072, 4096];
  const exponent = scalingExponent(xs, xs.map((x) => 3 * x ** 1.7)) ?? NaN;
  assert.ok(Math.abs(exponent - 1.7) < 1e-12);
  assert.equal(scalingExponent([1, 2], [1, 2]), null);
});

Deno.test("the efficiency table has the paper's figures and exponents at 4K, and failed rows", () => {
  const result = fixtureEfficiency();
  for (const row of result.rows) {
    row.performance.floatingPointOperationsPerStep = 5 * row.sequenceLength ** 1.25;
    if (row.model.name === "transformer" && row.sequenceLength === 2048) {
      row.status = "failed";
      row.reason = "no room";
    }
  }
  const table = efficiencyTable(measuredSets([result]));
  const mega = rowsOf(table, /^Mega · /);
  assert.deepEqual(mega.map(([length]) => length), ["1024", "2048", "3072", "4096"]);
  // Invented: 84 ms for 4 sequences at 1024, growing as the length to 1.7; Transformer 120 and 1.9.
  assert.deepEqual(mega[0].slice(1, 7), ["11.9", "21.0", "1.43×", "–", "", ""]);
  assert.deepEqual(mega[3].slice(3, 7), [
    `${(120 / 84 * 4 ** 0.2).toFixed(2)}×`,
    "–",
    "2.90",
    "1.70",
  ]);
  assert.equal(mega[3][10], "0.31");
  assert.equal(mega[1][3], "–");
  assert.equal(rowsOf(table, /^Transformer · /)[1][1], "failed ‡");
  const notes = table.footnotes.join("\n");
  assert.match(notes, /Text Transformer length 2048 seed 1 failed .*no room/);
  assert.match(notes, /cost model: Transformer 1\.25, .*Mega-chunk 1\.25\./);
  assert.match(notes, /batches of 4; generated sequences/);
});

Deno.test("every suite with results gets its table in every format", () => {
  const results = [fixtureArena(), fixtureEfficiency(), fixtureKernels()];
  const tables = buildTables(results);
  assert.deepEqual(tables.map(({ suite }) => suite), ["lra", "efficiency", "kernels"]);
  for (const { table } of tables) checkTable(table);
  assert.ok(renderTables(tables, "markdown").includes("| Mega-chunk | 58.76 |"));
  assert.ok(!renderTables(tables, "latex").includes("✗"));
  assert.equal(renderTables(tables, "csv").split("\r\n\r\n").length, 3);
  assert.match(renderTables(tables, "text", { width: 200 }), /XFM-?.*\n/);
});

Deno.test("a suite without results shows the published figures when asked by name", () => {
  const [{ table }] = buildTables([], { only: "lm" });
  const paper = rowsOf(table, /Mega paper \(Table 5\) · WikiText-103/);
  assert.deepEqual(paper.find(([name]) => name === "Mega"), [
    ...["Mega", "252.0M", "18.07", "–", "–", "48.0k", "8.57×"],
  ]);
  assert.deepEqual(rowsOf(table, /Table 5\) · enwik8/).map((row) => row.slice(0, 3)), [
    ["XFM-XL", "41.0M", "1.06"],
    ["Mega", "39.0M", "1.02"],
  ]);
  assert.throws(() => buildTables([], { only: "nonsense" }), UserError);
  assert.deepEqual(suiteTable("speech", []).columns.map(({ group }) => group), [
    undefined,
    "speech-commands-10",
  ]);
});

Deno.test("our language models stand by task with tokens, score, and speed of the Transformer", () => {
  const [{ table }] = buildTables([fixtureLanguage()], { only: "lm" });
  const words = rowsOf(table, /Measured here · Words · perplexity per token · 120\.0k test tokens/);
  assert.deepEqual(words.map(([model, , score]) => [model, parseFloat(score)]), [
    ["Transformer", 105.13],
    ["Mega", 95.57],
    ["Mega-chunk", 98.44],
  ]);
  assert.deepEqual(words[1].slice(3), ["12.0k", "1.33×", "30.0k", "1.50×"]);
  const characters = rowsOf(table, /Measured here · Characters · bits per character/);
  assert.equal(parseFloat(characters[1][2]), 2.113);
  assert.ok(table.footnotes.includes(
    "Profile quick: best of 3 learning rates by validation; the runs that only chose are not shown.",
  ));
});

Deno.test("the best score is the lowest where lower is better, without a trial that is lower", () => {
  const rows = [["mega", 90], ["s4", 100], ["transformer", 110]] as const;
  const result = fixtureResult([
    ...rows.map(([model, score]) => fixtureLanguageRow({ model, score })),
    fixtureLanguageRow({ model: "transformer", score: 5, role: "trial" }),
  ]);
  const [{ table }] = buildTables([{ ...result, suite: "lm" }], { only: "lm" });
  const cells = table.sections.at(-1)?.rows.map((row) => [cellText(row[2]), cellStyle(row[2])]);
  assert.deepEqual(cells, [["110.00", undefined], ["100.00", undefined], ["90.00", "strong"]]);
  assert.ok(table.footnotes.some((note) => note.includes("best of 1 learning rate by validation")));
});

Deno.test("updateReadme replaces what lies between the markers and nothing else", () => {
  const text = `# Title\n${beginMarker}\nold\n${endMarker}\nrest\n`;
  const updated = updateReadme(text, [fixtureArena()], "README.md");
  assert.ok(updated.startsWith("# Title\n") && updated.endsWith("\nrest\n"));
  assert.ok(!updated.includes("\nold\n") && updated.includes("| Mega-chunk |"));
  assert.equal(updateReadme(updated, [fixtureArena()], "README.md"), updated);
  assert.throws(() => updateReadme("# Title", [], "README.md"), /README\.md: no "<!-- results/);
});

Deno.test("a suite with a block of its own in README leaves the common block", () => {
  const { begin, end } = suiteMarkers("lm");
  const text = `${beginMarker}\n${endMarker}\nmiddle\n${begin}\nold\n${end}\n`;
  const results = [fixtureArena([1]), fixtureLanguage()];
  const [common, own] = updateReadme(text, results, "README.md").split("middle");
  assert.ok(common.includes("| Mega-chunk | 58.76 |") && !common.includes("XFM-adaptive"));
  assert.ok(own.includes("XFM-adaptive") && !own.includes("old") && !own.includes("58.76"));
  assert.ok(updateReadme(text.split("middle")[0], results, "R").includes("XFM-adaptive"));
  assert.ok(!updateReadme(own, results, "R").includes("58.76"));
  assert.throws(() => updateReadme(begin, results, "R"), /R: no "<!-- results:begin lm -->" and/);
});

Deno.test("README holds the tables of the committed results where it has the markers", async () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const readme = await Deno.readTextFile(`${root}/README.md`).catch(() => "");
  const results = await readResults(await baselinePaths(`${root}/results`));
  assert.ok(hasMarkers(readmeTables(results)));
  if (/<!-- results:begin/.test(readme)) {
    assert.ok(
      updateReadme(readme, results, "README.md") === readme,
      "README.md is stale: run deno task tables --update README.md",
    );
  }
});
