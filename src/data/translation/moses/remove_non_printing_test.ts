import assert from "node:assert/strict";
import { removeNonPrinting } from "./remove_non_printing.ts";

const cases: readonly (readonly [string, string, string])[] = [
  [
    "control characters, tabs and carriage returns become spaces",
    "a\0b\tc\rd\x7fe\x85f",
    "a b c d e f",
  ],
  ["format characters become spaces", "Fuß\u00adball \u200dx\ufeff", "Fuß ball  x "],
  ["each becomes one space of its own", "x\u200b\u200by", "x  y"],
  ["private and unassigned characters become spaces", "\ue000|\u0378|\u{f0000}|", " | | |"],
  ["characters after Unicode 14 are unassigned", "\u{1fae8} \u{31350} \u0897", "     "],
  ["halves of surrogate pairs become spaces", "x\ud83dy", "x y"],
  [
    "fixed spaces and separators stay",
    "5\u00a0km\u2028\u2029\u3000",
    "5\u00a0km\u2028\u2029\u3000",
  ],
  ["letters, marks and emoji stay", "Äpfel e\u0301 👍🏽 日本", "Äpfel e\u0301 👍🏽 日本"],
  ["an empty line stays empty", "", ""],
];

for (const [name, line, expected] of cases) {
  Deno.test(`non-printing: ${name}`, () => assert.equal(removeNonPrinting(line), expected));
}
