import assert from "node:assert/strict";
import {
  englishAmount,
  englishCardinal,
  englishDate,
  englishOrdinal,
  englishTime,
  englishYear,
} from "./english.ts";

Deno.test("English numbers have hyphens below a hundred and `and` before the last part", () => {
  const table: readonly [number, string][] = [
    [0, "zero"],
    [13, "thirteen"],
    [15, "fifteen"],
    [40, "forty"],
    [99, "ninety-nine"],
    [100, "one hundred"],
    [101, "one hundred and one"],
    [380, "three hundred and eighty"],
    [1000, "one thousand"],
    [1001, "one thousand and one"],
    [1100, "one thousand one hundred"],
    [2345, "two thousand three hundred and forty-five"],
    [40_018, "forty thousand and eighteen"],
    [100_000, "one hundred thousand"],
    [
      999_999,
      "nine hundred and ninety-nine thousand nine hundred and ninety-nine",
    ],
  ];
  for (const [n, words] of table) assert.equal(englishCardinal(n), words);
});

Deno.test("English ordinals change the last word alone", () => {
  const table: readonly [number, string][] = [
    [1, "first"],
    [2, "second"],
    [3, "third"],
    [4, "fourth"],
    [5, "fifth"],
    [8, "eighth"],
    [9, "ninth"],
    [12, "twelfth"],
    [14, "fourteenth"],
    [20, "twentieth"],
    [21, "twenty-first"],
    [32, "thirty-second"],
    [90, "ninetieth"],
    [100, "one hundredth"],
    [103, "one hundred and third"],
    [1000, "one thousandth"],
    [5012, "five thousand and twelfth"],
  ];
  for (const [n, words] of table) assert.equal(englishOrdinal(n), words);
});

Deno.test("English years are read in pairs of digits", () => {
  const table: readonly [number, string][] = [
    [1100, "eleven hundred"],
    [1805, "eighteen oh five"],
    [1999, "nineteen ninety-nine"],
    [2000, "two thousand"],
    [2004, "two thousand and four"],
    [2010, "twenty ten"],
    [2099, "twenty ninety-nine"],
  ];
  for (const [year, words] of table) assert.equal(englishYear(year), words);
});

Deno.test("English amounts have plurals, dates have ordinals", () => {
  assert.equal(englishAmount(1, 1), "one euro and one cent");
  assert.equal(englishAmount(21, 0), "twenty-one euros");
  assert.equal(englishAmount(0, 50), "fifty cents");
  assert.equal(englishAmount(101, 2), "one hundred and one euros and two cents");
  assert.equal(englishDate(3, 5), "third of May");
  assert.equal(englishDate(31, 12), "thirty-first of December");
});

Deno.test("English clock times count from the nearer hour", () => {
  const table: readonly [number, number, string][] = [
    [1, 0, "one o'clock"],
    [7, 1, "one minute past seven"],
    [7, 5, "five past seven"],
    [7, 15, "quarter past seven"],
    [7, 25, "twenty-five past seven"],
    [7, 30, "half past seven"],
    [7, 31, "twenty-nine minutes to eight"],
    [7, 40, "twenty to eight"],
    [12, 45, "quarter to one"],
    [12, 59, "one minute to one"],
  ];
  for (const [hour, minute, words] of table) assert.equal(englishTime(hour, minute), words);
});
