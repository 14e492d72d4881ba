import assert from "node:assert/strict";
import { PhiloxStream } from "../../../util/philox.ts";
import { compareCodePoints } from "../../lm/words.ts";
import { learnBpe } from "./learn.ts";
import { countWords } from "./word_counts.ts";

/** Counts all pairs anew before each merge. */
function learnByRecounting(
  counts: ReadonlyMap<string, number>,
  most: number,
  least: number,
): string[] {
  const words = [...counts].map(([word, count]) => {
    const symbols = [...word];
    symbols[symbols.length - 1] += "</w>";
    return { symbols, count };
  });
  const codes = ["#version: 0.2"];
  while (codes.length <= most) {
    const pairs = new Map<string, number>();
    for (const { symbols, count } of words) {
      for (let i = 1; i < symbols.length; i++) {
        const pair = `${symbols[i - 1]} ${symbols[i]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    const [best] = [...pairs].sort(([a, m], [b, n]) => {
      const [[l, r], [x, y]] = [a.split(" "), b.split(" ")];
      return n - m || compareCodePoints(x, l) || compareCodePoints(y, r);
    });
    if (best === undefined || best[1] < least) break;
    const [left, right] = best[0].split(" ");
    codes.push(best[0]);
    for (const word of words) {
      const old = word.symbols;
      const symbols: string[] = [];
      for (let i = 0; i < old.length; i++) {
        const found = old[i] === left && old[i + 1] === right;
        symbols.push(found ? left + right : old[i]);
        if (found) i++;
      }
      word.symbols = symbols;
    }
  }
  return codes;
}

function randomCounts(seed: number, alphabet: readonly string[]): Map<string, number> {
  const random = new PhiloxStream(seed, 0);
  const words = Array.from({ length: 5 + random.uniformInt(40) }, () => {
    const length = 1 + random.uniformInt(12);
    const word = Array.from({ length }, () => alphabet[random.uniformInt(alphabet.length)]);
    return [word.join(""), 1 + random.uniformInt(3)] as const;
  });
  return new Map(words);
}

for (
  const [name, alphabet] of [
    ["one letter", ["a"]],
    ["two letters", ["a", "b"]],
    ["three letters", ["a", "b", "c"]],
    ["characters beyond U+FFFF", ["\uffee", "😀", "😁", "z"]],
    ["letters of the mark of a word's end", ["<", "/", "w", ">"]],
    ["words with their ends in them", ["a", "</w>", "a</w>", "b"]],
  ] as const
) {
  Deno.test(`merges are those of a recount, ties included: ${name}`, () => {
    for (let seed = 0; seed < 60; seed++) {
      const counts = randomCounts(seed, alphabet);
      for (const minFrequency of [1, 2, 5]) {
        const expected = learnByRecounting(counts, 200, minFrequency);
        assert.deepEqual(learnBpe(counts, { symbols: 200, minFrequency }), expected, `${seed}`);
      }
    }
  });
}

Deno.test("learning stops at the number of merges and at the least frequency", () => {
  const counts = countWords(["abc abc abd", "  xy\r\n", "a \u00a0 a\tb"]);
  assert.deepEqual([...counts], [
    ["abc", 2],
    ["abd", 1],
    ["xy", 1],
    ["a", 1],
    ["\u00a0", 1],
    ["a\tb", 1],
  ]);
  assert.deepEqual(learnBpe(counts, { symbols: 1 }), ["#version: 0.2", "a b"]);
  assert.deepEqual(learnBpe(counts, { symbols: 9 }), ["#version: 0.2", "a b", "ab c</w>"]);
  assert.deepEqual(learnBpe(counts, { symbols: 0 }), ["#version: 0.2"]);
  assert.deepEqual(learnBpe(new Map(), { symbols: 5 }), ["#version: 0.2"]);
  assert.throws(() => learnBpe(counts, { symbols: -1 }), RangeError);
  assert.throws(() => learnBpe(counts, { symbols: 1, minFrequency: 0 }), RangeError);
});
