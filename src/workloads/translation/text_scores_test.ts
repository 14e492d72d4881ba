import assert from "node:assert/strict";
import { builtinPrefixes } from "../../data/translation/moses/builtin_prefixes.ts";
import { dataOfLines, type LinePair, plainPipeline } from "../../data/translation/pair_testing.ts";
import type { TranslationData } from "../../data/translation/parallel_corpus.ts";
import { prefixesSpec } from "../../data/translation/text_pipeline.ts";
import type { TextPipelineSpec } from "../../data/translation/text_pipeline_spec.ts";
import { textScores, textScoreSpecs } from "./text_scores.ts";

const moses: TextPipelineSpec = {
  tokenizer: {
    name: "moses",
    normalize: false,
    aggressive: false,
    escape: true,
    prefixes: prefixesSpec({ en: builtinPrefixes("en"), de: builtinPrefixes("de") }),
  },
  lowercase: false,
  codes: null,
};

function dataOf(pipeline: TextPipelineSpec, id = "tiny"): TranslationData {
  const pairs: LinePair[] = [["one", "eins"]];
  return dataOfLines({ train: pairs, valid: pairs, test: pairs }, { pipeline, id });
}

/** Scores of words by name; plain text is what the pipeline makes of them. */
function scoresOf(
  data: TranslationData,
  words: readonly string[],
  references: readonly string[],
  resample = false,
) {
  const hypotheses = words.map((line) => data.pipeline.detokenize(line, data.direction.target));
  const scored = textScores(data, { words, hypotheses, references }, resample);
  return { ...scored, byName: new Map(scored.scores.map((one) => [one.spec.name, one])) };
}

Deno.test("right translations score 100, and less the more is wrong", () => {
  const data = dataOf(plainPipeline);
  const references = ["a b c d e", "f g h i j k"];
  const right = scoresOf(data, references, references).byName;
  assert.ok(Math.abs((right.get("bleu")?.value ?? 0) - 100) < 1e-9);
  assert.ok(Math.abs((right.get("sacrebleu")?.value ?? 0) - 100) < 1e-9);
  const { byName, statistics } = scoresOf(data, ["a b c d x", "f g h i j k"], references);
  // Matches of 11, 9, 7 and 5 n-grams: 10, 8, 6 and 4.
  const expected = 100 * (10 / 11 * 8 / 9 * 6 / 7 * 4 / 5) ** (1 / 4);
  assert.ok(Math.abs((byName.get("bleu")?.value ?? 0) - expected) < 1e-9);
  assert.ok(Math.abs((byName.get("sacrebleu")?.value ?? 0) - expected) < 1e-9);
  assert.deepEqual(statistics, [
    [4, 3, 2, 1, 5, 4, 3, 2, 5, 5],
    [6, 5, 4, 3, 6, 5, 4, 3, 6, 6],
  ]);
});

Deno.test("tokenised BLEU is not smoothed, and neither is its interval", () => {
  const data = dataOf(plainPipeline);
  const { byName } = scoresOf(data, ["a b c x", "e f g y"], ["a b c d", "e f g h"], true);
  const [tokenised, sacre] = [byName.get("bleu"), byName.get("sacrebleu")];
  assert.equal(tokenised?.value, 0);
  assert.deepEqual(tokenised?.interval, { low: 0, high: 0 });
  assert.match(tokenised?.signature ?? "", /\|smooth:none$/);
  assert.ok((sacre?.value ?? 0) > 10);
  assert.ok((sacre?.interval?.low ?? 0) > 10);
});

Deno.test("intervals hold the score, come with the final numbers alone, and do not change", () => {
  const data = dataOf(plainPipeline);
  const references = Array.from({ length: 20 }, (_, i) => `a b c d e${i % 3} f g`);
  const words = references.map((line, i) => i % 4 === 0 ? "a b c d x y z" : line);
  const { byName } = scoresOf(data, words, references, true);
  for (const name of ["bleu", "sacrebleu"]) {
    const { value = NaN, interval } = byName.get(name) ?? {};
    assert.ok(interval && interval.low < value && value < interval.high, name);
  }
  assert.deepEqual(scoresOf(data, words, references, true).scores, [...byName.values()]);
  for (const { interval } of scoresOf(data, words, references).scores) {
    assert.equal(interval, undefined);
  }
});

Deno.test("compounds are split where the words are those of Moses, and only there", () => {
  const [words, reference] = ["ein Halb-Jahr und mehr", "ein Ganz-Jahr und mehr"];
  const split = scoresOf(dataOf(moses), [words], [reference]).byName.get("bleu");
  const whole = scoresOf(dataOf(plainPipeline), [words], [reference]).byName.get("bleu");
  assert.match(split?.signature ?? "", /\|tok:moses\|compounds:split\|/);
  assert.match(whole?.signature ?? "", /\|tok:space\|compounds:whole\|/);
  // Split, four words in a row are right: `##AT##-##AT## Jahr und mehr`.
  assert.equal(whole?.value, 0);
  const expected = 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** (1 / 4);
  assert.ok(Math.abs((split?.value ?? 0) - expected) < 1e-9, `${split?.value}, ${expected}`);
});

Deno.test("references are tokenised, lower-cased where the text is, and signatures say so", () => {
  const data = dataOf({ ...moses, lowercase: true });
  const { byName } = scoresOf(data, ["das ist gut , oder ?"], ["Das ist gut, oder?"]);
  const [tokenised, sacre] = [byName.get("bleu"), byName.get("sacrebleu")];
  assert.ok(Math.abs((tokenised?.value ?? 0) - 100) < 1e-9);
  assert.ok(Math.abs((sacre?.value ?? 0) - 100) < 1e-9);
  assert.match(tokenised?.signature ?? "", /^nrefs:1\|case:lc\|/);
  assert.match(sacre?.signature ?? "", /^nrefs:1\|case:lc\|/);
  const mixed = scoresOf(dataOf(moses), ["das ist gut , oder ?"], ["Das ist gut, oder?"]).byName;
  assert.match(mixed.get("bleu")?.signature ?? "", /^nrefs:1\|case:mixed\|/);
  assert.match(mixed.get("sacrebleu")?.signature ?? "", /^nrefs:1\|case:mixed\|/);
  assert.ok((mixed.get("bleu")?.value ?? 100) < 90);
  assert.ok((mixed.get("sacrebleu")?.value ?? 100) < 90);
});

Deno.test("exact matches are counted where every source has one right translation", () => {
  const names = (data: TranslationData) => textScoreSpecs(data).map(({ name }) => name);
  assert.deepEqual(names(dataOf(plainPipeline)), ["bleu", "sacrebleu"]);
  const numbers = dataOf(plainPipeline, "numbers");
  assert.deepEqual(names(numbers), ["bleu", "sacrebleu", "exact-match"]);
  const references = ["a b", "c", "d", "e"];
  const { scores } = scoresOf(numbers, ["a b", "c", "D", ""], references);
  assert.deepEqual(scores.map(({ spec }) => spec.name), names(numbers));
  assert.deepEqual([scores[2].value, scores[2].hits], [0.5, 2]);
});
