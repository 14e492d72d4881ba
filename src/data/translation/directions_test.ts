import assert from "node:assert/strict";
import { directionName, directionOf, directions } from "./directions.ts";

Deno.test("directions have names, and names mean directions", () => {
  assert.deepEqual(directionOf("en-de"), { source: "en", target: "de" });
  for (const name of directions) assert.equal(directionName(directionOf(name)), name);
  assert.equal(new Set(directions).size, 2);
  assert.throws(() => directionName({ source: "de", target: "de" }), RangeError);
});
