import assert from "node:assert/strict";
import { BpeCodes } from "./codes.ts";

Deno.test("codes are read, limited and written", () => {
  const text = "#version: 0.2\na b\nab c</w>\n";
  const codes = BpeCodes.parse(text);
  assert.equal(codes.size, 2);
  assert.equal(codes.rank("ab", "c</w>"), 1);
  assert.equal(codes.rank("a", "c</w>"), undefined);
  assert.deepEqual(codes.parts("abc</w>"), ["ab", "c</w>"]);
  assert.equal(codes.toText(), text);
  assert.equal(BpeCodes.parse(["#version: 0.2", "a b", "ab c</w>"]).toText(), text);
  assert.equal(BpeCodes.parse(text, { merges: 1 }).toText(), "#version: 0.2\na b\n");
  assert.equal(BpeCodes.parse("#version: 0.2\r\n a b \r\n").rank("a", "b"), 0);
});

Deno.test("of equal merges the first one counts", () => {
  const codes = BpeCodes.parse("#version: 0.2\na b\nb c\na b\n");
  assert.equal(codes.rank("a", "b"), 0);
  assert.equal(codes.size, 3);
});

Deno.test("a malformed line is the user's error and is named", () => {
  const message = (text: string) => {
    try {
      BpeCodes.parse(text, { where: "codes.txt" });
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
