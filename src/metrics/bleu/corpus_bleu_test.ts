import assert from "node:assert/strict";
import { corpusBleu } from "./corpus_bleu.ts";
import { type BleuStatistics, type ByOrder, NO_STATISTICS } from "./statistics.ts";

const statistics = (
  matches: ByOrder,
  totals: ByOrder,
  referenceLength: number,
): BleuStatistics => ({
  matches,
  totals,
  hypothesisLength: totals[0],
  referenceLength,
});

function near(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) <= 1e-9 * expected, `${found} instead of ${expected}`);
}

Deno.test("BLEU is the geometric mean of the precisions times the brevity penalty", () => {
  const { score, precisions, brevityPenalty, ratio } = corpusBleu(
    statistics([8, 5, 3, 2], [10, 9, 8, 7], 12),
  );
  assert.deepEqual(precisions, [80, 500 / 9, 37.5, 200 / 7]);
  near(brevityPenalty, Math.exp(-0.2));
  near(ratio, 10 / 12);
  near(score, Math.exp(-0.2) * (80 * 500 / 9 * 37.5 * 200 / 7) ** 0.25);
  assert.equal(corpusBleu(statistics([8, 5, 3, 2], [10, 9, 8, 7], 10)).brevityPenalty, 1);
  assert.equal(corpusBleu(statistics([8, 5, 3, 2], [10, 9, 8, 7], 3)).brevityPenalty, 1);
});

Deno.test("orders without a match are smoothed as the method says", () => {
  const sparse = statistics([4, 2, 0, 0], [6, 5, 4, 3], 6);
  const precisions = (...options: Parameters<typeof corpusBleu>[1][]) =>
    corpusBleu(sparse, ...options).precisions;
  assert.deepEqual(precisions(), [400 / 6, 40, 12.5, 100 / 12]);
  assert.deepEqual(precisions({ smooth: "exp" }), precisions());
  assert.deepEqual(precisions({ smooth: "floor" }), [400 / 6, 40, 2.5, 10 / 3]);
  assert.deepEqual(precisions({ smooth: "floor", smoothValue: 0.4 }), [400 / 6, 40, 10, 40 / 3]);
  assert.deepEqual(precisions({ smooth: "add-k" }), [400 / 6, 50, 20, 25]);
  assert.deepEqual(precisions({ smooth: "none" }), [400 / 6, 40, 0, 0]);
  assert.equal(corpusBleu(sparse, { smooth: "none" }).score, 0);
  const added = corpusBleu(sparse, { smooth: "add-k", smoothValue: 2 });
  assert.deepEqual([added.matches, added.totals], [[4, 4, 2, 2], [6, 7, 6, 5]]);
});

Deno.test("the effective order leaves out what the text is too short for", () => {
  const short = statistics([2, 1, 0, 0], [2, 1, 0, 0], 2);
  assert.equal(corpusBleu(short).score, 0);
  near(corpusBleu(short, { effectiveOrder: true }).score, 100);
});

Deno.test("without any match, or without a hypothesis, BLEU is 0", () => {
  const wrong = statistics([0, 0, 0, 0], [9, 8, 7, 6], 9);
  for (const smooth of ["exp", "floor", "add-k", "none"] as const) {
    const { score, precisions } = corpusBleu(wrong, { smooth });
    assert.deepEqual([score, precisions], [0, [0, 0, 0, 0]]);
  }
  const silent = corpusBleu({ ...NO_STATISTICS, referenceLength: 5 });
  assert.deepEqual([silent.score, silent.brevityPenalty, silent.ratio], [0, 0, 0]);
  assert.equal(corpusBleu(NO_STATISTICS).ratio, 0);
});
