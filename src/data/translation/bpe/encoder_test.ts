import assert from "node:assert/strict";
import { joinPieces } from "../../lm/dictionary.ts";
import { BpeCodes } from "./codes.ts";
import { BpeEncoder } from "./encoder.ts";
import { learnBpe } from "./learn.ts";
import { parsePieceVocabulary } from "./piece_vocabulary.ts";
import { countWords } from "./word_counts.ts";

const codesOf = (...merges: string[]) => BpeCodes.parse(["#version: 0.2", ...merges]);

Deno.test("the merge that was learned first is applied first, everywhere in the word", () => {
  const encoder = new BpeEncoder(codesOf("b c", "a b", "bc d</w>"));
  assert.equal(encoder.encode("abcabcd"), "a@@ bc@@ a@@ bcd");
  assert.equal(encoder.encode("abxab"), "ab@@ x@@ a@@ b");
});

Deno.test("overlapping pairs are merged from the left", () => {
  const encoder = new BpeEncoder(codesOf("a a", "a a</w>"));
  assert.equal(encoder.encode("aaaa"), "aa@@ aa");
  assert.equal(encoder.encode("aaaaa"), "aa@@ aa@@ a");
});

Deno.test("only plain spaces separate words, and those around a line stay", () => {
  const encoder = new BpeEncoder(codesOf("a b</w>"));
  assert.equal(encoder.encode("  ab   a\tb \u00a0\r\n"), "  ab a@@ \t@@ b \u00a0\r\n");
  assert.equal(encoder.encode("   "), "   ");
  assert.equal(encoder.encode(""), "");
  assert.equal(encoder.encode("😀 😀😁"), "😀 😀@@ 😁");
});

Deno.test("pieces outside the vocabulary are split as they were merged", () => {
  const codes = codesOf("a b", "c d</w>", "ab cd</w>", "x y", "xy ab");
  const encode = (pieces: string[], word: string) =>
    new BpeEncoder(codes, { vocabulary: new Set(pieces) }).encode(word);
  assert.equal(encode([], "abcd"), "abcd");
  assert.equal(encode(["abcd"], "abcd"), "abcd");
  assert.equal(encode(["ab@@", "cd"], "abcd"), "ab@@ cd");
  assert.equal(encode(["a@@", "b@@", "cd"], "abcd"), "a@@ b@@ cd");
  assert.equal(encode(["abcd@@", "ab"], "abcd"), "a@@ b@@ c@@ d");
  assert.equal(encode(["z"], "xyabq"), "x@@ y@@ a@@ b@@ q");
  assert.equal(encode(["z"], "q"), "q");
});

Deno.test("of several merges to one piece the one learned first is undone", () => {
  const codes = codesOf("b c</w>", "a b", "ab c</w>", "a bc</w>");
  const encoder = new BpeEncoder(codes, { vocabulary: new Set(["c"]) });
  assert.deepEqual(codes.parts("abc</w>"), ["ab", "c</w>"]);
  assert.equal(encoder.encode("abc"), "a@@ b@@ c");
});

Deno.test("a vocabulary file gives the pieces that are frequent enough", () => {
  const lines = ["the 20", "ab@@ 10", "c 9\r"];
  assert.deepEqual([...parsePieceVocabulary(lines, { threshold: 10 })], ["the", "ab@@"]);
  assert.deepEqual([...parsePieceVocabulary(lines)], ["the", "ab@@", "c"]);
  for (const line of ["", "the", "the 1 2", "the many"]) {
    assert.throws(() => parsePieceVocabulary(["a 1", line], { where: "v.txt" }), {
      name: "UserError",
      message: "v.txt:2: expected a piece, a space and a count",
    });
  }
});

Deno.test("pieces are those of whole words however many words came before", () => {
  const text = Array.from({ length: 400 }, (_, i) => `w${i * i % 97} v${i * 7919 % 101}`);
  const codes = BpeCodes.parse(learnBpe(countWords(text), { symbols: 80 }));
  const small = new BpeEncoder(codes, { cacheSize: 3 });
  for (const line of text) {
    const pieces = new BpeEncoder(codes).encode(line);
    assert.equal(small.encode(line), pieces);
    assert.equal(joinPieces(pieces, "@@ "), line);
  }
});
