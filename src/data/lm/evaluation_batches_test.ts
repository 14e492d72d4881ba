import assert from "node:assert/strict";
import {
  type EvaluationBatching,
  evaluationShape,
  languageModelEvaluation,
} from "./evaluation_batches.ts";
import { countedTargets, countingSplit, rowsOf } from "./lm_testing.ts";

const SPLIT = countingSplit(Array.from({ length: 60 }, (_, i) => 1 + (i * 5) % 13));
const TEXT = [...SPLIT.tokens.slice(0, SPLIT.tokens.length)];
const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b);

const modes: [string, EvaluationBatching][] = [
  ["documents", { mode: "documents", splits: 7, rows: 3, piece: 16 }],
  ["the whole split as one document", { mode: "documents", rows: 1, piece: 50 }],
  ["stretches of equal size", { mode: "documents", rows: 4, piece: 16 }],
  ["plain windows", { mode: "windows", rows: 3, stride: 20, context: 0 }],
  ["sliding windows", { mode: "windows", rows: 3, stride: 7, context: 12 }],
];
for (const [what, options] of modes) {
  Deno.test(`evaluation by ${what} counts every token once, in one shape`, () => {
    const batches = [...languageModelEvaluation(SPLIT, options)];
    assert.deepEqual(sorted(batches.flatMap(countedTargets)), sorted(TEXT));
    for (const { extents } of batches) assert.deepEqual(extents, evaluationShape(options));
    const tokens = batches.reduce((sum, { units }) => sum + units.tokens, 0);
    assert.equal(tokens, TEXT.length);
  });
}

Deno.test("documents begin afresh with </s> and go on where their last piece ended", () => {
  const options = { mode: "documents", splits: 7, rows: 3, piece: 16 } as const;
  const documents: number[][] = [];
  let open: number[][] = [];
  let begun = 0;
  for (const batch of languageModelEvaluation(SPLIT, options)) {
    begun += batch.units.sentences;
    if (batch.fresh) {
      documents.push(...open);
      open = Array.from({ length: batch.units.sentences }, () => []);
      for (const { tokens } of rowsOf(batch).slice(0, open.length)) assert.equal(tokens[0], 2);
    } else assert.equal(batch.units.sentences, 0);
    for (const [i, { targets, weights }] of rowsOf(batch).entries()) {
      open[i]?.push(...targets.filter((_, t) => weights[t] > 0));
    }
  }
  documents.push(...open);
  assert.equal(documents.length, begun);
  assert.ok(begun === 7 || begun === 8);
  assert.deepEqual(documents.flat(), TEXT);
  for (const document of documents) assert.equal(document.at(-1), 2);
});

Deno.test("a sliding window sees the text before the tokens that count", () => {
  const options = { mode: "windows", rows: 2, stride: 7, context: 12 } as const;
  const sources = [2, ...TEXT.slice(0, -1)];
  let at = 0;
  for (const batch of languageModelEvaluation(SPLIT, options)) {
    assert.ok(batch.fresh);
    for (const { tokens, weights } of rowsOf(batch).slice(0, batch.units.sentences)) {
      const first = weights.indexOf(1);
      const counted = weights.filter((weight) => weight === 1).length;
      assert.equal(first, Math.min(12, at));
      assert.deepEqual(tokens.slice(0, first + counted), sources.slice(at - first, at + counted));
      at += counted;
    }
  }
  assert.equal(at, TEXT.length);
});
