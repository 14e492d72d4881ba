import assert from "node:assert/strict";
import { interpret } from "../../compiler/evaluate.ts";
import { assertClose, testDevice, testNormals } from "../../compiler/testing.ts";
import { EOS_ID, PAD_ID } from "../../data/vocabulary.ts";
import { UserError } from "../../errors.ts";
import { freshGraph } from "../../graph/build.ts";
import { sizeOf } from "../../graph/contract.ts";
import type { TranslationConfig } from "../../models/translation_config.ts";
import { decodeStep, encodeForDecoding } from "../../models/translation_decoding.ts";
import {
  buildTranslation,
  translationInputs,
  translationParameters,
} from "../../models/translation_model.ts";
import { tinyTranslation as tiny, tinyTranslationMega } from "../../models/translation_testing.ts";
import { ModelContext } from "../../nn/context.ts";
import { Inference } from "../../train/inference.ts";
import type {
  BatchExtents,
  BlocksOf,
  DecodeRunner,
  Mode,
  ModelFunction,
} from "../../train/workload.ts";
import type { Hypothesis } from "./beam_search.ts";
import {
  blocksOfSentences,
  noStatistics,
  searchBatch,
  type SearchTuning,
  shrunkRows,
} from "./search_batch.ts";
import { padSources, translate, type TranslateOptions } from "./translator.ts";

/** So few words that `</s>` comes up after any number of them. */
const tinyTranslation: typeof tiny = (model, changes) =>
  tiny(model, { vocabulary: 8, sharedEmbeddings: "none", ...changes });

/** Parameters of one size: a fresh Mega hardly looks at its source. */
function parametersOf(config: TranslationConfig): Map<string, Float32Array> {
  const parameters = new Map(
    [...translationParameters(config).initialize(3)].map(([name, values], at) => {
      const noise = testNormals(values.length, at + 1);
      const constant = values.every((value) => value === values[0]);
      return [
        name,
        values.map((value, i) => constant ? value + 0.1 * noise[i] : 0.6 * noise[i]),
      ];
    }),
  );
  // Sentences end at different lengths when `</s>` is now likely, now unlikely.
  const width = config.decoder.width;
  const end = parameters.get("decoder.output_projection.weight")?.subarray(2 * width, 3 * width);
  end?.forEach((value, i) => end[i] = 2.5 * value);
  return parameters;
}

/** Runs the modes of decoding by the float64 references; what nobody has written is NaN. */
class InterpretedRunner implements DecodeRunner {
  readonly #carried = new Map<string, Float64Array>();
  readonly shapes = new Set<string>();

  constructor(
    private readonly config: TranslationConfig,
    private readonly parameters: ReadonlyMap<string, Float32Array>,
  ) {}

  #built(mode: Mode, extents: BatchExtents) {
    const ctx = new ModelContext({ training: false });
    const build = mode === "encode" ? encodeForDecoding : decodeStep;
    const { outputs } = build(this.config, ctx, extents);
    return { ctx, outputs };
  }

  step(
    { feeds, extents, slot = -1 }: Parameters<DecodeRunner["step"]>[0],
    mode: Mode = "step",
  ): { read(output: string): Promise<Float32Array> } {
    this.shapes.add(JSON.stringify([mode, extents]));
    const results = freshGraph(() => {
      const { ctx, outputs } = this.#built(mode, extents);
      const updates = ctx.carriedUpdates;
      const slots = ctx.carriedSlots;
      const roots = new Map([...updates, ...slots, ...Object.entries(outputs)]);
      const all = new Map<string, ArrayLike<number>>([...this.parameters, ...feeds]);
      for (const { name, shape } of ctx.carriedSpecs) {
        const known = this.#carried.get(name);
        all.set(name, known?.length === sizeOf(shape) ? known : new Array(sizeOf(shape)).fill(NaN));
      }
      const values = interpret([...roots.values()], all).map(({ data }) => data);
      for (const { name, shape } of ctx.carriedSpecs) {
        const state = all.get(name);
        if (slots.has(name)) this.#carried.set(name, Float64Array.from(state ?? []));
        assert.equal(state?.length, sizeOf(shape));
      }
      return { names: [...roots.keys()], updates, slots, values };
    });
    const byName = new Map(results.names.map((name, i) => [name, results.values[i]]));
    for (const [name, data] of byName) {
      if (results.updates.has(name)) this.#carried.set(name, data);
      if (results.slots.has(name)) this.#carried.get(name)?.set(data, slot * data.length);
    }
    return { read: (output) => Promise.resolve(Float32Array.from(byName.get(output) ?? [])) };
  }

  move(from: BatchExtents, to: BatchExtents, blocksOf: BlocksOf): void {
    const specs = (extents: BatchExtents) =>
      freshGraph(() => this.#built("step", extents).ctx.carriedSpecs);
    const targets = new Map(specs(to).map(({ name, shape }) => [name, shape]));
    for (const { name, shape } of specs(from)) {
      const wanted = targets.get(name);
      const data = this.#carried.get(name);
      if (wanted === undefined || data === undefined) continue;
      const same = wanted.join() === shape.join();
      const moved = same ? data.slice() : new Float64Array(sizeOf(wanted)).fill(NaN);
      for (const block of blocksOf(name, shape, wanted)) {
        moved.set(data.subarray(block.from, block.from + block.length), block.to);
      }
      this.#carried.set(name, moved);
    }
  }
}

/** log p of every word of a translation, read at once after its source. */
function teacherForced(
  config: TranslationConfig,
  parameters: ReadonlyMap<string, Float32Array>,
  source: Int32Array,
  target: Int32Array,
): number[] {
  const logits = freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    const inputs = translationInputs(1, source.length, target.length);
    const built = buildTranslation(config, ctx, inputs, { labelSmoothing: 0 });
    const feeds = new Map<string, ArrayLike<number>>([
      ...parameters,
      ["source", source],
      ["previous", [EOS_ID, ...target.subarray(0, -1)]],
      ["target", target],
    ]);
    return interpret([built.logits()], feeds)[0].data;
  });
  return [...target].map((word, t) => {
    const row = logits.subarray(t * config.vocabulary, (t + 1) * config.vocabulary);
    return row[word] - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
}

const sources = [
  [4, 7, 6, 5, 7, 5, 4, EOS_ID],
  [5, 6, 4, EOS_ID],
  [5, EOS_ID],
  [6, 6, 7, 4, 5, EOS_ID],
].map((words) => Int32Array.from(words));

const beam = { beam: 3, lengthPenalty: 0.5, maxLengthA: 0, maxLengthB: 12, minLength: 3 };

/** What is found for the sources as one batch. */
async function found(
  config: TranslationConfig,
  side: "left" | "right",
  tuning: SearchTuning = {},
) {
  const parameters = parametersOf(config);
  const batch = padSources(sources, sources.length, 8, side);
  const runner = new InterpretedRunner(config, parameters);
  const results = await searchBatch(runner, config, batch, beam, tuning);
  return { parameters, batch, results };
}

const stacks: Record<string, TranslationConfig> = {};
for (const attention of ["softmax", "laplace", "relu2"] as const) {
  for (const relativeBias of ["simple", "rotary"] as const) {
    for (const chunk of [null, 2, 3, 16]) {
      const stack = tinyTranslationMega({ attention, relativeBias, chunk });
      stacks[`Mega ${attention}, ${relativeBias} bias, chunks of ${chunk}`] = tinyTranslation(
        "mega",
        { encoder: stack, decoder: stack },
      );
    }
  }
}
const normFirst = tinyTranslationMega({ normBefore: true, layers: 2, norm: "rmsnorm" });
stacks["Mega with norms first"] = tinyTranslation("mega", {
  encoder: normFirst,
  decoder: normFirst,
  sharedEmbeddings: "decoder",
});
for (const normBefore of [false, true]) {
  for (const positions of ["sinusoidal", "learned"] as const) {
    const { encoder } = tinyTranslation("transformer");
    assert.ok(encoder.kind === "transformer");
    const stack = { ...encoder, normBefore, positions, layers: 2 };
    stacks[`Transformer, norms ${normBefore ? "first" : "last"}, ${positions} positions`] =
      tinyTranslation("transformer", { encoder: stack, decoder: stack });
  }
}

for (const [name, config] of Object.entries(stacks)) {
  Deno.test(`decoding word by word gives the scores of whole translations: ${name}`, async () => {
    const tuning = { readEvery: 3, firstCapacity: 2 };
    const { parameters, batch, results } = await found(config, "left", tuning);
    let longest = 0;
    for (const [row, hypotheses] of results.entries()) {
      assert.ok(hypotheses.length > 0);
      const source = batch.tokens.subarray(row * batch.width, (row + 1) * batch.width);
      for (const { tokens, positionalScores, score } of hypotheses) {
        longest = Math.max(longest, tokens.length);
        const expected = teacherForced(config, parameters, source, tokens);
        positionalScores.forEach((value, t) => {
          assert.ok(Math.abs(value - expected[t]) < 1e-4, `row ${row}: ${value}, ${expected[t]}`);
        });
        const total = expected.reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(score - total / Math.sqrt(tokens.length)) < 1e-4);
      }
    }
    assert.ok(longest > 4, `the longest translation has ${longest} words`);
  });
}

const plain = (results: readonly (readonly Hypothesis[])[]) =>
  results.map((hypotheses) => hypotheses.map(({ tokens, score }) => [[...tokens], score]));

Deno.test("the result does not depend on how the device is used", async () => {
  const config = stacks["Mega softmax, simple bias, chunks of null"];
  const usual = await found(config, "right", { compaction: false, firstCapacity: 16 });
  for (const tuning of [{}, { readEvery: 1 }, { readEvery: 2, firstCapacity: 1 }]) {
    const statistics = noStatistics();
    const { results } = await found(config, "right", { ...tuning, statistics });
    assert.deepEqual(plain(results), plain(usual.results));
    assert.equal(statistics.readbacks, Math.ceil(statistics.steps / (tuning.readEvery ?? 8)));
  }
});

Deno.test("a batch shrinks when only one of its sentences is unfinished", async () => {
  const config = stacks["Mega softmax, simple bias, chunks of null"];
  const [all, less] = [noStatistics(), noStatistics()];
  const one = { readEvery: 1, firstCapacity: 16 };
  await found(config, "right", { ...one, compaction: false, statistics: all });
  await found(config, "right", { ...one, statistics: less });
  assert.equal(all.moves, 0);
  assert.ok(less.moves > 0);
  assert.equal(less.steps, all.steps);
  assert.ok(less.rows < all.rows, `${less.rows} of ${all.rows} rows`);
});

Deno.test("the device finds what the float64 references find", async () => {
  const config = stacks["Mega softmax, simple bias, chunks of 3"];
  const { parameters, batch, results } = await found(config, "left");
  const model: ModelFunction = (ctx, extents, mode) => {
    if (mode === "encode") return encodeForDecoding(config, ctx, extents);
    if (mode === "step") return decodeStep(config, ctx, extents);
    return buildTranslation(config, ctx, translationInputs(1, 2, 2), { labelSmoothing: 0 });
  };
  const device = await testDevice("software");
  const before = [device.liveBytes, device.liveBuffers];
  {
    using inference = new Inference(device, {
      model,
      mode: "evaluate",
      extents: {},
      values: { parameters, states: new Map() },
      where: "model",
    });
    const onDevice = await searchBatch(inference, config, batch, beam);
    const tokens = (all: typeof results) => all.map((one) => one.map(({ tokens }) => [...tokens]));
    assert.deepEqual(tokens(onDevice), tokens(results));
    const scores = (all: typeof results) => all.flatMap((one) => one.map(({ score }) => score));
    assertClose("scores", scores(onDevice), scores(results), 1e-4);
  }
  assert.deepEqual([device.liveBytes, device.liveBuffers], before);
});

async function translated(config: TranslationConfig, options: Partial<TranslateOptions> = {}) {
  const runner = new InterpretedRunner(config, parametersOf(config));
  const results: [number, readonly Hypothesis[]][] = [];
  const all = { ...beam, sourcePadding: "right" as const, ...options };
  for await (const { index, hypotheses } of translate(runner, config, sources, all)) {
    results.push([index, hypotheses]);
  }
  assert.deepEqual(results.map(([index]) => index), [0, 1, 2, 3]);
  return { hypotheses: results.map(([, hypotheses]) => hypotheses), runner };
}

Deno.test("translations come in order and do not depend on the batches", async () => {
  const config = tinyTranslation("transformer");
  const together = await translated(config);
  const apart = await translated(config, { maxSentences: 1, sourceLengths: [4, 6, 8] });
  const few = await translated(config, { maxTokens: 16, window: 2 });
  const words = (found: typeof together) =>
    found.hypotheses.map((one) => one.map(({ tokens }) => [...tokens]));
  assert.deepEqual(words(apart), words(together));
  assert.deepEqual(words(few), words(together));
  const encoded = (found: typeof together) =>
    [...found.runner.shapes].filter((shape) => shape.includes("encode")).length;
  assert.equal(encoded(together), 1);
  assert.equal(encoded(apart), 3);
});

Deno.test("translations begin with what is forced", async () => {
  const config = tinyTranslation("mega-laplace");
  const prefix = sources.map((_, i) => Int32Array.from([6, 4, 7].slice(0, i)));
  const { hypotheses } = await translated(config, { prefix, maxTokens: 16 });
  hypotheses.forEach((found, i) => {
    for (const { tokens } of found) assert.deepEqual(tokens.subarray(0, i), prefix[i]);
  });
  await assert.rejects(
    translated(config, { prefix: [Int32Array.of(5, EOS_ID)] }),
    /a prefix holds/,
  );
});

Deno.test("an aborted search ends between two looks at the records, with the signal's reason", async () => {
  const config = stacks["Mega softmax, simple bias, chunks of null"];
  const controller = new AbortController();
  const steps = [noStatistics(), noStatistics()];
  const search = (statistics: typeof steps[number]) =>
    found(config, "right", { readEvery: 1, statistics, signal: controller.signal });
  const running = search(steps[0]);
  controller.abort();
  await assert.rejects(running, (error) => error === controller.signal.reason);
  await assert.rejects(search(steps[1]), (error) => error === controller.signal.reason);
  assert.deepEqual(steps.map((one) => one.steps), [1, 0]);
});

Deno.test("a source that is too long for the model is refused", async () => {
  const config = tinyTranslation("mega");
  const runner = new InterpretedRunner(config, parametersOf(config));
  const long = [sources[0], new Int32Array(17).fill(5)];
  const options = { ...beam, sourcePadding: "left" as const };
  await assert.rejects(
    Array.fromAsync(translate(runner, config, long, options)),
    (error: unknown) => error instanceof UserError && /^sentence 2: 17 tokens/.test(error.message),
  );
});

Deno.test("sources are padded on the side that the model knows", () => {
  const rows = [Int32Array.of(5, EOS_ID), Int32Array.of(6, 7, EOS_ID)];
  const { tokens, sentences } = padSources(rows, 3, 3, "left");
  assert.deepEqual([...tokens], [PAD_ID, 5, EOS_ID, 6, 7, EOS_ID, PAD_ID, PAD_ID, PAD_ID]);
  assert.equal(sentences, 2);
  assert.deepEqual(
    [...padSources(rows, 2, 3, "right").tokens],
    [5, EOS_ID, PAD_ID, 6, 7, EOS_ID],
  );
});

Deno.test("batches are halved as long as that saves time", () => {
  assert.deepEqual([64, 33, 32, 9, 8, 2, 1, 0].map((count) => shrunkRows(64, count)), [
    64,
    64,
    32,
    16,
    8,
    8,
    1,
    1,
  ]);
  assert.deepEqual([3, 2, 1].map((count) => shrunkRows(3, count)), [3, 3, 1]);
});

Deno.test("blocks of the sentences that stay", () => {
  const blocks = blocksOfSentences([1, 2], 4);
  assert.deepEqual(blocks("search.scores", [4, 3], [2, 3]), [{ from: 3, to: 0, length: 6 }]);
  assert.deepEqual(blocks("decoder.owners", [8, 2], [4, 4]), [
    { from: 4, to: 0, length: 2 },
    { from: 6, to: 4, length: 2 },
    { from: 8, to: 8, length: 2 },
    { from: 10, to: 12, length: 2 },
  ]);
  assert.deepEqual(blocks("self_attn.prev_key", [2, 8, 5], [4, 4, 5]), [
    { from: 10, to: 0, length: 20 },
    { from: 50, to: 20, length: 20 },
  ]);
  const more = blocksOfSentences([0, 1], 2);
  assert.deepEqual(more("self_attn.prev_key", [2, 4, 5], [4, 4, 5]), [
    { from: 0, to: 0, length: 40 },
  ]);
  assert.deepEqual(blocks("search.records", [8, 4, 3, 2], [8, 2, 3, 2]), []);
  assert.deepEqual(blocks("search.position", [1], [1]), []);
});
