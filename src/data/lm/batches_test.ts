import assert from "node:assert/strict";
import type { RunBatch } from "../../train/workload.ts";
import { UserError } from "../../errors.ts";
import { LanguageModelBatches, type TrainingBatching } from "./batches.ts";
import { countedTargets, countingSplit, rowsOf } from "./lm_testing.ts";
import type { LanguageModelBatch } from "./rows.ts";

const SIZES = Array.from({ length: 90 }, (_, i) => 1 + (i * 11) % 17);
const SPLIT = countingSplit([...SIZES, 70]);
const ALL = [...SPLIT.tokens.slice(0, SPLIT.tokens.length)].sort((a, b) => a - b);
const BLOCKS: TrainingBatching = {
  mode: "blocks",
  breakMode: "complete",
  chunk: 8,
  multiples: [2, 4],
  maxTokens: 70,
  last: "fill",
};

/** All batches of the epoch that the cursor is in. */
function epochOf(batches: LanguageModelBatches): LanguageModelBatch[] {
  return Array.from({ length: batches.batchesPerEpoch }, () => batches.next());
}

for (const breakMode of ["complete", "none"] as const) {
  Deno.test(`an epoch of ${breakMode} blocks has every token once, in the known shapes`, () => {
    const batches = new LanguageModelBatches(SPLIT, { ...BLOCKS, breakMode }, 3);
    assert.deepEqual(batches.shapes, [
      { batch: 4, length: 16 },
      { batch: 2, length: 24 },
      { batch: 2, length: 32 },
    ]);
    for (let epoch = 1; epoch <= 3; epoch++) {
      const made = epochOf(batches);
      for (const { extents, positions, fresh } of made) {
        assert.ok(
          batches.shapes.some(({ batch, length }) =>
            batch === extents.batch && length === extents.length
          ),
        );
        assert.equal(positions, extents.batch * extents.length);
        assert.ok(fresh);
      }
      assert.deepEqual(made.flatMap(countedTargets).sort((a, b) => a - b), ALL);
      assert.equal(made.reduce((sum, { units }) => sum + units.tokens, 0), ALL.length);
      assert.deepEqual(batches.cursor, { epoch: epoch + 1, index: 0 });
    }
  });
}

Deno.test("rows read </s>, then their targets one step late, then padding without weight", () => {
  const batches = new LanguageModelBatches(SPLIT, BLOCKS, 3);
  for (const batch of epochOf(batches)) {
    for (const { tokens, targets, weights } of rowsOf(batch)) {
      const end = tokens.indexOf(1) < 0 ? tokens.length : tokens.indexOf(1);
      const cutLine = tokens[0] !== 2;
      assert.ok(!cutLine || targets[0] === tokens[0] + 1);
      assert.deepEqual(tokens.slice(1, end), targets.slice(0, end - 1));
      assert.ok(targets.slice(end).every((id) => id === 1));
      const filler = weights[0] === 0;
      assert.deepEqual(weights, weights.map((_, i) => i < end && !filler ? 1 : 0));
    }
    const real = rowsOf(batch).filter(({ weights }) => weights[0] === 1).length;
    assert.equal(batch.units.sentences, real);
    assert.ok(real > 0);
  }
});

Deno.test("dropping the last blocks of a length leaves full batches only", () => {
  const made = epochOf(new LanguageModelBatches(SPLIT, { ...BLOCKS, last: "drop" }, 3));
  assert.ok(made.length > 0);
  for (const { units, extents } of made) assert.equal(units.sentences, extents.batch);
});

Deno.test("batches follow from seed and cursor alone; epochs and seeds differ", () => {
  const all = new LanguageModelBatches(SPLIT, BLOCKS, 3);
  const made = [...epochOf(all), ...epochOf(all)];
  const first = new LanguageModelBatches(SPLIT, BLOCKS, 3).batchesPerEpoch;
  for (
    const [at, cursor] of [[first - 1, { epoch: 1, index: first - 1 }], [
      first + 2,
      { epoch: 2, index: 2 },
    ]] as const
  ) {
    const resumed: LanguageModelBatches = new LanguageModelBatches(SPLIT, BLOCKS, 3);
    resumed.seek(cursor);
    assert.deepEqual(resumed.cursor, cursor);
    for (const batch of made.slice(at)) assert.deepEqual(resumed.next(), batch);
  }
  assert.notDeepEqual(made[0], made[first]);
  assert.notDeepEqual(new LanguageModelBatches(SPLIT, BLOCKS, 4).next(), made[0]);
});

Deno.test("lanes read the text side by side and start afresh with the epoch", () => {
  const batches = new LanguageModelBatches(SPLIT, { mode: "lanes", lanes: 3, length: 50 }, 1);
  const text = [...SPLIT.tokens.slice(0, SPLIT.tokens.length)];
  const lane = Math.floor(text.length / 3);
  const made = epochOf(batches);
  assert.deepEqual(made.map(({ fresh }) => fresh), made.map((_, i) => i === 0));
  const lanes = [0, 1, 2].map((i) =>
    made.flatMap((batch) => countedTargets(batch).length > 0 ? [rowsOf(batch)[i]] : [])
  );
  for (const [i, rows] of lanes.entries()) {
    const targets = rows.flatMap(({ targets, weights }) =>
      targets.filter((_, t) => weights[t] > 0)
    );
    const tokens = rows.flatMap(({ tokens, weights }) => tokens.filter((_, t) => weights[t] > 0));
    assert.deepEqual(targets, text.slice(i * lane, (i + 1) * lane));
    assert.deepEqual(tokens, [i === 0 ? 2 : text[i * lane - 1], ...targets.slice(0, -1)]);
  }
  assert.equal(made[0].units.sentences, 3);
  assert.deepEqual(epochOf(batches), made);
});

Deno.test("a batch is a batch of the training loop", () => {
  const batch: RunBatch = new LanguageModelBatches(SPLIT, BLOCKS, 3).next();
  assert.ok(batch.feeds.get("weights") instanceof Float32Array);
});

Deno.test("impossible options and foreign cursors are the user's errors", () => {
  const make = (options: TrainingBatching) => () => new LanguageModelBatches(SPLIT, options, 1);
  assert.throws(make({ ...BLOCKS, maxTokens: 31 }), /31 tokens does not hold a block of 32/);
  assert.throws(make({ ...BLOCKS, multiples: [3, 2] }), UserError);
  assert.throws(make({ ...BLOCKS, chunk: 0 }), UserError);
  assert.throws(make({ ...BLOCKS, maxTokens: 1e6, last: "drop" }), /does not fill a batch/);
  assert.throws(make({ mode: "lanes", lanes: 1e6, length: 8 }), /does not fill a batch/);
  const batches = new LanguageModelBatches(SPLIT, BLOCKS, 1);
  for (
    const cursor of [{ epoch: 0, index: 0 }, { epoch: 1, index: 999 }, { epoch: 1, index: -1 }]
  ) {
    assert.throws(() => batches.seek(cursor), /is outside the data/);
  }
});
