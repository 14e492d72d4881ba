import assert from "node:assert/strict";
import { cleanLine, cleanLines } from "./clean_text.ts";

/** Characters that must reach no output, by name. */
const hostile: readonly [string, string][] = [
  ["an escape sequence", "a\x1b[31mb"],
  ["a title of the terminal", "a\x1b]0;owned\x07b"],
  ["the eight-bit escape", "a\u009b31mb"],
  ["a carriage return", "a\rb"],
  ["a backspace", "a\bb"],
  ["NUL", "a\0b"],
  ["DEL", "a\x7fb"],
  ["a right-to-left override", "a\u202eb"],
  ["an isolate", "a\u2066b\u2069"],
  ["a right-to-left mark", "a\u200fb"],
  ["a zero-width space", "a\u200bb"],
  ["a byte order mark", "\ufeffab"],
  ["an invisible tag", "a\u{e0041}b"],
  ["half of a pair", "a\ud800b"],
  ["a line separator", "a\u2028b"],
];

Deno.test("no control, format or broken character passes", () => {
  for (const [what, text] of hostile) {
    for (const clean of [cleanLine(text), cleanLines(text)]) {
      assert.doesNotMatch(clean.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u, what);
      assert.ok(clean.isWellFormed() && clean.includes("a") && clean.includes("b"), what);
    }
  }
});

Deno.test("a line stays one line, and lines stay lines", () => {
  assert.equal(cleanLine("a\tb\r\nc\nd"), "a b c d");
  assert.equal(cleanLines("a\tb\r\nc\nd\re"), "a b\nc\nd\ne");
});

Deno.test("ordinary text of any language stays as it is", () => {
  const text = "± 3 × “Größe” 数 نمی\u200cخواهم 👩\u200d🔬 é";
  assert.equal(cleanLine(text), text);
});
