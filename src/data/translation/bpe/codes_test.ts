import assert from "node:assert/strict";
import { BpeCodes } from "./codes.ts";

Deno.test("codes are read and written", () => {
  const text = "#version: 0.2\na b\nab c</w>\n";
  const codes = BpeCodes.parse(text);
  assert.deepEqual(codes.merges, ["a b", "ab c</w>"]);
  assert.deepEqual(codes.parts("abc</w>"), ["ab", "c</w>"]);
  assert.equal(codes.toText(), text);
  assert.equal(BpeCodes.parse(["#version: 0.2", "a b", "ab c</w>"]).toText(), text);
  assert.deepEqual(BpeCodes.parse("#version: 0.2\r\n a b \r\n").merges, ["a b"]);
});

Deno.test("of several ways to a symbol the first one counts", () => {
  const codes = BpeCodes.parse("#version: 0.2\na b\nab c\nb c\na bc\n");
  assert.deepEqual(codes.parts("abc"), ["ab", "c"]);
});

Deno.test("a malformed line is the user's error and is named", () => {
  const message = (text: string) => {
    try {
      BpeCodes.parse(text, "codes.txt");
    } catch (error) {
      assert.ok(error instanceof Error && error.name === "UserError");
      return error.message;
    }
    return assert.fail(`${JSON.stringify(text)} was read`);
  };
  assert.match(message("#version: 0.2\na b\nc\n"), /^codes\.txt:3: expected two symbols/);
  assert.match(message("#version: 0.2\na b\n\nc d\n"), /^codes\.txt:3: /);
  assert.match(message("#version: 0.2\na  b\n"), /^codes\.txt:2: /);
  assert.match(message("#version: 0.1\na b\n"), /^codes\.txt:1: expected "#version: 0\.2"/);
  assert.match(message("a b\n"), /^codes\.txt:1: /);
  assert.match(message(""), /^codes\.txt:1: /);
});
