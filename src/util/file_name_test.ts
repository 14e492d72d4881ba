import assert from "node:assert/strict";
import { FileNames, safeFileName } from "./file_name.ts";

const hostile: readonly [string, string][] = [
  ["../../../evil", "evil"],
  ["..\\..\\evil", "evil"],
  ["/etc/passwd", "etc-passwd"],
  ["C:\\Windows", "C-Windows"],
  ["con", "_con"],
  ["LPT1.txt", "_LPT1.txt"],
  ["..", "unnamed"],
  ["", "unnamed"],
  ["задача", "unnamed"],
  ["a\0b\nc", "a-b-c"],
  ["name. ", "name"],
  ["constructor", "constructor"],
  ["curves-quick-listops-loss", "curves-quick-listops-loss"],
];

Deno.test("a name leads out of no folder and is a file on every system", () => {
  for (const [name, expected] of hostile) assert.equal(safeFileName(name), expected);
  assert.equal(safeFileName("x".repeat(5000)).length, 120);
});

Deno.test("names differ, whatever was asked for", () => {
  const names = new FileNames();
  const asked = ["a/b", "a?b", "A:B", "a-b-2", "a-b", "..", "задача", "x".repeat(300)];
  const given = [...asked, "x".repeat(301)].map((name) => names.take(name));
  assert.equal(given[0], "a-b");
  assert.equal(new Set(given.map((name) => name.toLowerCase())).size, given.length);
});
