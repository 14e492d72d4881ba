import assert from "node:assert/strict";
import { InvalidArgumentError } from "commander";
import { pathToWrite, seeds, updateCount } from "./options.ts";

Deno.test("a name to write is taken as it is given, or refused", () => {
  for (const name of ["x.html", "../a b/x", "-"]) assert.equal(pathToWrite(name), name);
  for (const name of ["", "  ", "a\0b"]) assert.throws(() => pathToWrite(name), /expected a name/);
});

Deno.test("seeds are a count or a list, and a count has a limit", () => {
  assert.deepEqual(seeds("3"), [1, 2, 3]);
  assert.deepEqual(seeds("7,"), [7]);
  assert.equal(seeds("10000").length, 10_000);
  for (const text of ["10001", "1e9", "0", "-1", "1.5", "Infinity", "", ","]) {
    assert.throws(() => seeds(text), InvalidArgumentError, text);
  }
});

Deno.test("a run has no more updates than the device can count", () => {
  assert.equal(updateCount("1e9"), 1e9);
  assert.throws(() => updateCount("1e12"), /expected a whole number from 1 to 1000000000/);
});
