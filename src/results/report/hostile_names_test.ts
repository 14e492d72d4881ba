/** Results come from anywhere: whatever names they hold, pages and files of figures stay sound. */
import assert from "node:assert/strict";
// deno-lint-ignore no-import-prefix
import { parseHTML } from "npm:linkedom@0.18.15";
import { FileNames } from "../../util/file_name.ts";
import { fixtureResult, fixtureRow } from "../result_fixture.ts";
import { measuredSets } from "../tables/measured_set.ts";
import { buildReport } from "./build_report.ts";
import { curveFigures } from "./curves_figure.ts";
import { nameFigures } from "./figure.ts";
import { renderPng, writeFigures } from "./figure_files.ts";
import { html } from "./html.ts";
import { resolveColours } from "./palette.ts";

Deno.test("interpolated text is no markup", () => {
  assert.equal(html`<b title="${'"'}">${"<&"}</b>`.text, '<b title="&#34;">&#60;&#38;</b>');
});

/** Names that a result file may hold and that mean something to a page, a file system or a shell. */
const hostileNames = [
  "../../../evil",
  "..\\..\\evil",
  "/etc/evil",
  "con",
  "CON",
  "constructor",
  "__proto__",
  "toString",
  '" onload=alert(1) x="',
  "'; alert(1)//",
  "</script><script>alert(2)</script>",
  "<img src=x onerror=alert(1)>",
  "]]><!--",
  "esc\x1b[31m\x1b]0;t\x07",
  "bidi\u202e\u2066",
  "nul\0\u009b\ufffe",
  "задача",
  "другая",
  "x".repeat(400),
];

function hostileResults() {
  const rows = hostileNames.map((name) => {
    const row = { ...fixtureRow({ task: name, model: name }), sample: name, warnings: [name] };
    row.metrics[0].name = name;
    row.score.name = name;
    return row;
  });
  const arena = fixtureResult(rows);
  arena.overrides = Object.fromEntries(hostileNames.map((name) => [name, name]));
  arena.environment.adapter.description = hostileNames.join();
  return [arena, ...hostileNames.slice(0, 12).map((suite) => ({ ...arena, suite }))];
}

Deno.test("nothing that a result names can run in the page or break its structure", () => {
  const { page } = buildReport(hostileResults(), { script: "", style: "" }, "");
  const { document } = parseHTML(page);
  assert.equal(document.querySelectorAll("script").length, 1);
  assert.equal(document.querySelectorAll("img, iframe, object, embed, base, form").length, 0);
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      assert.doesNotMatch(name, /^on|[^\w:-]/i);
      assert.doesNotMatch(value, /^\s*javascript:/i);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[A-Za-z][\w.-]*$/);
  assert.doesNotMatch(page.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Cs}]/u);
});

Deno.test("figures stay in their folder under names that differ, whatever their ids are", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const figures = `${folder}/a/b/figures`;
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';
    const written = await writeFigures(
      figures,
      hostileNames.map((id) => ({ id, title: "", caption: "", panels: [{ id: "", svg }] })),
      [],
    );
    const names = [...Deno.readDirSync(figures)].map(({ name }) => name);
    assert.deepEqual(names.toSorted(), written.toSorted());
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a"]);
    assert.equal(
      new Set(names.map((name) => name.toLowerCase())).size,
      2 * hostileNames.length,
    );
    for (const name of names) assert.match(name, /^\w[\w.-]*\.(?:svg|png)$/);
    for (const name of names) assert.doesNotMatch(name, /^(?:con|nul)\./i);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a figure is valid XML whatever tasks and models are called", async () => {
  const name = hostileNames.join();
  const [set] = measuredSets([fixtureResult([fixtureRow({ task: name, model: name })])]);
  const [figure] = nameFigures(
    curveFigures(set, { title: name, id: name }),
    new FileNames(),
  );
  assert.match(figure.id, /^curves-[\w.-]+$/);
  for (const { svg } of figure.panels) {
    const png = await renderPng(resolveColours(svg, "light", [name]));
    assert.ok(png.length > 1000);
  }
});
