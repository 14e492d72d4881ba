import assert from "node:assert/strict";
import type { TokenRows } from "../collate_tokens.ts";
import { pairRows } from "./pair_rows.ts";

const rowsOf = ({ tokens, batch, length }: TokenRows) =>
  Array.from({ length: batch }, (_, row) => [...tokens.slice(row * length, (row + 1) * length)]);

Deno.test("pairs come with the longest source first, equal ones in their order", () => {
  const rows = pairRows([
    { id: 7, source: [4, 2], target: [5, 6, 2] },
    { id: 8, source: [4, 5, 2], target: [2] },
    { id: 9, source: [6, 2], target: [8, 2] },
  ]);
  assert.deepEqual(rows.ids, [8, 7, 9]);
  assert.deepEqual([...rows.sourceLengths], [3, 2, 2]);
  assert.deepEqual(rowsOf(rows.source), [[4, 5, 2], [1, 4, 2], [1, 6, 2]]);
  assert.deepEqual(rowsOf(rows.target), [[2, 1, 1], [5, 6, 2], [8, 2, 1]]);
  assert.deepEqual(rowsOf(rows.previous), [[2, 1, 1], [2, 5, 6], [2, 8, 1]]);
  assert.equal(rows.targetTokens, 6);
});
