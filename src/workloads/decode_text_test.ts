import assert from "node:assert/strict";
import type { TokenUnit } from "../data/lm/corpus.ts";
import { Dictionary } from "../data/lm/dictionary.ts";
import { BOS_ID, EOS_ID, PAD_ID, UNK_ID } from "../data/vocabulary.ts";
import { decodeText, fillerIds } from "./decode_text.ts";

function dictionaryOf(symbols: readonly string[]): Dictionary {
  return Dictionary.fromCounts(new Map(symbols.map((symbol) => [symbol, 1])));
}

/** What comes of each token. */
function parts(dictionary: Dictionary, unit: TokenUnit, tokens: readonly number[]): string[] {
  return tokens.map(decodeText(dictionary, unit));
}

Deno.test("words have spaces between them and </s> ends a line", () => {
  const dictionary = dictionaryOf(["the", "king"]);
  const [the, king] = ["the", "king"].map((word) => dictionary.id(word));
  assert.deepEqual(
    parts(dictionary, "word", [the, king, EOS_ID, EOS_ID, king, the, UNK_ID]),
    ["the", " king", "\n", "\n", "king", " the", " <unk>"],
  );
});

Deno.test("characters stand side by side", () => {
  const dictionary = dictionaryOf(["a", " ", "é", "😀"]);
  const ids = ["a", " ", "😀", "é"].map((symbol) => dictionary.id(symbol));
  assert.deepEqual(parts(dictionary, "character", [...ids, EOS_ID]), ["a", " ", "😀", "é", "\n"]);
});

Deno.test("bytes become characters when they are complete", () => {
  const bytes = [...new TextEncoder().encode("a€")];
  const dictionary = dictionaryOf([...bytes, 0xff].map(String));
  const ids = bytes.map((byte) => dictionary.id(String(byte)));
  assert.deepEqual(parts(dictionary, "byte", [...ids, EOS_ID]), ["a", "", "", "€", "\n"]);
  const broken = [dictionary.id("255"), dictionary.id("97")];
  assert.equal(parts(dictionary, "byte", broken).join(""), "\ufffda");
});

Deno.test("tokens continue the text before them", () => {
  const words = dictionaryOf(["the", "king"]);
  const [the, king] = ["the", "king"].map((word) => words.id(word));
  assert.equal(decodeText(words, "word", [the])(king), " king");
  assert.equal(decodeText(words, "word", [the, EOS_ID])(king), "king");
  const [first, ...rest] = new TextEncoder().encode("€");
  const bytes = dictionaryOf([first, ...rest].map(String));
  const ids = [first, ...rest].map((byte) => bytes.id(String(byte)));
  const decode = decodeText(bytes, "byte", ids.slice(0, 1));
  assert.equal(ids.slice(1).map(decode).join(""), "€");
});

Deno.test("a byte that the dictionary lacks is no character", () => {
  const bytes = dictionaryOf(["97"]);
  assert.deepEqual(parts(bytes, "byte", [UNK_ID, bytes.id("97")]), ["<unk>", "a"]);
});

Deno.test("symbols that stand for nothing leave no trace", () => {
  const dictionary = dictionaryOf(["the", "king"]);
  const the = dictionary.id("the");
  assert.deepEqual(
    parts(dictionary, "word", [BOS_ID, the, PAD_ID, the]),
    ["", "the", "", " the"],
  );
});

Deno.test("fillers of the dictionary are known by their count", () => {
  const dictionary = dictionaryOf(["a", "b"]);
  assert.equal(dictionary.size, 8);
  assert.deepEqual(fillerIds(dictionary), [6, 7]);
  assert.deepEqual(fillerIds(Dictionary.parse(dictionary.lines())), [6, 7]);
});
