import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { EOS_ID } from "../vocabulary.ts";
import { type Codes, LISTOPS_SYMBOLS, LISTOPS_VOCABULARY, printExpression } from "./expression.ts";
import { encodeExpression, parseExpression, tokenizeListOps } from "./tokenize.ts";

/** Any complete expression of operators with 1 to 4 arguments, as codes. */
const expression: fc.Arbitrary<Codes> = fc.letrec<{ tree: number[] }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.nat({ max: 9 }).map((digit) => [digit]),
    fc.tuple(
      fc.integer({ min: 10, max: 13 }),
      fc.array(tie("tree"), { minLength: 1, maxLength: 4 }),
    ).map(([operator, args]) => [operator, ...args.flat(), 14]),
  ),
})).tree.map((codes) => Uint8Array.from(codes));

Deno.test("expressions are printed left-nested, as the official files are", () => {
  const cases: [number[], string][] = [
    [[5], "5"],
    [[13, 3, 4, 14], "( ( ( [SM 3 ) 4 ) ] )"],
    [
      [11, 1, 12, 2, 3, 14, 0, 14],
      "( ( ( ( [MAX 1 ) ( ( ( [MED 2 ) 3 ) ] ) ) 0 ) ] )",
    ],
  ];
  for (const [codes, text] of cases) assert.equal(printExpression(Uint8Array.from(codes)), text);
});

Deno.test("printing and parsing are inverse, and parentheses balance", () => {
  fc.assert(fc.property(expression, (codes) => {
    const text = printExpression(codes);
    assert.deepEqual(parseExpression(text), codes);
    assert.equal(text.split("(").length, text.split(")").length);
    assert.deepEqual(tokenizeListOps(text), Array.from(codes, (code) => LISTOPS_SYMBOLS[code]));
  }));
});

Deno.test("parsing agrees with the reference's tokenisation for any spacing", () => {
  const piece = fc.constantFrom(..."0123456789()[]X \t", "  ", "[MIN", "[SM ", " ] ", "( ");
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const source = pieces.join("");
    const tokens = tokenizeListOps(source);
    const parsed = parseExpression(source);
    const strange = tokens.find((token) =>
      !LISTOPS_SYMBOLS.some((symbol: string) => symbol === token)
    );
    if ("unknown" in parsed) assert.equal(parsed.unknown, strange);
    else assert.deepEqual(Array.from(parsed, (code) => LISTOPS_SYMBOLS[code]), tokens);
  }));
});

Deno.test("encoding follows the vocabulary, appends </s> and keeps the head when it cuts", () => {
  fc.assert(fc.property(expression, fc.integer({ min: 1, max: 40 }), (codes, maxPositions) => {
    const symbols = tokenizeListOps(printExpression(codes));
    assert.deepEqual(
      Int32Array.from(encodeExpression(codes, maxPositions)),
      LISTOPS_VOCABULARY.encode(symbols, maxPositions),
    );
  }));
  assert.deepEqual([...encodeExpression(Uint8Array.of(10, 3, 14), 9)], [14, 7, 18, EOS_ID]);
  assert.equal(LISTOPS_VOCABULARY.size, 20);
});
