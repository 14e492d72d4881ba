import assert from "node:assert/strict";
import { mostLevels, parseBoundedJson } from "./bounded_json.ts";

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

Deno.test("JSON that cannot be walked through is refused in one line", () => {
  const broken: readonly [string, RegExp][] = [
    ["", /^f\.json: is empty$/],
    [" \n", /^f\.json: is empty$/],
    ["{", /^f\.json: not JSON \(.+\)$/],
    [nested(mostLevels + 2), /^f\.json: nested more than 64 levels deep$/],
    [nested(3000), /nested more than/],
    [nested(200_000), /nested more than/],
    ['{"a":{"b":"\\ud800"}}', /^f\.json: holds half of a character/],
    ['{"\\udfff":1}', /holds half of a character/],
  ];
  for (const [text, message] of broken) {
    assert.throws(() => parseBoundedJson(text, "f.json"), { name: "UserError", message });
  }
});

Deno.test("ordinary JSON passes", () => {
  assert.deepEqual(parseBoundedJson('{"a":[1,null,"é👍"]}', "f.json"), { a: [1, null, "é👍"] });
  assert.ok(Array.isArray(parseBoundedJson(nested(mostLevels), "f.json")));
});
