import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import { PhiloxStream } from "../../util/philox.ts";
import { type BucketOptions, choosePairShapes, coverPairShapes, rowsOf } from "./buckets.ts";
import { paddingOf } from "./pair_batches.ts";
import { splitOfLengths } from "./pair_testing.ts";

/** Lengths as in real text: most are short, and both sides of a pair belong together. */
function naturalSplit(pairs: number, scale: number) {
  const random = new PhiloxStream(7, 0);
  return splitOfLengths(Array.from({ length: pairs }, () => {
    const length = Math.max(2, Math.round(scale * Math.exp(0.5 * random.normal())));
    return [length, Math.max(2, Math.round(length * (1 + 0.15 * random.normal())))] as const;
  }));
}

/** Positions of an epoch in given shapes, counted plainly. */
function positions(lengths: readonly (readonly [number, number])[], shapes: readonly Shape[]) {
  let total = 0;
  for (const [i, shape] of shapes.entries()) {
    const held = (at: number) =>
      lengths.filter(([s, t]) => at >= 0 && s <= shapes[at].source && t <= shapes[at].target);
    const count = held(i).length - held(i - 1).length;
    total += Math.ceil(count / shape.rows) * shape.rows * (shape.source + shape.target);
  }
  return total;
}
type Shape = { rows: number; source: number; target: number };

Deno.test("rows are a multiple of eight from eight on", () => {
  assert.equal(rowsOf(10, { maxTokens: 1000 }), 96);
  assert.equal(rowsOf(10, { maxTokens: 70 }), 7);
  assert.equal(rowsOf(10, { maxTokens: 9 }), 0);
});

Deno.test("shapes grow, stay below the tokens of a batch, and hold every short pair", () => {
  const split = naturalSplit(3000, 20);
  const options = { maxTokens: 1024, maxLength: 64, shapes: 6 };
  const shapes = choosePairShapes(split, options);
  assert.ok(shapes.length <= 6 && shapes.length > 2);
  for (const [i, { rows, source, target }] of shapes.entries()) {
    assert.ok(rows * Math.max(source, target) <= 1024);
    assert.ok(rows < 8 || rows % 8 === 0);
    assert.equal(source % 4 + target % 4, 0);
    if (i > 0) assert.ok(source >= shapes[i - 1].source && target >= shapes[i - 1].target);
  }
  const long = Array.from(split.source.lengths, (s, i) => Math.max(s, split.target.lengths[i]))
    .filter((length) => length > 64).length;
  assert.ok(long > 0);
  assert.equal(paddingOf(split, shapes).skipped, long);
  assert.deepEqual(choosePairShapes(split, options), shapes);
});

Deno.test("no chain of shapes needs fewer positions", () => {
  const lengths = [
    ...[[3, 4], [4, 4], [4, 3], [8, 3], [7, 8], [8, 8], [12, 5], [11, 12], [12, 12], [3, 12]],
    ...Array.from({ length: 30 }, (_, i) => [1 + i % 5, 2 + i % 7]),
  ].map(([s, t]) => [s, t] as const);
  const options = { maxTokens: 48, maxLength: 12, shapes: 3 };
  const chosen = choosePairShapes(splitOfLengths(lengths), options);
  const sizes = [4, 8, 12];
  const all = sizes.flatMap((source) =>
    sizes.map((target) => ({ rows: rowsOf(Math.max(source, target), options), source, target }))
  );
  const grows = (a: Shape, b: Shape) => a !== b && a.source <= b.source && a.target <= b.target;
  const last = all[all.length - 1];
  const chains: Shape[][] = [[last]];
  for (const a of all) {
    if (!grows(a, last)) continue;
    chains.push([a, last]);
    for (const b of all) if (grows(a, b) && grows(b, last)) chains.push([a, b, last]);
  }
  const best = Math.min(...chains.map((chain) => positions(lengths, chain)));
  assert.equal(positions(lengths, chosen), best);
});

Deno.test("more shapes mean less padding, and eight leave little of it", () => {
  const split = naturalSplit(20_000, 20);
  const share = (shapes: number) => {
    const options: BucketOptions = { maxTokens: 4096, maxLength: 128, shapes };
    const { source, target } = paddingOf(split, choosePairShapes(split, options));
    return (source + target) / 2;
  };
  const shares = [1, 2, 4, 8].map(share);
  for (const [i, each] of shares.entries()) assert.ok(i === 0 || each < shares[i - 1]);
  assert.ok(shares[3] < 0.25, `${shares}`);
});

Deno.test("long sentences have few, wide steps of length", () => {
  const split = splitOfLengths([[3, 3], [1000, 900], [500, 1024]]);
  const shapes = choosePairShapes(split, { maxTokens: 4096, maxLength: 1024, shapes: 3 });
  assert.equal(shapes.at(-1)?.source, 1024);
  assert.equal(paddingOf(split, shapes).skipped, 0);
});

Deno.test("options that are not possible are the user's errors", () => {
  const split = splitOfLengths([[20, 20]]);
  assert.throws(() => choosePairShapes(split, { maxTokens: 16, maxLength: 32 }), UserError);
  assert.throws(() => choosePairShapes(split, { maxTokens: 0 }), UserError);
  assert.throws(() => choosePairShapes(split, { maxTokens: 64, shapes: 0.5 }), UserError);
  assert.throws(() => choosePairShapes(split, { maxTokens: 64, maxLength: 10 }), UserError);
});

Deno.test("another split is covered by one more shape where it is longer", () => {
  const options = { maxTokens: 64, maxLength: 16 };
  const shapes = choosePairShapes(splitOfLengths([[10, 12], [16, 9]]), options);
  assert.deepEqual(coverPairShapes(shapes, splitOfLengths([[16, 3]]), options), shapes);
  const covered = coverPairShapes(shapes, splitOfLengths([[3, 99]]), options);
  assert.deepEqual(covered.slice(0, -1), shapes);
  assert.deepEqual(covered.at(-1), { rows: 1, source: 16, target: 100 });
});
