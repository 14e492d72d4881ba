import assert from "node:assert/strict";
import type { DecodedSplit } from "../../train/workload.ts";
import { sampleTranslations } from "./sample.ts";

function decodedOf(split: DecodedSplit["split"], count: number, quotable = true): DecodedSplit {
  const lines = (what: string) => Array.from({ length: count }, (_, i) => `${what} ${i}`);
  return {
    split,
    scores: [],
    sources: lines("source"),
    references: lines("reference"),
    hypotheses: lines(split),
    statistics: [],
    quotable,
    tokens: 1,
    seconds: 1,
  };
}

Deno.test("a sample shows sources, references and translations of the first test sentences", () => {
  const text = sampleTranslations([decodedOf("valid", 4), decodedOf("test", 4)]);
  const one = (i: number) =>
    `source:      source ${i}\nreference:   reference ${i}\ntranslation: test ${i}`;
  assert.equal(text, [0, 1, 2].map(one).join("\n\n"));
});

Deno.test("texts that may not be quoted show their translations alone", () => {
  assert.equal(
    sampleTranslations([decodedOf("test", 2, false)]),
    "translation: test 0\n\ntranslation: test 1",
  );
});

Deno.test("nothing is shown where the test split was not decoded", () => {
  assert.equal(sampleTranslations([decodedOf("valid", 1)]), "");
  assert.equal(sampleTranslations([]), "");
});
