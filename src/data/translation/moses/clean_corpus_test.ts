import assert from "node:assert/strict";
import { UserError } from "../../../errors.ts";
import { type CleaningOptions, CorpusCleaner } from "./clean_corpus.ts";

/** Both sides of a pair of a corpus of one pair, joined, or undefined. */
function clean(source: string, target: string, options: Partial<CleaningOptions> = {}) {
  const cleaner = new CorpusCleaner({ min: 1, max: 5, ...options });
  const pair = cleaner.clean(source, target);
  return pair && `${pair.source} / ${pair.target}`;
}

Deno.test("cleaning: white space of every kind becomes one space and goes at the ends", () => {
  assert.equal(clean(" a\t \u00a0b ", "\u2009c\u0085d"), "a b / c d");
  assert.equal(clean("\ufeffa\x01", "b"), "\ufeffa\x01 / b");
});

Deno.test("cleaning: empty sides are dropped", () => {
  assert.equal(clean("", "a"), undefined);
  assert.equal(clean("a", " \u00a0"), undefined);
});

Deno.test("cleaning: both bounds on words are kept", () => {
  assert.equal(clean("a b", "a b c", { min: 2, max: 3 }), "a b / a b c");
  for (
    const [source, target] of [["a", "b c"], ["a b", "c"], ["a b c d", "a b"], ["a b", "a b c d"]]
  ) {
    assert.equal(clean(source, target, { min: 2, max: 3 }), undefined);
  }
});

Deno.test("cleaning: the ratio itself is kept, more only when ratios do not matter", () => {
  assert.equal(clean("a b c", "d e", { ratio: 1.5 }), "a b c / d e");
  assert.equal(clean("a b", "c d e", { ratio: 1.5 }), "a b / c d e");
  assert.equal(clean("a b c d", "e f", { ratio: 1.5 }), undefined);
  assert.equal(clean("a b", "c d e f", { ratio: 1.5 }), undefined);
  assert.equal(clean("a b", "c d e f", { ratio: 1.5, ignoreRatio: true }), "a b / c d e f");
  const ten = "x x x x x x x x x x";
  assert.equal(clean("a", ten, { max: 10 }), undefined);
  assert.equal(clean("a", ten.slice(2), { max: 10 }), "a / x x x x x x x x x");
});

Deno.test("cleaning: words are measured in characters", () => {
  assert.equal(clean("😀😀😀", "abc", { maxWordLength: 3 }), "😀😀😀 / abc");
  assert.equal(clean("😀😀😀😀", "abc", { maxWordLength: 3 }), undefined);
  assert.equal(clean("abc", "a bcde", { maxWordLength: 3 }), undefined);
  assert.equal(clean("x".repeat(1000), "y"), `${"x".repeat(1000)} / y`);
  assert.equal(clean("x".repeat(1001), "y"), undefined);
});

Deno.test("cleaning: bars are deleted before words are counted", () => {
  const cleaner = new CorpusCleaner({ min: 2, max: 5 });
  assert.deepEqual(cleaner.clean("a b", "c d"), { source: "a b", target: "c d" });
  assert.deepEqual(cleaner.clean("a | b|", "c d"), { source: "a b", target: "c d" });
  assert.equal(cleaner.clean("a |", "c d"), undefined);
});

Deno.test("cleaning: a bar in the first pair makes them separate factors", () => {
  const cleaner = new CorpusCleaner({ min: 1, max: 5, maxWordLength: 3 });
  assert.deepEqual(cleaner.clean("a", "c|d"), { source: "a", target: "c|d" });
  assert.deepEqual(cleaner.clean("abc|def", "x"), { source: "abc|def", target: "x" });
  assert.equal(cleaner.clean("abcdef", "x"), undefined);
  assert.throws(
    () => cleaner.clean("a |b", "x"),
    (error) => error instanceof UserError && /^sentence pair 4: a bar without/.test(error.message),
  );
});

Deno.test("cleaning: lower case knows no final sigma and nothing after Unicode 14", () => {
  const options = { lowercase: true };
  assert.equal(clean("ÄRGER İ", "ΣΑΣ ẞ", options), "ärger i\u0307 / σασ ß");
  assert.equal(clean("A\ua7dcΣ B", "\u1c89Ä", options), "a\ua7dcσ b / \u1c89ä");
});
