// Not in the import map: whatever stands there is fetched before the first command of any kind.
// deno-lint-ignore no-import-prefix
import { initWasm, Resvg } from "npm:@resvg/resvg-wasm@2.6.2";
// deno-lint-ignore no-import-prefix
import wasm from "npm:@resvg/resvg-wasm@2.6.2/index_bg.wasm" with { type: "bytes" };
import { join } from "node:path";
import { writeFileAtomic } from "../../util/atomic_write.ts";
import { FileNames } from "../../util/file_name.ts";
import type { Figure } from "./figure.ts";
import { fonts } from "./fonts.ts";
import { resolveColours, themes } from "./palette.ts";
import { figureFont } from "./plot_host.ts";

let started: Promise<void> | undefined;

/** Pixels of a PNG per unit of the SVG. */
const pixelRatio = 2;

/** Renders an SVG without custom properties as PNG, with the fonts of the page. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  started ??= initWasm(wasm);
  await started;
  const renderer = new Resvg(svg, {
    background: themes.light.panel,
    fitTo: { mode: "zoom", value: pixelRatio },
    font: {
      fontBuffers: fonts.map(({ bytes }) => bytes),
      defaultFontFamily: figureFont,
      loadSystemFonts: false,
    },
  });
  try {
    return renderer.render().asPng();
  } finally {
    renderer.free();
  }
}

/**
 * Writes every panel of the figures as `ID.svg` and `ID.png` in the colours of the light theme, all
 * of them in the folder itself, whatever their ids are.
 *
 * @returns The names of the files.
 */
export async function writeFigures(
  folder: string,
  figures: readonly Figure[],
  models: readonly string[],
): Promise<string[]> {
  const names: string[] = [];
  const files = new FileNames();
  for (const { id, panels } of figures) {
    for (const panel of panels) {
      const name = files.take(panel.id === "" ? id : `${id}-${panel.id}`);
      const svg = resolveColours(panel.svg, "light", models);
      await writeFileAtomic(join(folder, `${name}.svg`), `${svg}\n`);
      await writeFileAtomic(join(folder, `${name}.png`), await renderPng(svg));
      names.push(`${name}.svg`, `${name}.png`);
    }
  }
  return names;
}
