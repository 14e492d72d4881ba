import assert from "node:assert/strict";
// deno-lint-ignore no-import-prefix
import { parseHTML } from "npm:linkedom@0.18.15";
import { fixtureLanguage } from "../result_fixture.ts";
import { fixtureOverview, fixtureTranslation } from "../translation_fixture.ts";
import { buildReport, type Report } from "./build_report.ts";
import { bundlePage } from "./bundle_page.ts";
import { contextFigure, contextLines } from "./context_figure.ts";
import { curveFigures, meanCurve, thin } from "./curves_figure.ts";
import { renderPng, writeFigures } from "./figure_files.ts";
import { fontFaces } from "./fonts.ts";
import { resolveColours } from "./palette.ts";
import { fixtureArena, fixtureEfficiency, fixtureKernels } from "./report_fixture.ts";
import { roundLevels } from "./scaling_figure.ts";
import { publishedTradeoff } from "./tradeoff_figure.ts";
import { measuredSets } from "../tables/measured_set.ts";
import { writeReport } from "./write_report.ts";

/** Programs and the network are refused, as they are to the command. */
const permissions: Deno.PermissionOptions = {
  read: "inherit",
  env: "inherit",
  run: false,
  net: false,
};

let report: Promise<Report> | undefined;

/** The report of all fixtures, built once. */
function sample(): Promise<Report> {
  report ??= bundlePage().then((bundle) =>
    buildReport(
      [
        fixtureArena(),
        fixtureLanguage(),
        fixtureTranslation(),
        fixtureEfficiency(),
        fixtureKernels(),
        fixtureOverview(),
      ],
      bundle,
      fontFaces(),
    )
  );
  return report;
}

let document: Promise<Document> | undefined;

/** The page of {@link sample}, parsed once. */
function parsed(): Promise<Document> {
  document ??= sample().then(({ page }) => parseHTML(page).document);
  return document;
}

Deno.test("the page asks nothing of the network", { permissions }, async () => {
  const { page } = await sample();
  const document = await parsed();
  for (const attribute of ["src", "href", "srcset", "action", "data"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      assert.match(element.getAttribute(attribute) ?? "", /^(#|data:)/);
    }
  }
  assert.doesNotMatch(page, /@import|url\((?!data:)|fetch\(|XMLHttpRequest|import\(/);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
});

Deno.test("the page has every section, each reachable and titled, and ids are unique", {
  permissions,
}, async () => {
  const document = await parsed();
  const titles = [...document.querySelectorAll("h2")].map((title) => title.textContent);
  assert.deepEqual(titles, [
    "Long Range Arena",
    "Accuracy against speed",
    "Language modelling",
    "Translation",
    "Efficiency",
    "Kernels",
    "Overview: classification",
    "Overview: language modelling",
    "Overview: translation",
    "Training curves",
    "Samples",
    "Score against context length",
    "Time and memory against length",
    "Environment",
  ]);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  assert.equal(new Set(ids).size, ids.length);
  const links = [...document.querySelectorAll("nav a")];
  assert.equal(links.length, titles.length);
  for (const link of links) assert.ok(ids.includes((link.getAttribute("href") ?? "").slice(1)));
  assert.equal(document.documentElement.getAttribute("lang"), "en");
  assert.equal(document.querySelectorAll("h1").length, 1);
});

Deno.test("tables have captions and headers, pictures have titles and descriptions", {
  permissions,
}, async () => {
  const document = await parsed();
  const tables = [...document.querySelectorAll(".table:not(.environment) table")];
  assert.equal(tables.length, 8);
  for (const table of tables) {
    assert.ok((table.querySelector("caption")?.textContent ?? "").length > 5);
    for (const header of table.querySelectorAll("th")) assert.ok(header.hasAttribute("scope"));
    for (const row of table.querySelectorAll("tbody tr")) {
      assert.equal(row.querySelectorAll("th").length, 1);
    }
  }
  const pictures = [...document.querySelectorAll("svg")];
  assert.equal(pictures.length, 2 + 12 + 4 + 4 + 6 + 3 + 2);
  for (const picture of pictures) {
    assert.equal(picture.getAttribute("role"), "img");
    assert.ok((picture.querySelector("title")?.textContent ?? "").length > 5);
    assert.ok((picture.querySelector("desc")?.textContent ?? "").length > 10);
    assert.ok(!/NaN|undefined/.test(picture.outerHTML));
  }
});

Deno.test("a model has one colour, defined in both themes", { permissions }, async () => {
  const { page, models } = await sample();
  const used = new Set([...page.matchAll(/var\(--(model-[\w-]+)\)/g)].map((match) => match[1]));
  assert.ok(used.size >= 5);
  for (const name of used) {
    assert.ok(page.split(`--${name}:#`).length > 3, name);
    assert.ok(models.includes(name.replace("model-", "")));
  }
});

Deno.test("without results the page shows the published figures", { permissions }, () => {
  const { page } = buildReport([], { script: "", style: "" }, "");
  assert.ok(page.includes("No results were given") && page.includes("Mega-chunk"));
});

Deno.test(
  "a figure is a PNG of twice its size, without page colours",
  { permissions },
  async () => {
    const { figures, models } = await sample();
    const svg = resolveColours(figures[0].panels[0].svg, "light", models);
    assert.ok(!svg.includes("var(") && !svg.includes("currentColor"));
    const png = await renderPng(svg);
    assert.deepEqual([...png.slice(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
    const view = new DataView(png.buffer, png.byteOffset);
    assert.equal(view.getUint32(16), 2 * Number(/ width="(\d+)"/.exec(svg)?.[1]));
  },
);

Deno.test("writeReport writes the page and every figure in two formats", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const target = { output: `${folder}/r.html`, figures: `${folder}/figures` };
    const [first, second] = await writeReport([fixtureArena([1])], target);
    assert.match(first, /wrote .*r\.html \(\d+ KiB\)/);
    const names = [...Deno.readDirSync(target.figures)].map(({ name }) => name).toSorted();
    assert.match(second, new RegExp(`wrote ${names.length} figures`));
    assert.ok(names.includes("curves-quick-listops-loss.png"));
    assert.ok(names.includes("tradeoff-paper.svg"));
    assert.deepEqual(await writeFigures(folder, [], []), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the mean curve stops where a seed has no point", () => {
  const run = (...values: number[]) => values.map((value, step) => ({ step, value }));
  assert.deepEqual(meanCurve([run(1, 2, 3), run(3, 4)]), run(2, 3));
  assert.deepEqual(meanCurve([]), []);
  const long = Array.from({ length: 1001 }, (_, i) => i);
  assert.ok(thin(long).length <= 242 && thin(long).at(-1) === 1000);
});

Deno.test("the curves of a language model are of its own score, trials left out", () => {
  const [set] = measuredSets([fixtureLanguage()]);
  const [characters, words] = curveFigures(set, { title: "quick", id: "quick" });
  assert.match(characters.panels[0].svg, /Validation bits per character/);
  assert.match(words.panels[0].svg, /Validation perplexity/);
  assert.match(words.panels[0].svg, /Mega, mean of 2 seeds/);
});

Deno.test("the curves of translation are of validation BLEU, with a thin line for each seed", () => {
  const [set] = measuredSets([fixtureTranslation()]);
  const figures = curveFigures(set, { title: "quick", id: "quick" });
  assert.deepEqual(figures.map(({ id, title }) => [id, title]), [
    ["curves-quick-numbers-en-de", "Numbers, en → de"],
    ["curves-quick-multi30k-en-de", "Multi30k, en → de"],
  ]);
  const [{ svg }, loss] = figures[0].panels;
  assert.match(svg, /Validation BLEU</);
  assert.match(loss.svg, /Training loss, nats</);
  for (const seed of [1, 2]) assert.ok(svg.includes(`Mega laplace, seed ${seed}<`));
  assert.match(svg, /Mega laplace, mean of 2 seeds</);
});

Deno.test("samples show texts by model and translations below source and reference", {
  permissions,
}, async () => {
  const document = await parsed();
  const section = document.querySelector("#samples");
  assert.ok(section !== null);
  const titles = [...section.querySelectorAll("h3")].map(({ textContent }) => textContent);
  assert.deepEqual(titles, [
    ...["Characters", "Words", "Numbers, en → de", "Multi30k, en → de"],
    ...["Characters", "Numbers, en → de"],
  ]);
  const lists = [...section.querySelectorAll("dl.samples")];
  assert.equal(lists.length, 2 + 3 + 3 + 1 + 3);
  const terms = (list: (typeof lists)[number]) =>
    [...list.querySelectorAll("dt")].map(({ textContent }) => textContent);
  assert.deepEqual(terms(lists[0]), ["Transformer", "Mega", "Mega-chunk"]);
  assert.deepEqual(terms(lists[2]), [
    ...["Source", "Reference", "Transformer", "Mega", "Mega laplace"],
  ]);
  const given = [...lists[3].querySelectorAll("dd.given")].map(({ textContent }) => textContent);
  assert.deepEqual(given, ["forty-two euros", "zweiundvierzig Euro"]);
});

Deno.test("the context figure has a line for each model, with and without carried state", () => {
  const [set] = measuredSets([fixtureLanguage()]);
  const rows = set.rows.filter(({ task }) => task.name === "words");
  const lines = contextLines(rows);
  assert.deepEqual(lines.map(({ model, carried }) => [model, carried]), [
    ...[["transformer", false], ["transformer", true], ["mega", false], ["mega", true]],
    ...[["mega-chunk", false], ["mega-chunk", true]],
  ]);
  const mega = lines[3].points;
  assert.deepEqual(mega.map(({ length }) => length), [128, 256, 512, 1024]);
  // Invented: 95 at the two seeds' 1.004 and 1.008, 3 % less for every doubling, 5 % for the state.
  mega.forEach(({ value }, i) =>
    assert.ok(Math.abs(value - 95 * 1.006 * (1 - 0.05 - 0.03 * (i - 1))) < 1e-9)
  );
  const figure = contextFigure(set, { title: "quick", id: "quick" });
  assert.deepEqual(figure?.panels.map(({ id }) => id), ["characters", "words"]);
  assert.match(figure?.panels[1].svg ?? "", /Mega, carried, 1024 tokens: 85\.06/);
  assert.equal(contextFigure(measuredSets([fixtureArena([1])])[0], { title: "q", id: "q" }), null);
});

Deno.test("the levels of a logarithmic axis enclose its values", () => {
  assert.deepEqual(roundLevels(9.75, 418), [5, 10, 20, 50, 100, 200, 500]);
  assert.deepEqual(roundLevels(0.2, 0.2), [0.2]);
});

Deno.test("the published plane holds the models of Table 2 that have a speed", () => {
  const points = publishedTradeoff();
  assert.equal(points.length, 9);
  assert.deepEqual(points.find(({ model }) => model === "mega"), {
    model: "mega",
    label: "Mega",
    speed: 2.9,
    accuracy: 88.21,
    memory: 0.31,
  });
});
