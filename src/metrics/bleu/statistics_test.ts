import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import {
  addStatistics,
  countsOf,
  NO_STATISTICS,
  sentenceStatistics,
  statisticsOf,
  sumStatistics,
} from "./statistics.ts";

const words = (text: string) => text.split(" ");

Deno.test("matches are clipped at the reference's counts", () => {
  // The example of Papineni et al. 2002, section 2.1.
  const statistics = sentenceStatistics(words("the the the the the the the"), [
    words("the cat is on the mat"),
    words("there is a cat on the mat"),
  ]);
  assert.deepEqual(statistics, {
    matches: [2, 0, 0, 0],
    totals: [7, 6, 5, 4],
    hypothesisLength: 7,
    referenceLength: 7,
  });
});

Deno.test("several references allow the largest count of each n-gram, not their sum", () => {
  const { matches } = sentenceStatistics(words("a a a b b c"), [words("a a"), words("a b b b")]);
  assert.deepEqual(matches, [4, 3, 1, 0]);
});

Deno.test("the closest length counts, the shorter of two, and missing references do not", () => {
  const lengthOf = (...references: (number[] | null)[]) =>
    sentenceStatistics([1, 2, 3, 4], references).referenceLength;
  assert.equal(lengthOf([1, 1, 1, 1, 1], [1, 1, 1]), 3);
  assert.equal(lengthOf([1, 1, 1], [1, 1, 1, 1, 1]), 3);
  assert.equal(lengthOf([], [1, 1, 1, 1, 1, 1]), 6);
  assert.equal(lengthOf(null, [1]), 1);
  assert.throws(() => lengthOf(), UserError);
  assert.throws(() => lengthOf(null, null), /a sentence has no reference/);
});

Deno.test("ids and strings count alike, and n-grams of different ids never look alike", () => {
  assert.deepEqual(
    sentenceStatistics(Int32Array.of(1, 11, 1), [[11, 1, 1]]).matches,
    [3, 1, 0, 0],
  );
  assert.deepEqual(sentenceStatistics(["1 1", "1"], [["1", "1 1"]]).matches, [2, 0, 0, 0]);
});

Deno.test("a hypothesis without tokens has no n-grams", () => {
  assert.deepEqual(sentenceStatistics([], [[1, 2]]), { ...NO_STATISTICS, referenceLength: 2 });
});

Deno.test("statistics of sentences add up to those of a corpus", () => {
  const first = sentenceStatistics([1, 2, 3, 4, 5], [[1, 2, 3, 4]]);
  const second = sentenceStatistics([7, 8], [[7, 8, 9]]);
  const sum = addStatistics(first, second);
  assert.deepEqual(sum, {
    matches: [6, 4, 2, 1],
    totals: [7, 5, 3, 2],
    hypothesisLength: 7,
    referenceLength: 7,
  });
  assert.deepEqual(sumStatistics([first, second]), sum);
  assert.deepEqual(sumStatistics([]), NO_STATISTICS);
});

Deno.test("statistics are ten counts in a row, and the row reads as the same statistics", () => {
  const statistics = sentenceStatistics([1, 2, 3, 4, 5], [[1, 2, 3, 4]]);
  assert.deepEqual(countsOf(statistics), [4, 3, 2, 1, 5, 4, 3, 2, 5, 4]);
  assert.deepEqual(statisticsOf(countsOf(statistics)), statistics);
});
