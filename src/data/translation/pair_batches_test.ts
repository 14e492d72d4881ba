import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import { EOS_ID, PAD_ID } from "../vocabulary.ts";
import { collatePairs, type PairBatch, type PairFeed } from "./collate_pairs.ts";
import { paddingOf, TranslationBatches } from "./pair_batches.ts";
import { otherSentences, pairEvaluation } from "./pair_evaluation.ts";
import { sentencesOf, splitOfLengths } from "./pair_testing.ts";

const LENGTHS = Array.from({ length: 53 }, (_, i) => [2 + i % 11, 2 + (3 * i) % 10] as const);
const SPLIT = splitOfLengths(LENGTHS);
const SHAPES = [
  { rows: 8, source: 4, target: 8 },
  { rows: 6, source: 8, target: 8 },
  { rows: 4, source: 12, target: 10 },
];

function feed(batch: PairBatch, name: PairFeed): Int32Array {
  const found = batch.feeds.get(name);
  assert.ok(found !== undefined);
  return found;
}

function take(batches: TranslationBatches, count: number): PairBatch[] {
  return Array.from({ length: count }, () => batches.next());
}

Deno.test("a batch pads sources on either side and shifts targets", () => {
  const split = {
    source: sentencesOf([Int32Array.of(5, 6, EOS_ID), Int32Array.of(7, EOS_ID)]),
    target: sentencesOf([Int32Array.of(8, EOS_ID), Int32Array.of(9, 4, EOS_ID)]),
  };
  const shape = { rows: 3, source: 4, target: 3 };
  const pairs = Int32Array.of(1, 0);
  const left = collatePairs(split, pairs, shape, "left");
  assert.deepEqual([...feed(left, "source")], [1, 1, 7, 2, 1, 5, 6, 2, 1, 1, 7, 2]);
  assert.deepEqual([...feed(left, "target")], [9, 4, 2, 8, 2, 1, 1, 1, 1]);
  assert.deepEqual([...feed(left, "previous")], [2, 9, 4, 2, 8, 1, 2, 9, 4]);
  assert.deepEqual(left.units, { sentences: 2, tokens: 5 });
  assert.deepEqual(left.extents, { batch: 3, source: 4, target: 3 });
  assert.equal(left.positions, 9);
  assert.deepEqual([...left.pairs], [1, 0]);
  const right = collatePairs(split, pairs, shape, "right");
  assert.deepEqual([...feed(right, "source")], [7, 2, 1, 1, 5, 6, 2, 1, 7, 2, 1, 1]);
});

Deno.test("a pair that does not fit is a programming error", () => {
  const shape = { rows: 1, source: 3, target: 12 };
  assert.throws(() => collatePairs(SPLIT, Int32Array.of(9), shape, "left"), RangeError);
  assert.throws(() => collatePairs(SPLIT, Int32Array.of(0, 1), shape, "left"), RangeError);
});

Deno.test("an epoch has every pair that fits once, in batches of the same pairs in another order", () => {
  const batches = new TranslationBatches(SPLIT, SHAPES, "left", 3);
  const fitting = LENGTHS.flatMap(([s, t], i) => s <= 12 && t <= 10 ? [i] : []);
  assert.ok(fitting.length < LENGTHS.length);
  const epochs = [1, 2, 3].map((epoch) => {
    assert.deepEqual(batches.cursor, { epoch, index: 0 });
    return take(batches, batches.batchesPerEpoch);
  });
  const members = epochs.map((epoch) => epoch.map(({ pairs }) => [...pairs].join(" ")));
  for (const [i, epoch] of epochs.entries()) {
    const seen = epoch.flatMap(({ pairs }) => [...pairs]);
    assert.deepEqual(seen.toSorted((a, b) => a - b), fitting);
    assert.notDeepEqual(members[i], members[(i + 1) % 3], "the order changes");
  }
  const sets = members.map((epoch) => epoch.toSorted().join());
  assert.equal(sets[0], sets[1]);
  let tokens = 0;
  for (const { units } of epochs[0]) tokens += units.tokens;
  assert.equal(tokens, fitting.reduce((sum, i) => sum + LENGTHS[i][1], 0));
});

Deno.test("a resumed run sees the same batches", () => {
  const make = () => new TranslationBatches(SPLIT, SHAPES, "left", 5);
  const whole = make();
  take(whole, whole.batchesPerEpoch + 3);
  const { cursor } = whole;
  const resumed = make();
  resumed.seek(cursor);
  assert.deepEqual(resumed.cursor, cursor);
  assert.deepEqual(
    take(resumed, 2 * resumed.batchesPerEpoch),
    take(whole, 2 * whole.batchesPerEpoch),
  );
});

Deno.test("another seed gives other batches", () => {
  const make = (seed: number) => take(new TranslationBatches(SPLIT, SHAPES, "left", seed), 4);
  assert.notDeepEqual(make(1), make(2));
});

Deno.test("filler rows repeat pairs and have no targets", () => {
  const batches = new TranslationBatches(SPLIT, SHAPES, "left", 1);
  const short = take(batches, batches.batchesPerEpoch)
    .filter(({ extents, units }) => units.sentences < extents.batch);
  assert.ok(short.length > 0);
  for (const batch of short) {
    const { source: width, target: length, batch: rows } = batch.extents;
    const row = (name: "source" | "previous" | "target", i: number, size: number) =>
      feed(batch, name).subarray(i * size, (i + 1) * size);
    for (let i = batch.units.sentences; i < rows; i++) {
      const from = i % batch.units.sentences;
      assert.deepEqual(row("source", i, width), row("source", from, width));
      assert.deepEqual(row("previous", i, length), row("previous", from, length));
      assert.ok(row("target", i, length).every((id) => id === PAD_ID));
    }
  }
});

Deno.test("the reported padding is what the batches hold", () => {
  const batches = new TranslationBatches(SPLIT, SHAPES, "left", 1);
  const report = paddingOf(SPLIT, SHAPES);
  assert.equal(report.batches, batches.batchesPerEpoch);
  assert.equal(report.skipped, LENGTHS.filter(([s, t]) => s > 12 || t > 10).length);
  let [padding, positions] = [0, 0];
  for (const batch of take(batches, batches.batchesPerEpoch)) {
    const target = feed(batch, "target");
    positions += target.length;
    padding += target.filter((id) => id === PAD_ID).length;
  }
  assert.ok(Math.abs(report.target - padding / positions) < 1e-12);
});

Deno.test("positions that do not belong to the data are refused", () => {
  const batches = new TranslationBatches(SPLIT, SHAPES, "left", 1);
  for (
    const cursor of [{ epoch: 0, index: 0 }, { epoch: 1, index: 99 }, { epoch: 1.5, index: 0 }]
  ) {
    assert.throws(() => batches.seek(cursor), UserError);
  }
  const none = [{ rows: 1, source: 1, target: 1 }];
  assert.throws(() => new TranslationBatches(SPLIT, none, "left", 1), UserError);
});

Deno.test("evaluation reads every pair once, the shortest first, with its own source", () => {
  const shapes = [...SHAPES, { rows: 2, source: 12, target: 12 }];
  const seen: number[] = [];
  let last = 0;
  for (const batch of pairEvaluation(SPLIT, shapes, { sourcePadding: "right" })) {
    const { source: width, target: length } = batch.extents;
    assert.ok(width * length >= last);
    last = width * length;
    for (const [row, pair] of batch.pairs.entries()) {
      seen.push(pair);
      assert.equal(feed(batch, "source")[row * width], SPLIT.source.sentence(pair)[0]);
      assert.equal(feed(batch, "target")[row * length], SPLIT.target.sentence(pair)[0]);
    }
  }
  assert.deepEqual(seen.toSorted((a, b) => a - b), LENGTHS.map((_, i) => i));
  assert.throws(
    () => [...pairEvaluation(SPLIT, SHAPES.slice(0, 1), { sourcePadding: "left" })],
    UserError,
  );
});

Deno.test("evaluation hands on the rest of a shape that fills less than half a batch", () => {
  const split = splitOfLengths([...Array.from({ length: 10 }, () => [3, 3] as const), [6, 6], [
    2,
    2,
  ]]);
  const shapes = [{ rows: 8, source: 4, target: 4 }, { rows: 4, source: 8, target: 8 }];
  const sizes = Array.from(
    pairEvaluation(split, shapes, { sourcePadding: "left" }),
    ({ extents, units }) => [extents.batch, units.sentences],
  );
  assert.deepEqual(sizes, [[8, 8], [4, 4]]);
});

Deno.test("shuffled sources are those of other pairs, each once", () => {
  const shapes = [...SHAPES, { rows: 2, source: 12, target: 12 }];
  const sources: number[] = [];
  const options = { sourcePadding: "right", shuffledSources: true } as const;
  let pairs = 0;
  for (const batch of pairEvaluation(SPLIT, shapes, options)) {
    for (const [row, pair] of batch.pairs.entries()) {
      const first = feed(batch, "source")[row * batch.extents.source];
      const from = (first - 10) / 2;
      assert.notEqual(from, pair);
      assert.equal(feed(batch, "target")[row * batch.extents.target], 11 + 2 * pair);
      sources.push(from);
      pairs++;
    }
  }
  assert.equal(pairs, LENGTHS.length);
  assert.deepEqual(sources.toSorted((a, b) => a - b), LENGTHS.map((_, i) => i));
  assert.deepEqual(otherSentences(5), otherSentences(5));
  assert.deepEqual([...otherSentences(2)], [1, 0]);
  assert.throws(() => otherSentences(1), UserError);
});
