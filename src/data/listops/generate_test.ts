import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import { Sha256 } from "../../util/sha256.ts";
import { evaluate } from "./evaluate.ts";
import type { Codes } from "./expression.ts";
import { checkListOpsParams, generateExpressions } from "./generate.ts";

const SHAPE = { maxDepth: 10, maxArgs: 10, minLength: 20, maxLength: 100 };

function take(count: number, seed: number, shape = SHAPE): Codes[] {
  const stream = generateExpressions(shape, seed);
  return Array.from({ length: count }, () => stream.next().value);
}

/** Depth of the deepest operator, and the number of arguments of every operator. */
function anatomy(codes: Codes): { depth: number; argumentCounts: number[] } {
  const open: number[] = [];
  const argumentCounts: number[] = [];
  let depth = 0;
  for (const code of codes) {
    if (code === 14) argumentCounts.push(open.pop() ?? -1);
    else {
      if (open.length > 0) open[open.length - 1]++;
      if (code >= 10) open.push(0);
      depth = Math.max(depth, open.length);
    }
  }
  return { depth, argumentCounts };
}

Deno.test("the same seed gives the same expressions, whatever the machine", () => {
  const digest = (seed: number) => {
    const hash = new Sha256();
    for (const codes of take(500, seed)) hash.update(Uint8Array.of(codes.length)).update(codes);
    return hash.digest();
  };
  assert.equal(digest(1), "d8fa63e173b8ca5ea77cc3e45c1c26de8d3875f8c162c0724f830f83ea6f4531");
  assert.notEqual(digest(2), digest(1));
});

Deno.test("expressions are complete, distinct and strictly inside the length window", () => {
  const all = take(5000, 3);
  for (const codes of all) {
    assert.ok(codes.length > 20 && codes.length < 100);
    assert.notEqual(evaluate(codes), undefined);
  }
  assert.equal(new Set(all.map((codes) => codes.join())).size, all.length);
  const narrow = take(50, 3, { ...SHAPE, minLength: 20, maxLength: 22 });
  assert.ok(narrow.every((codes) => codes.length === 21));
});

Deno.test("operators, digits and argument counts have the generator's distribution", () => {
  const all = take(5000, 4);
  const counts = new Array<number>(15).fill(0);
  for (const codes of all) for (const code of codes) counts[code]++;
  const share = (from: number, to: number) => {
    const part = counts.slice(from, to);
    const total = part.reduce((sum, n) => sum + n, 0);
    return part.map((n) => n / total);
  };
  for (const p of share(10, 14)) assert.ok(Math.abs(p - 0.25) < 0.012, `operator share ${p}`);
  for (const p of share(0, 10)) assert.ok(Math.abs(p - 0.1) < 0.004, `digit share ${p}`);
  const parts = all.map(anatomy);
  const argumentCounts = parts.flatMap((part) => part.argumentCounts);
  assert.equal(Math.min(...argumentCounts), 2);
  assert.equal(Math.max(...argumentCounts), 10);
  assert.ok(parts.every(({ depth }) => depth <= 9));
  const tall = take(2000, 4, { ...SHAPE, minLength: 500, maxLength: 2000 }).map(anatomy);
  assert.equal(Math.max(...tall.map(({ depth }) => depth)), 9);
});

Deno.test("every argument count is equally likely when the window does not select", () => {
  const shape = { maxDepth: 2, maxArgs: 6, minLength: 3, maxLength: 100 };
  const counts = new Map<number, number>();
  for (const codes of take(5000, 5, shape)) {
    counts.set(codes.length - 2, (counts.get(codes.length - 2) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), [2, 3, 4, 5, 6]);
  // Two arguments have only 400 distinct trees, so they are rarer among distinct expressions.
  for (const n of [4, 5, 6]) {
    assert.ok(Math.abs((counts.get(n) ?? 0) / (counts.get(5) ?? 0) - 1) < 0.15);
  }
});

Deno.test("the majority class has about 0.16 of the expressions of 21 to 99 tokens", () => {
  const counts = new Array<number>(10).fill(0);
  const all = take(10_000, 6);
  for (const codes of all) counts[evaluate(codes) ?? -1]++;
  const shares = counts.map((n) => n / all.length);
  const majority = Math.max(...shares);
  assert.ok(majority > 0.15 && majority < 0.175, `majority class ${majority}`);
  assert.ok(Math.min(...shares) > 0.06, `rarest class ${Math.min(...shares)}`);
});

Deno.test("impossible parameters are the user's error", () => {
  const params = { train: 1, valid: 1, test: 1, ...SHAPE };
  const bad = [
    { maxArgs: 1 },
    { maxDepth: 0 },
    { minLength: 99 },
    { train: 1.5 },
    { test: -1 },
    { maxLength: NaN },
  ];
  for (const change of bad) {
    assert.throws(() => checkListOpsParams({ ...params, ...change }), UserError);
  }
  const few = { maxDepth: 1, maxArgs: 2, minLength: 0, maxLength: 3 };
  assert.throws(() => take(11, 1, few), /only 10 distinct expressions of length 1 to 2/);
});
