import assert from "node:assert/strict";
import { evaluate } from "./evaluate.ts";
import type { Codes } from "./expression.ts";
import { parseExpression } from "./tokenize.ts";

function codes(source: string): Codes {
  const parsed = parseExpression(source);
  assert.ok(!("unknown" in parsed));
  return parsed;
}

const values: [string, number][] = [
  ["7", 7],
  ["[MIN 4 2 9 ]", 2],
  ["[MAX 4 2 9 ]", 9],
  ["[SM 9 9 9 ]", 7],
  ["[MED 9 1 5 ]", 5],
  ["[MED 2 3 ]", 2],
  ["[MED 9 0 ]", 4],
  ["[MED 1 8 2 9 ]", 5],
  ["[MED 0 0 1 1 ]", 0],
  ["[MIN 9 [MAX 3 [SM 8 8 ] ] 7 ]", 6],
  ["[SM 4 ]", 4],
];
for (const [source, value] of values) {
  Deno.test(`${source} is worth ${value}`, () => assert.equal(evaluate(codes(source)), value));
}

Deno.test("evaluate knows incomplete expressions", () => {
  for (const source of ["", "1 2", "[MIN 1", "1 ]", "[MIN ]", "[MAX 1 ] 2", "[MIN 1 ] ]"]) {
    assert.equal(evaluate(codes(source)), undefined, source);
  }
});

Deno.test("an operator may have more arguments than a call", () => {
  const many = Uint8Array.from({ length: 300_000 }, (_, i) => 3 + i % 5);
  for (const [operator, value] of [[10, 3], [11, 7], [12, 5]]) {
    const codes = new Uint8Array(many.length + 2);
    codes[0] = operator;
    codes.set(many, 1);
    codes[many.length + 1] = 14;
    assert.equal(evaluate(codes), value);
  }
});
