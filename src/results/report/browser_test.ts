import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { buildReport } from "./build_report.ts";
import { bundlePage } from "./bundle_page.ts";
import { fontFaces } from "./fonts.ts";
import { fixtureArena, fixtureEfficiency } from "./report_fixture.ts";

const candidates = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Starts a browser without windows, network or profile; undefined where there is none. */
async function dumpDom(page: string, profile: string): Promise<string | undefined> {
  const args = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    `--user-data-dir=${profile}`,
    "--virtual-time-budget=2000",
    "--dump-dom",
    pathToFileURL(page).href,
  ];
  for (const program of candidates) {
    try {
      const { stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
      return new TextDecoder().decode(stdout);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** Uses the page as a reader would and leaves what it saw in the title. */
const probe = `<script>
const seen = { errors: [] };
addEventListener("error", (event) => seen.errors.push(event.message));
addEventListener("load", async () => {
  await document.fonts.ready;
  const root = document.documentElement;
  const background = () => getComputedStyle(root).backgroundColor;
  seen.fonts = [...document.fonts].filter((font) => font.status === "loaded").length;
  seen.before = background();
  document.querySelector("#theme").click();
  seen.after = background();
  const button = document.querySelector("#legend button[data-series=mega]");
  button.click();
  seen.faded = document.querySelectorAll(".plot .faded.series-s4").length;
  seen.kept = document.querySelectorAll(".plot .faded.series-mega").length;
  button.click();
  seen.restored = document.querySelectorAll(".plot .faded").length;
  const mark = document.querySelector(".plot .series [aria-label]");
  mark.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: 50, clientY: 50 }));
  const tooltip = document.querySelector(".tooltip");
  seen.tooltip = tooltip.hidden ? "" : tooltip.textContent;
  seen.overflow = root.scrollWidth - innerWidth;
  seen.requests = performance.getEntriesByType("resource").map(({ name }) => name)
    .filter((name) => !name.startsWith("data:"));
  document.title = JSON.stringify(seen);
});
</script>`;

Deno.test("a browser shows the page from disk, switches its theme and emphasises models", async () => {
  const { state } = await Deno.permissions.query({ name: "run" });
  if (state !== "granted") return console.log("skipped: no permission to start a browser");
  const folder = await Deno.makeTempDir();
  try {
    const results = [fixtureArena(), fixtureEfficiency()];
    const { page } = buildReport(results, await bundlePage(), fontFaces());
    await Deno.writeTextFile(`${folder}/r.html`, page.replace("</body>", `${probe}</body>`));
    const dom = await dumpDom(`${folder}/r.html`, `${folder}/profile`);
    if (dom === undefined) return console.log(`skipped: none of ${candidates.join(", ")} found`);
    const title = /<title>(\{.*?\})<\/title>/.exec(dom)?.[1];
    assert.ok(title !== undefined, "the probe did not finish");
    const seen = JSON.parse(title.replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.requests, []);
    assert.ok(seen.fonts >= 2, `${seen.fonts} fonts`);
    assert.notEqual(seen.before, seen.after);
    assert.ok(seen.faded > 0);
    assert.equal(seen.kept, 0);
    assert.equal(seen.restored, 0);
    assert.match(seen.tooltip, /Transformer/);
    assert.ok(seen.overflow <= 0, `the page is ${seen.overflow} pixels too wide`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
