import assert from "node:assert/strict";
import { PhiloxStream } from "../../../util/philox.ts";
import { joinPieces } from "../../lm/dictionary.ts";
import { BpeCodes } from "./codes.ts";
import { BpeEncoder } from "./encoder.ts";
import { learnBpe } from "./learn.ts";

const ONSETS = ["", ..."bdfghklmnprstvwz", "sch", "st", "br", "th", "ch", "qu"];
const VOWELS = [..."aeiouäöü", "ei", "ie", "ou", "ea"];
const CODAS = ["", "", "", ..."nrstlm", "ng", "nd", "ch"];

/** Words of one to six syllables, frequent ones short, with counts that fall as 1 / rank. */
function inventedWords(distinct: number): Map<string, number> {
  const random = new PhiloxStream(1, 0);
  const pick = (list: readonly string[]) =>
    list[Math.min(random.uniformInt(list.length), random.uniformInt(list.length))];
  const counts = new Map<string, number>();
  while (counts.size < distinct) {
    const syllables = 1 +
      random.uniformInt(Math.min(6, 1 + Math.ceil(Math.log10(counts.size + 1))));
    let word = "";
    for (let i = 0; i < syllables; i++) word += pick(ONSETS) + pick(VOWELS) + pick(CODAS);
    if (!counts.has(word)) counts.set(word, 1 + Math.floor(1e7 / (counts.size + 10)));
  }
  return counts;
}

Deno.test("merges of a large text are learned in seconds", () => {
  const counts = inventedWords(400_000);
  const learned = new Map<number, string[]>();
  for (const symbols of [8000, 32_000]) {
    const start = performance.now();
    const codes = learnBpe(counts, { symbols });
    const seconds = (performance.now() - start) / 1000;
    console.log(`${symbols} merges from ${counts.size} words: ${seconds.toFixed(1)} s`);
    learned.set(symbols, codes);
    assert.equal(codes.length, symbols + 1);
    // Some seconds; a recount for each merge would take hours.
    assert.ok(seconds < 120);
  }
  const codes = learned.get(32_000) ?? [];
  assert.deepEqual(codes.slice(0, 8001), learned.get(8000));

  const encoder = new BpeEncoder(BpeCodes.parse(codes));
  const [frequent] = counts.keys();
  assert.equal(encoder.encode(frequent), frequent);
  const start = performance.now();
  let pieces = 0;
  for (const word of counts.keys()) {
    const line = encoder.encode(word);
    pieces += line.split(" ").length;
    if (joinPieces(line, "@@ ") !== word) assert.fail(word);
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`${counts.size} words in ${pieces} pieces: ${seconds.toFixed(1)} s`);
  assert.ok(pieces < 4 * counts.size);
});
