import assert from "node:assert/strict";
import { cssName, modelStyle, resolveColours, type ThemeName, themes } from "./palette.ts";

/** Contrast ratio of two colours (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const value = parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const models = [
  ...["mega", "mega-chunk", "transformer", "transformer-unfused", "s4", "s4d-legs", "s4d-lin"],
  ...["s4d-inv", "other", "another", "one-more", "yet-one", "m5"],
];

Deno.test("model names and text are legible on the page in both themes (4.5:1)", () => {
  for (const theme of ["light", "dark"] satisfies ThemeName[]) {
    const { page, mark, ink, quiet, link, warning } = themes[theme];
    const texts = { ink, quiet, link, warning };
    for (const [name, colour] of Object.entries(texts)) {
      assert.ok(contrast(colour, page) >= 4.5, `${theme} ${name} ${contrast(colour, page)}`);
      assert.ok(contrast(colour, mark) >= 4.5, `${theme} ${name} on mark`);
    }
    for (const model of models) {
      const ratio = contrast(modelStyle(model)[theme], page);
      assert.ok(ratio >= 4.5, `${theme} ${model} ${ratio.toFixed(2)}`);
    }
  }
});

Deno.test("the models of the paper differ in colour and symbol", () => {
  const own = models.slice(0, 8).map(modelStyle);
  assert.equal(new Set(own.map(({ light }) => light)).size, 8);
  assert.equal(new Set(own.map(({ dark }) => dark)).size, 8);
  assert.ok(new Set(own.map(({ symbol }) => symbol)).size >= 7);
});

Deno.test("names of models give colours and identifiers of their own, whatever they are", () => {
  const odd = ["a b", "a-b", "a_20_b", "модель", "другая", "constructor", "__proto__", "}", ""];
  for (const model of odd) {
    assert.match(cssName(model), /^[\w-]*$/);
    assert.match(modelStyle(model).light, /^#[0-9a-f]{6}$/);
  }
  assert.equal(new Set(odd.map(cssName)).size, odd.length);
});

Deno.test("resolveColours leaves no custom property of the page in a figure", () => {
  const svg = '<a fill="var(--model-s4)" stroke="var(--grid)" color="currentColor"/>';
  assert.equal(
    resolveColours(svg, "dark", ["s4"]),
    `<a fill="${modelStyle("s4").dark}" stroke="${themes.dark.grid}" color="${themes.dark.ink}"/>`,
  );
  assert.equal(cssName("a b.c"), "a_20_b_2e_c");
});
