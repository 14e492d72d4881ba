import assert from "node:assert/strict";
import { ALNUM, ALPHA, CURRENCY, LATER, LOWER, NUMBER, SPACE } from "./unicode14.ts";

/** How many code points are in a class. */
function count(source: string): number {
  const pattern = new RegExp(`[${source}]`, "v");
  let members = 0;
  for (let point = 0; point <= 0x10ffff; point++) {
    if (pattern.test(String.fromCodePoint(point))) members++;
  }
  return members;
}

const has = (source: string, character: string) => new RegExp(`^[${source}]$`, "v").test(character);

Deno.test("exactly what Unicode 14 assigns is assigned, whatever the runtime knows", () => {
  // 144697 graphic and format characters, control characters, private use, surrogates.
  assert.equal(count(`\\P{Cn}--${LATER}`), 144_697 + 65 + 137_468 + 2048);
});

// Counted with Perl 5.36.
for (
  const [name, source, members] of [
    ["ALPHA", ALPHA, 133_396],
    ["ALNUM", ALNUM, 134_056],
    ["NUMBER", NUMBER, 1791],
    ["LOWER", LOWER, 2471],
    ["CURRENCY", CURRENCY, 63],
    ["SPACE", SPACE, 25],
  ] as const
) {
  Deno.test(`${name} has as many members as in Unicode 14`, () => {
    assert.equal(count(source), members);
  });
}

Deno.test("later characters and later properties are left out", () => {
  assert.ok(has(LATER, "\u{1fae8}") && has(LATER, "\u{31350}") && has(LATER, "\u20c1"));
  assert.ok(!has(LATER, "😀") && !has(LATER, "ß"));
  assert.ok(!has(ALPHA, "\u{31350}") && has(ALPHA, "\u{30000}"));
  assert.ok(!has(ALPHA, "\u0363") && has(ALPHA, "\u0345"));
  assert.ok(!has(LOWER, "\u10fc") && has(LOWER, "ª"));
  assert.ok(!has(CURRENCY, "\u20c1") && has(CURRENCY, "\u20c0"));
});

Deno.test("numbers are more than digits, and white space is not JavaScript's", () => {
  assert.ok(has(NUMBER, "½") && !has(ALNUM, "½") && has(NUMBER, "Ⅷ") && has(ALNUM, "Ⅷ"));
  assert.ok(has(SPACE, "\u0085") && !has(SPACE, "\ufeff") && !has(SPACE, "\u001c"));
});
