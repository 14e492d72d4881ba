import { FileNames } from "../../util/file_name.ts";
import { displayName } from "../display_names.ts";
import type { Result } from "../schema.ts";
import { buildTables } from "../tables/build_tables.ts";
import {
  inModelOrder,
  machineName,
  type MeasuredSet,
  measuredSets,
  setPlace,
} from "../tables/measured_set.ts";
import { setNames } from "../tables/set_names.ts";
import type { PageBundle } from "./bundle_page.ts";
import { contextFigure } from "./context_figure.ts";
import { curveFigures } from "./curves_figure.ts";
import { environmentHtml } from "./environment_html.ts";
import { type Figure, nameFigures } from "./figure.ts";
import { escapeHtml, Html, html } from "./html.ts";
import { cssName, modelColour, themeDeclarations } from "./palette.ts";
import { samplesHtml } from "./samples_html.ts";
import { scalingFigure } from "./scaling_figure.ts";
import { tableHtml } from "./table_html.ts";
import { tradeoffFigures, tradeoffModels } from "./tradeoff_figure.ts";

/** Anchors that every page has. */
const fixedAnchors = [
  "tradeoff",
  "curves",
  "samples",
  "context",
  "scaling",
  "environment",
  "legend",
  "theme",
];

/** A report: the page, and its figures for files of their own. */
export interface Report {
  page: string;
  figures: Figure[];
  /** Models that figures refer to. */
  models: string[];
}

interface Section {
  id: string;
  title: string;
  /** Name in the navigation. */
  short: string;
  intro: string;
  body: Html;
}

/**
 * Builds the page from results: tables, accuracy against speed, training curves, samples, score
 * against context length, cost against length, environment. Everything is inside the page; it asks
 * the network for nothing.
 *
 * @param fontCss Font declarations; see `fontFaces`.
 */
export function buildReport(
  results: readonly Result[],
  bundle: PageBundle,
  fontCss: string,
): Report {
  const sets = measuredSets(results);
  const measured = inModelOrder(sets.flatMap(({ rows }) => rows.map(({ model }) => model.name)));
  const models = [...new Set([...measured, ...tradeoffModels()])];
  const anchors = new FileNames();
  for (const id of fixedAnchors) anchors.take(id);
  const tradeoff = nameFigures(tradeoffFigures(sets), anchors);
  const names = [...setNames(sets)];
  const scaling = nameFigures(
    names.filter(([{ suite }]) => suite === "efficiency").flatMap(([set, name]) =>
      scalingFigure(set, name) ?? []
    ),
    anchors,
  );
  const contexts = nameFigures(
    names.flatMap(([set, name]) => contextFigure(set, name) ?? []),
    anchors,
  );
  const trained = names.filter(([{ suite, rows }]) =>
    suite !== "efficiency" && rows.some(({ curve }) => curve.length > 1)
  );
  const curves = trained.map(([set, name]) => ({
    set,
    figures: nameFigures(curveFigures(set, name), anchors),
  }));
  const tables = buildTables(results, { others: ["s4-family"] });
  const sections: Section[] = tables.map(({ suite, title, table }, i) => ({
    id: anchors.take(`table-${suite}-${i}`),
    title,
    short: title,
    intro: ["lra", "lm", "translation"].includes(suite)
      ? "Published figures, figures of others and our own measurements are kept apart, and so are " +
        "our profiles: what was trained smaller or shorter is comparable within its own rows only."
      : "",
    body: tableHtml(table, anchors.take(`rows-${suite}-${i}`)),
  }));
  sections.splice(1, 0, {
    id: "tradeoff",
    title: "Accuracy against speed",
    short: "Speed",
    intro: "The further up and to the right, the better.",
    body: html`<div class="grid">${tradeoff.map(figureHtml)}</div>`,
  });
  if (curves.length > 0) {
    sections.push({
      id: "curves",
      title: "Training curves",
      short: "Curves",
      intro: "Choose models above to tell them apart.",
      body: html`${curves.map(({ set, figures }) => curvesHtml(set, figures))}`,
    });
  }
  const written = samplesHtml(names.map(([set]) => set));
  if (written.text !== "") {
    sections.push({
      id: "samples",
      title: "Samples",
      short: "Samples",
      intro: "What the trained models of the first seed wrote, as it came; trials are left out.",
      body: written,
    });
  }
  if (contexts.length > 0) {
    sections.push({
      id: "context",
      title: "Score against context length",
      short: "Context",
      intro: "",
      body: html`${contexts.map(figureHtml)}`,
    });
  }
  if (scaling.length > 0) {
    sections.push({
      id: "scaling",
      title: "Time and memory against length",
      short: "Length",
      intro: "",
      body: html`${scaling.map(figureHtml)}`,
    });
  }
  if (results.length > 0) {
    sections.push({
      id: "environment",
      title: "Environment",
      short: "Environment",
      intro: "",
      body: environmentHtml(results),
    });
  }
  const page = pageHtml({ results, sets, measured, models, sections, bundle, fontCss });
  return {
    page,
    figures: [
      ...tradeoff,
      ...curves.flatMap(({ figures }) => figures),
      ...contexts,
      ...scaling,
    ],
    models,
  };
}

function curvesHtml(set: MeasuredSet, figures: readonly Figure[]): Html {
  const seeds = new Set(set.rows.map(({ seed }) => seed)).size;
  const lines = seeds > 1
    ? "Thin lines are seeds, thick lines their mean where all of them have a point."
    : "One seed.";
  return html`<p>${setPlace(set)}. ${lines}</p>${figures.map(figureHtml)}`;
}

function figureHtml({ id, title, caption, panels }: Figure): Html {
  const heading = title === "" ? html`` : html`<h3>${title}</h3>`;
  return html`
    <figure id="${id}">${heading}
    <div class="panels">${panels.map(({ svg }) => new Html(svg))}</div>
    ${caption === "" ? html`` : html`<figcaption>${caption}</figcaption>`}</figure>
  `;
}

interface PageParts {
  results: readonly Result[];
  sets: readonly MeasuredSet[];
  measured: readonly string[];
  models: readonly string[];
  sections: readonly Section[];
  bundle: PageBundle;
  fontCss: string;
}

function pageHtml(parts: PageParts): string {
  const { measured, models, sections, bundle, fontCss } = parts;
  const light = themeDeclarations("light", models);
  const dark = themeDeclarations("dark", models);
  const style = `${fontCss}:root{${light}}@media(prefers-color-scheme:dark){` +
    `:root:not([data-theme=light]){${dark}}}:root[data-theme=dark]{${dark}}` +
    `@media print{:root,:root[data-theme=dark]{${light}}}${bundle.style}`;
  const title = "Mega on WebGPU: benchmark report";
  const legend = measured.map((model) =>
    html`
      <button type="button" data-series="${cssName(model)}" aria-pressed="false"
        disabled><i style="background:${modelColour(model)}"></i>${displayName(model)}</button>
    `
  );
  const body = html`
    <header>
    <h1>Mega on WebGPU</h1>
    <p class="lede">Moving average equipped gated attention beside Transformers and state space models: the published figures and what this harness measured.</p>
    ${factsHtml(parts)}
    </header>
    <div class="bar">
      <div><nav aria-label="Sections">${sections.map(({ id, short }) =>
        html`<a href="#${id}">${short}</a>`
      )}</nav><button type="button" id="theme" hidden>Dark</button></div>
    </div>
    <main>
    ${sections.map(({ id, title, intro, body }) =>
      html`
        <section id="${id}" aria-labelledby="${id}-title">
        <h2 id="${id}-title">${title}</h2>
        ${intro === "" ? html`` : html`<p>${intro}</p>`}
        ${id === "tradeoff" && measured.length > 0
          ? html`<div class="legend" id="legend" role="group" aria-label="Emphasise models">${legend}</div>`
          : html``}
        ${body}</section>
      `
    )}</main>
    <footer>
      <p>Published figures: Ma et al., Mega: Moving Average Equipped Gated Attention, ICLR 2023 (arXiv:2209.10655), and the works named in the tables. Fonts: Source Sans and Source Serif, SIL Open Font License.</p>
    </footer>
  `;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:; img-src data:">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style.replaceAll("</", "<\\/")}</style>
</head>
<body>
${body.text}
<script>${bundle.script.replaceAll("</", "<\\/")}</script>
</body>
</html>
`;
}

function factsHtml({ results, sets, measured }: PageParts): Html {
  if (results.length === 0) {
    return html`<p>No results were given, so the page shows published figures only.</p>`;
  }
  const rows = sets.flatMap((set) => set.rows);
  const completed = rows.filter(({ status }) => status === "completed").length;
  const unique = (values: string[]) => [...new Set(values)].join(", ");
  const days = results.map(({ startedAt }) => startedAt.slice(0, 10)).toSorted();
  const [first, last] = [days[0], days[days.length - 1]];
  const facts: [string, string][] = [
    [
      "Runs",
      completed === rows.length ? `${rows.length}` : `${completed} of ${rows.length} completed`,
    ],
    ["Tasks", `${new Set(rows.map(({ task }) => task.name)).size}`],
    ["Models", `${measured.length}`],
    ["Profile", unique(results.map(({ profile }) => profile))],
    ["Adapter", unique(results.map(({ environment }) => machineName(environment)))],
    ["Date", first === last ? first : `${first} to ${last}`],
  ];
  return html`<dl class="facts">${
    facts.map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>`;
}
