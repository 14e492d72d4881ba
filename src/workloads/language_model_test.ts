import assert from "node:assert/strict";
import type { LanguageModelData, TokenUnit } from "../data/lm/corpus.ts";
import { Dictionary } from "../data/lm/dictionary.ts";
import { countedTargets, countingSplit } from "../data/lm/lm_testing.ts";
import { tinyMega } from "../models/language_model_testing.ts";
import type { LanguageModelBatching } from "../models/lm_preset_types.ts";
import type { EvaluationSetting, RunBatch } from "../train/workload.ts";
import {
  languageModelExtents,
  languageModelScores,
  languageModelWorkload,
  trainingLength,
} from "./language_model.ts";

const BLOCKS: LanguageModelBatching = {
  training: {
    mode: "blocks",
    breakMode: "none",
    chunk: 8,
    multiples: [1, 2],
    maxTokens: 32,
    last: "fill",
  },
  evaluation: { rows: 4, length: 16, carried: false },
  settings: [
    { contextLength: 8, carried: false },
    { contextLength: 32, carried: true },
    { contextLength: 5, carried: true },
    { contextLength: 100, carried: false },
  ],
};
const LANES: LanguageModelBatching = {
  training: { mode: "lanes", lanes: 3, length: 16 },
  evaluation: { rows: 4, length: 16, carried: true },
  settings: [],
};
/** Tokens of a batch of evaluation. */
const BUDGET = 4 * 16;

function workloadOf(batching: LanguageModelBatching, unit: TokenUnit = "character") {
  const sizes = Array.from({ length: 40 }, (_, i) => 1 + (i * 7) % 11);
  const data: LanguageModelData = {
    kind: "language-modelling",
    id: "counting",
    version: "1",
    origin: "generated",
    source: "a test",
    unit,
    dictionary: Dictionary.fromCounts(new Map([["a", 1]])),
    splits: {
      train: countingSplit(sizes),
      valid: countingSplit(sizes.slice(0, 20)),
      test: countingSplit(sizes.slice(0, 31)),
    },
    hash: { train: "0", valid: "0", test: "0" },
    [Symbol.dispose]() {},
  };
  return { data, workload: languageModelWorkload({ config: tinyMega(8), data, batching }) };
}

/** The targets that count, as the text has them. */
function targetsOf({ feeds, extents, units, positions, fresh }: RunBatch): number[] {
  const [tokens, targets, weights] = ["tokens", "targets", "weights"].map((name) => {
    const values = feeds.get(name);
    assert.ok(values);
    return values;
  });
  const { batch, length } = extents;
  return countedTargets({
    feeds: new Map([["tokens", tokens], ["targets", targets], ["weights", weights]]),
    extents: { batch, length },
    units,
    positions,
    fresh,
  });
}

async function evaluate(
  batching: LanguageModelBatching,
  setting: EvaluationSetting | null,
): Promise<RunBatch[]> {
  using stream = workloadOf(batching).workload.open(1);
  return await Array.fromAsync(stream.evaluation({ split: "test", setting }));
}

Deno.test("scores follow from summed losses: bits and perplexity, smaller is better", () => {
  // Four tokens of two bits each.
  const sums = { lossSum: 8 * Math.LN2, metrics: {}, units: { sentences: 1, tokens: 4 } };
  const values = (unit: TokenUnit) =>
    languageModelScores(unit).map(({ name, of }) => [name, Number(of(sums).toFixed(12))]);
  const nats = Number((2 * Math.LN2).toFixed(12));
  assert.deepEqual(values("character"), [
    ["bits-per-character", 2],
    ["perplexity", 4],
    ["loss", nats],
  ]);
  assert.deepEqual(values("byte")[0], ["bits-per-byte", 2]);
  assert.deepEqual(values("word"), [["perplexity", 4], ["loss", nats]]);
  for (const unit of ["character", "byte", "word"] as const) {
    for (const { higherIsBetter, per, hits } of languageModelScores(unit)) {
      assert.deepEqual([higherIsBetter, per, hits], [false, "tokens", undefined]);
    }
  }
});

Deno.test("a run is evaluated on validation, on test, and on test in every setting", () => {
  const { workload } = workloadOf(BLOCKS);
  assert.deepEqual(workload.evaluations, [
    { split: "valid", setting: null },
    { split: "test", setting: null },
    ...BLOCKS.settings.map((setting) => ({ split: "test", setting })),
  ]);
  assert.equal(workload.normaliser, "tokens");
});

Deno.test("extents are those of the longest blocks, or of the lanes", () => {
  assert.deepEqual(languageModelExtents(BLOCKS), {
    train: { batch: 2, length: 16, carried: 0 },
    evaluate: { batch: 4, length: 16, carried: 0 },
  });
  assert.deepEqual(languageModelExtents(LANES), {
    train: { batch: 3, length: 16, carried: 1 },
    evaluate: { batch: 4, length: 16, carried: 1 },
  });
  assert.equal(trainingLength(BLOCKS.training), 16);
  assert.equal(trainingLength(LANES.training), 16);
});

for (const [name, batching] of [["windows", BLOCKS], ["documents", LANES]] as const) {
  const settings = [null, ...BLOCKS.settings];
  Deno.test(`evaluation, by ${name} unless a setting differs, counts every token once`, async () => {
    const { tokens } = workloadOf(batching).data.splits.test;
    const text = [...tokens.slice(0, tokens.length)].sort((a, b) => a - b);
    for (const setting of settings) {
      const batches = await evaluate(batching, setting);
      assert.deepEqual(batches.flatMap(targetsOf).sort((a, b) => a - b), text);
      assert.equal(batches.reduce((sum, { units }) => sum + units.tokens, 0), text.length);
      const carried = setting?.carried ?? batching.evaluation.carried;
      const length = setting?.contextLength ?? 16;
      const batch = Math.max(1, Math.floor(BUDGET / length));
      for (const { extents, positions } of batches) {
        assert.deepEqual(extents, { batch, length, carried: carried ? 1 : 0 });
        assert.equal(positions, batch * length);
        assert.ok(batch === 1 || positions <= BUDGET);
      }
      // State of another text is forgotten; windows know nothing of each other.
      assert.deepEqual(
        batches.map(({ fresh }) => fresh),
        batches.map((_, i) => !carried || i === 0),
      );
    }
  });
}

Deno.test("usual windows overlap by half, those of a setting do not", async () => {
  const counted = ({ units, extents }: RunBatch) => units.tokens / extents.batch;
  assert.equal(counted((await evaluate(BLOCKS, null))[0]), 8);
  assert.equal(counted((await evaluate(BLOCKS, BLOCKS.settings[0]))[0]), 8);
  const first = (await evaluate(BLOCKS, { contextLength: 16, carried: false }))[0];
  assert.equal(counted(first), 16);
});

for (const [name, batching] of [["blocks", BLOCKS], ["lanes", LANES]] as const) {
  Deno.test(`a stream of ${name} continues at a cursor, also after an evaluation`, async () => {
    const { workload } = workloadOf(batching);
    using whole = workload.open(5);
    for (let i = 0; i < 9; i++) await whole.next();
    const { cursor } = whole;
    const expected: RunBatch[] = [];
    for (let i = 0; i < 12; i++) {
      expected.push(await whole.next());
      if (i === 3) await Array.fromAsync(whole.evaluation({ split: "valid", setting: null }));
    }
    using resumed = workload.open(5);
    await resumed.seek(cursor);
    assert.deepEqual(resumed.cursor, cursor);
    for (const batch of expected) assert.deepEqual(await resumed.next(), batch);
    assert.ok(whole.cursor.epoch > cursor.epoch);
    await assert.rejects(resumed.seek({ epoch: 1, index: 10_000 }), /is outside the data/);
  });
}

Deno.test("lanes start afresh with an epoch only, blocks with every batch", async () => {
  using lanes = workloadOf(LANES).workload.open(1);
  const places: [boolean, boolean][] = [];
  for (let i = 0; i < 15; i++) {
    const { index } = lanes.cursor;
    const { fresh, extents } = await lanes.next();
    assert.deepEqual(extents, { batch: 3, length: 16, carried: 1 });
    places.push([fresh, index === 0]);
  }
  for (const [fresh, first] of places) assert.equal(fresh, first);
  assert.ok(places.filter(([fresh]) => fresh).length >= 2);
  using blocks = workloadOf(BLOCKS).workload.open(1);
  for (let i = 0; i < 15; i++) {
    const { fresh, extents } = await blocks.next();
    assert.deepEqual([fresh, extents.carried], [true, 0]);
  }
});
