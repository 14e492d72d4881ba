import assert from "node:assert/strict";
import {
  foldText,
  formatBytes,
  formatCount,
  formatDuration,
  formatSignificant,
  wrapText,
} from "./format.ts";

Deno.test("formatCount keeps numbers short and never prints a thousand of a unit", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [950, "950"],
    [999.96, "1.0k"],
    [12_345, "12.3k"],
    [999_949, "999.9k"],
    [999_960, "1.0M"],
    [4.04e9, "4.0G"],
  ];
  for (const [value, text] of cases) assert.equal(formatCount(value), text);
});

Deno.test("formatBytes uses binary units", () => {
  assert.equal(formatBytes(512), "512 B");
  assert.equal(formatBytes(1024), "1.0 KiB");
  assert.equal(formatBytes(38_273_024), "36.5 MiB");
  assert.equal(formatBytes(1024 ** 3 - 1), "1.0 GiB");
});

Deno.test("formatDuration shows the two largest units and carries when it rounds", () => {
  const cases: [number, string][] = [
    [0.84, "0.8 s"],
    [9.96, "10 s"],
    [59.6, "1 min 00 s"],
    [187, "3 min 07 s"],
    [3599.7, "1 h 00 min"],
    [7500, "2 h 05 min"],
  ];
  for (const [seconds, text] of cases) assert.equal(formatDuration(seconds), text);
});

Deno.test("wrapText breaks at spaces and keeps long words whole", () => {
  assert.deepEqual(wrapText("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrapText("a unbreakable b", 5), ["a", "unbreakable", "b"]);
});

Deno.test("formatSignificant has three digits and never an exponent for what tables hold", () => {
  const shown = [0.0683, 0.6827, 53.81, 99.94, 99.96, 1470.4].map(formatSignificant);
  assert.deepEqual(shown, ["0.0683", "0.683", "53.8", "99.9", "100", "1470"]);
});

Deno.test("foldText breaks words that are longer than a line, others at spaces", () => {
  assert.deepEqual(foldText("a short line", 7), ["a short", "line"]);
  assert.deepEqual(foldText("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
  assert.deepEqual(foldText("", 3), [""]);
  assert.ok(foldText("👍".repeat(9), 4).every((line) => line.isWellFormed()));
});
