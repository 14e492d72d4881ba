import assert from "node:assert/strict";
import {
  germanAmount,
  germanCardinal,
  germanDate,
  germanOrdinal,
  germanTime,
  germanYear,
} from "./german.ts";

Deno.test("German numbers are one word with units before tens", () => {
  const table: readonly [number, string][] = [
    [0, "null"],
    [1, "eins"],
    [16, "sechzehn"],
    [17, "siebzehn"],
    [21, "einundzwanzig"],
    [30, "dreißig"],
    [67, "siebenundsechzig"],
    [76, "sechsundsiebzig"],
    [100, "einhundert"],
    [101, "einhunderteins"],
    [111, "einhundertelf"],
    [1000, "eintausend"],
    [1001, "eintausendeins"],
    [2345, "zweitausenddreihundertfünfundvierzig"],
    [21_000, "einundzwanzigtausend"],
    [101_000, "einhunderteintausend"],
    [999_999, "neunhundertneunundneunzigtausendneunhundertneunundneunzig"],
  ];
  for (const [n, words] of table) assert.equal(germanCardinal(n), words);
});

Deno.test("German ordinals end in -te below twenty and in -ste from there on", () => {
  const table: readonly [number, string][] = [
    [1, "erste"],
    [2, "zweite"],
    [3, "dritte"],
    [4, "vierte"],
    [7, "siebte"],
    [8, "achte"],
    [12, "zwölfte"],
    [19, "neunzehnte"],
    [20, "zwanzigste"],
    [21, "einundzwanzigste"],
    [83, "dreiundachtzigste"],
    [100, "einhundertste"],
    [101, "einhunderterste"],
    [103, "einhundertdritte"],
    [212, "zweihundertzwölfte"],
    [1000, "eintausendste"],
    [1007, "eintausendsiebte"],
  ];
  for (const [n, words] of table) {
    assert.equal(germanOrdinal(n, "e"), words);
    assert.equal(germanOrdinal(n, "en"), `${words}n`);
  }
});

Deno.test("German years before 2000 count hundreds", () => {
  const table: readonly [number, string][] = [
    [1100, "elfhundert"],
    [1805, "achtzehnhundertfünf"],
    [1901, "neunzehnhunderteins"],
    [1999, "neunzehnhundertneunundneunzig"],
    [2000, "zweitausend"],
    [2024, "zweitausendvierundzwanzig"],
  ];
  for (const [year, words] of table) assert.equal(germanYear(year), words);
});

Deno.test("German amounts have no plural and `ein` before the unit", () => {
  assert.equal(germanAmount(1, 1), "ein Euro und ein Cent");
  assert.equal(germanAmount(21, 0), "einundzwanzig Euro");
  assert.equal(germanAmount(0, 50), "fünfzig Cent");
  assert.equal(germanAmount(101, 2), "einhunderteins Euro und zwei Cent");
  assert.equal(germanDate(3, 3), "dritten März");
  assert.equal(germanDate(31, 12), "einunddreißigsten Dezember");
});

Deno.test("German clock times count from the half hour and name the coming one", () => {
  const table: readonly [number, number, string][] = [
    [1, 0, "ein Uhr"],
    [1, 5, "fünf nach eins"],
    [7, 1, "eine Minute nach sieben"],
    [7, 15, "Viertel nach sieben"],
    [7, 20, "zwanzig nach sieben"],
    [7, 25, "fünf vor halb acht"],
    [7, 30, "halb acht"],
    [7, 35, "fünf nach halb acht"],
    [7, 39, "einundzwanzig Minuten vor acht"],
    [12, 30, "halb eins"],
    [12, 45, "Viertel vor eins"],
  ];
  for (const [hour, minute, words] of table) assert.equal(germanTime(hour, minute), words);
});
