import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { chrf } from "./chrf.ts";

function near(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) <= 1e-9 * expected, `${found} instead of ${expected}`);
}

Deno.test("chrF weighs recall over precision, averaged over the orders of both sides", () => {
  // Characters: 3 of 3 and 3 of 4; pairs: 2 of 2 and 2 of 3; triples: 1 of 1 and 1 of 2.
  const precision = 1;
  const recall = (3 / 4 + 2 / 3 + 1 / 2) / 3;
  near(chrf(["a b c"], [["abcd"]]).score, 500 * precision * recall / (4 * precision + recall));
  near(
    chrf(["a b c"], [["abcd"]], { beta: 1 }).score,
    200 * precision * recall / (precision + recall),
  );
});

Deno.test("options name the metric and its signature", () => {
  const score = chrf(["Ab c."], [["ab c."]], {
    wordOrder: 2,
    charOrder: 4,
    lowercase: true,
    whitespace: true,
    epsSmoothing: true,
  });
  assert.equal(
    score.format(),
    "chrF2++|nrefs:1|case:lc|eff:no|nc:4|nw:2|space:yes|version:2.6.0 = 100.00",
  );
  assert.equal(chrf(["a"], [["a"]]).name, "chrF2");
});

Deno.test("punctuation at the end of a word, or else at its start, is a word of its own", () => {
  const words = { charOrder: 1, wordOrder: 1 };
  near(chrf(["hi)", "(hi"], [["hi )", "( hi"]], words).score, 100);
  // Only one mark is cut off: `(hi` and `)`.
  const { sentences } = chrf(["(hi)"], [["( hi )"]], words);
  assert.ok(sentences[0] > 0 && sentences[0] < 100);
});

Deno.test("the reference with the best score counts, sentence by sentence", () => {
  const both = chrf(["abc", "xyz"], [["abc", "no"], ["?", "xyz"]]);
  near(both.score, 100);
  assert.deepEqual(both.sentences, [100, 100]);
  assert.match(chrf(["a", "b"], [["a", "b"], [null, "c"]]).signature, /^nrefs:var/);
});

Deno.test("text that shares nothing scores 0, also smoothed within rounding", () => {
  assert.equal(chrf(["", "abc"], [["x", "yz"]]).score, 0);
  assert.ok(chrf(["abc"], [["xyz"]], { epsSmoothing: true }).score < 1e-10);
  assert.throws(() => chrf(["a"], [[null]]), UserError);
});
