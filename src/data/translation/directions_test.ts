import assert from "node:assert/strict";
import { directionName, directionOf, directions } from "./directions.ts";
import { EN_DE } from "./parallel_corpus.ts";

Deno.test("directions have names, and names mean directions", () => {
  assert.deepEqual(directionOf("en-de"), EN_DE);
  for (const name of directions) assert.equal(directionName(directionOf(name)), name);
  assert.equal(new Set(directions).size, 2);
  assert.throws(() => directionName({ source: "de", target: "de" }), RangeError);
});
