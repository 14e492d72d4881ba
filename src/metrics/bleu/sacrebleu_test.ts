import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import { sacreBleu, sentenceBleu } from "./sacrebleu.ts";
import { tokenize13a, tokenizeChar, tokenizeIntl } from "./tokenizers.ts";

Deno.test("13a separates punctuation but for digits' dots and commas, apostrophes and hyphens", () => {
  assert.equal(
    tokenize13a('It\'s 1,234.5 &amp; 3-4 e-mails, "ok". U.S.!'),
    `It's 1,234.5 & 3 - 4 e-mails , " ok " . U . S . !`,
  );
  assert.equal(tokenize13a("&amp;lt; a<skipped>b 5."), "< ab 5 .");
  assert.equal(tokenize13a("“x” ½. ١,٢"), "“x” ½ . ١ , ٢");
});

Deno.test("intl knows punctuation and symbols of all scripts and keeps numbers", () => {
  assert.equal(tokenizeIntl("“x” 1,5 ½,3 ١,٢ €5 日本。a-b"), "“ x ” 1,5 ½,3 ١,٢ € 5 日本 。 a - b");
  assert.equal(tokenizeIntl("in 1990. &amp;"), "in 1990 . & amp ;");
  assert.equal(tokenizeIntl("in 1990."), "in 1990.");
});

Deno.test("characters are code points", () => {
  assert.equal(tokenizeChar("a😀 é"), "a 😀   é");
});

Deno.test("lines are scored with the tokeniser and case that the signature names", () => {
  const hypotheses = ["The cat, sat.", "A dog  "];
  const references = [["the cat , sat .", "A dog"]];
  const score = sacreBleu(hypotheses, references);
  assert.equal(
    score.format(),
    "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0 = 69.14 " +
      "85.7/80.0/66.7/50.0 (BP = 1.000 ratio = 1.000 hyp_len = 7 ref_len = 7)",
  );
  assert.equal(score.shortSignature, "#:1|c:mixed|e:no|tok:13a|s:exp|v:2.6.0");
  assert.deepEqual(score.sentences.map(({ matches }) => matches[0]), [4, 2]);
  const lower = sacreBleu(hypotheses, references, { lowercase: true });
  assert.ok(Math.abs(lower.score - 100) < 1e-9);
  assert.match(lower.signature, /case:lc/);
  const raw = sacreBleu(hypotheses, references, {
    tokenize: "none",
    smooth: "floor",
    effectiveOrder: true,
  });
  assert.equal(
    raw.signature,
    "nrefs:1|case:mixed|eff:yes|tok:none|smooth:floor[0.10]|version:2.6.0",
  );
  assert.equal(raw.hypothesisLength, 5);
});

Deno.test("a single sentence is judged by the orders that it has", () => {
  assert.ok(Math.abs(sentenceBleu("a b", ["a b", null]).score - 100) < 1e-9);
  assert.equal(sentenceBleu("a b", ["a b"], { effectiveOrder: false }).score, 0);
  assert.throws(() => sentenceBleu("a", [null]), UserError);
});

Deno.test("numbers of references that differ are called var", () => {
  const { signature } = sacreBleu(["a", "b"], [["a", "b"], [null, "c"]]);
  assert.match(signature, /^nrefs:var\|/);
  assert.match(sacreBleu(["a", "b"], [["a", null], [null, "c"]]).signature, /^nrefs:1\|/);
});

Deno.test("lines that do not belong together are the user's error", () => {
  assert.throws(() => sacreBleu([], [[]]), /BLEU: no hypotheses/);
  assert.throws(() => sacreBleu(["a"], [["a", "b"]]), /1 hypotheses, but reference 1 has 2 lines/);
  assert.throws(() => sacreBleu(["a", "b"], [["a", null]]), /sentence 2 has no reference/);
  assert.throws(() => sacreBleu(["a"], []), UserError);
});
