import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { compareCodePoints, splitWords, trimSpace, trimSpaceEnd } from "./words.ts";

Deno.test("words are separated by what Python calls white space", () => {
  assert.deepEqual(splitWords("  a\tb\u00a0c\u3000d\u2028e\u0085f\u001cg\u001fh  "), [
    ..."abcdefgh",
  ]);
  assert.deepEqual(splitWords("a\ufeffb c\u200bd e\u180ef"), ["a\ufeffb", "c\u200bd", "e\u180ef"]);
  assert.deepEqual(splitWords(" \u2003\n"), []);
  assert.equal(trimSpaceEnd(" a \u0085\u001d"), " a");
  assert.equal(trimSpace("\u1680\ufeffa\u205f"), "\ufeffa");
});

Deno.test("strings are ordered by code points, not by UTF-16 units", () => {
  const sorted = ["\uffee", "😀", "z", "ä", "", "za", "𐐀", "\ue000"].sort(compareCodePoints);
  assert.deepEqual(sorted, ["", "z", "za", "ä", "\ue000", "\uffee", "𐐀", "😀"]);
  const points = (text: string) => Array.from(text, (c) => c.codePointAt(0) ?? 0);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      const [x, y] = [points(a), points(b)];
      const at = x.findIndex((point, i) => point !== y[i]);
      const expected = at < 0 ? x.length - y.length : y[at] === undefined ? 1 : x[at] - y[at];
      assert.equal(Math.sign(compareCodePoints(a, b)), Math.sign(expected));
    }),
  );
});
