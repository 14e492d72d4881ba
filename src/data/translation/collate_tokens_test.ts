import assert from "node:assert/strict";
import { collateTokens, type TokenRows } from "./collate_tokens.ts";

const rowsOf = ({ tokens, batch, length }: TokenRows) =>
  Array.from({ length: batch }, (_, row) => [...tokens.slice(row * length, (row + 1) * length)]);

Deno.test("rows are as long as the longest sentence, or as asked for", () => {
  const sentences = [[4, 5, 2], [7, 2]];
  assert.deepEqual(rowsOf(collateTokens(sentences, { pad: 1 })), [[4, 5, 2], [7, 2, 1]]);
  assert.deepEqual(rowsOf(collateTokens(sentences, { pad: 1, leftPad: true, padToLength: 4 })), [
    [1, 4, 5, 2],
    [1, 1, 7, 2],
  ]);
  assert.deepEqual(rowsOf(collateTokens(sentences, { pad: 1, padToLength: 2 }))[1], [7, 2, 1]);
});

Deno.test("a decoder reads what it predicts one token later, whatever the last token is", () => {
  const sentences = [[4, 5, 6], [7, 2], []];
  const rows = (first: number | "last", leftPad = false) =>
    rowsOf(collateTokens(sentences, { pad: 1, first, leftPad }));
  assert.deepEqual(rows(2), [[2, 4, 5], [2, 7, 1], [1, 1, 1]]);
  assert.deepEqual(rows(2, true), [[2, 4, 5], [1, 2, 7], [1, 1, 1]]);
  assert.deepEqual(rows("last"), [[6, 4, 5], [2, 7, 1], [1, 1, 1]]);
});
