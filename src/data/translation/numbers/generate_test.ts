import assert from "node:assert/strict";
import { UserError } from "../../../errors.ts";
import { SPLIT_NAMES, type SplitName } from "../../dataset.ts";
import { perSplit } from "../../packed_cache.ts";
import { generateMeanings, generatePairs } from "./generate.ts";
import { PATTERNS, spellSentence } from "./sentence.ts";
import { heldOutKeys, splitOfKey, type Value } from "./value.ts";

const DIGITS = 4;
const meanings = (split: SplitName, count: number, digits = DIGITS) =>
  Array.from(generateMeanings(digits, split, 0).take(count));
const drawn = perSplit((name) => meanings(name, name === "train" ? 6000 : 600));

/** Every number above the small words that a sentence spells, found without `heldOutKeys`. */
function spelledNumbers(value: Value): number[] {
  const numbers = "n" in value
    ? [value.n]
    : value.kind === "period"
    ? [value.from, value.to]
    : value.kind === "amount"
    ? [value.euros, value.cents]
    : "year" in value
    ? [value.year]
    : [];
  return numbers.filter((n) => n > 20);
}

Deno.test("no number, time or date of a held-out split occurs in another split", () => {
  const values = perSplit((name) => drawn[name].flatMap(({ values }) => values));
  const numbers = perSplit((name) => new Set(values[name].flatMap(spelledNumbers)));
  const times = perSplit((name) =>
    new Set(values[name].flatMap((v) => v.kind === "time" ? [60 * v.hour + v.minute] : []))
  );
  const dates = perSplit((name) =>
    new Set(values[name].flatMap((v) => "day" in v ? [100 * v.month + v.day] : []))
  );
  for (const found of [numbers, times, dates]) {
    assert.ok(found.train.size > found.test.size && found.test.size > 20);
    assert.ok(found.train.isDisjointFrom(found.valid));
    assert.ok(found.train.isDisjointFrom(found.test));
    assert.ok(found.valid.isDisjointFrom(found.test));
  }
});

Deno.test("every value of a held-out sentence is held out", () => {
  for (const name of ["valid", "test"] as const) {
    for (const value of drawn[name].flatMap(({ values }) => values)) {
      const keys = heldOutKeys(value);
      assert.ok(keys.length > 0 && keys.every((key) => splitOfKey(key) === name));
    }
  }
});

Deno.test("about one value in sixteen tests, and one validates", () => {
  const counts = { train: 0, valid: 0, test: 0 };
  for (let n = 0; n < 16_000; n++) counts[splitOfKey(["number", n])]++;
  assert.ok(Math.abs(counts.test - 1000) < 120 && Math.abs(counts.valid - 1000) < 120);
});

Deno.test("a sentence has one translation, in both directions", () => {
  const there = new Map<string, string>();
  const back = new Map<string, string>();
  for (const name of SPLIT_NAMES) {
    for (const meaning of drawn[name]) {
      const [en, de] = [spellSentence(meaning, "en"), spellSentence(meaning, "de")];
      assert.ok(!there.has(en), `${en} was drawn twice`);
      assert.equal(back.get(de), undefined, `${de} means ${back.get(de)} and ${en}`);
      there.set(en, de);
      back.set(de, en);
    }
  }
});

Deno.test("every pattern occurs in every split, with its own order of words", () => {
  for (const name of SPLIT_NAMES) {
    assert.equal(new Set(drawn[name].map(({ pattern }) => pattern)).size, PATTERNS.length);
  }
  const pattern = PATTERNS.find(({ en }) => en.startsWith("She paid"));
  assert.ok(pattern !== undefined);
  const meaning = {
    pattern,
    values: [{ kind: "amount", euros: 21, cents: 5 }, { kind: "date", day: 1, month: 3 }],
  } as const;
  assert.equal(
    spellSentence(meaning, "en"),
    "She paid twenty-one euros and five cents on the first of March",
  );
  assert.equal(
    spellSentence(meaning, "de"),
    "Sie hat am ersten März einundzwanzig Euro und fünf Cent bezahlt",
  );
});

Deno.test("sentences are short, plain words, and large numbers are rarer", () => {
  for (const { values } of drawn.train) assert.ok(values.length <= 3);
  for (const { en, de } of generatePairs(2000, 6, "train", 1)) {
    assert.match(en, /^[A-Z][A-Za-z' -]+$/);
    assert.match(de, /^[A-Z][A-Za-zäöüß ]+$/);
    assert.ok(en.split(" ").length <= 34 && de.split(" ").length <= 16, en);
  }
  const numbers = drawn.train.flatMap(({ values }) => values)
    .flatMap((value) => value.kind === "number" ? [value.n] : []);
  const below = numbers.filter((n) => n < 100).length;
  const above = numbers.filter((n) => n >= 1000).length;
  assert.ok(below > above && above > 0);
  assert.ok(numbers.every((n) => n < 10 ** DIGITS));
});

Deno.test("sentences are a function of the seed, and shorter splits are prefixes", () => {
  const take = (count: number, seed: number) => [...generatePairs(count, DIGITS, "valid", seed)];
  assert.deepEqual(take(20, 0), take(50, 0).slice(0, 20));
  assert.notDeepEqual(take(20, 0), take(20, 1));
  assert.notDeepEqual(take(20, 0), [...generatePairs(20, DIGITS, "test", 0)]);
});

Deno.test("a leap day needs a leap year", () => {
  let leapDays = 0;
  for (const { values } of generateMeanings(3, "train", 3).take(60_000)) {
    for (const value of values) {
      if (value.kind !== "birthday" || value.month !== 2 || value.day < 29) continue;
      assert.equal(new Date(Date.UTC(value.year, 1, 29)).getUTCDate(), 29);
      leapDays++;
    }
  }
  assert.ok(leapDays > 0);
});

Deno.test("numbers of unusual length are refused", () => {
  for (const digits of [2, 7, 3.5]) {
    assert.throws(() => meanings("train", 1, digits), UserError);
  }
});
