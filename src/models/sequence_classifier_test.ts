import assert from "node:assert/strict";
import { freshGraph } from "../graph/build.ts";
import { interpret } from "../compiler/evaluate.ts";
import { ModelContext } from "../nn/context.ts";
import type { ClassifierConfig } from "./config.ts";
import { buildClassifier, classifierInputs, classifierParameters } from "./sequence_classifier.ts";

const config: ClassifierConfig = {
  input: { kind: "tokens", vocabulary: 9, padding: 1 },
  pair: false,
  classes: 3,
  pooling: "mean",
  encoder: {
    kind: "mega",
    width: 6,
    layers: 1,
    hidden: 5,
    feedForward: 7,
    z: 4,
    mixer: { kind: "ema", dimensions: 2, truncation: null },
    attention: "softmax",
    relativeBias: "simple",
    maxPositions: 8,
    chunk: 4,
    activation: "silu",
    norm: "layernorm",
    normBefore: false,
    normalizeEmbedding: false,
    dropout: 0.1,
    attentionDropout: 0.1,
    hiddenDropout: 0,
    activationDropout: 0,
    featureDropout: false,
  },
  head: { layers: 1, width: 5, activation: "gelu", dropout: 0.1 },
};

/** Logits, summed loss and correct answers of rows of tokens (1 is padding). */
function run(
  classifier: ClassifierConfig,
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  weights: readonly number[],
) {
  return freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    const shape = { batch: rows.length, length: rows[0].length };
    const inputs = classifierInputs(classifier, shape);
    const { logits, lossSum, correct } = buildClassifier(classifier, ctx, inputs);
    const feeds = new Map<string, ArrayLike<number>>(ctx.collected.initialize(1));
    feeds.set("sequence", rows.flat());
    feeds.set("lengths", rows.map((row) => row.filter((token) => token !== 1).length));
    feeds.set("labels", labels);
    feeds.set("weights", weights);
    return interpret([logits, lossSum, correct], feeds).map(({ data }) => data);
  });
}

Deno.test("rows without weight count neither for the loss nor for the accuracy", () => {
  const rows = [[4, 5, 6, 7, 8], [8, 7, 6, 1, 1]];
  const [logits, loss, correct] = run(config, rows, [0, 2], [1, 0]);
  const first = [...logits.subarray(0, 3)];
  const expected = Math.log(first.reduce((a, b) => a + Math.exp(b - first[0]), 0));
  assert.ok(Math.abs(loss[0] - expected) < 1e-9);
  assert.equal(correct[0], Number(first[0] === Math.max(...first)));
});

Deno.test("padding a batch to more positions does not change the logits", () => {
  const transformer: ClassifierConfig = {
    ...config,
    encoder: {
      kind: "transformer",
      width: 8,
      layers: 2,
      heads: 2,
      feedForward: 12,
      positions: "sinusoidal",
      maxPositions: 8,
      activation: "gelu",
      normalizeEmbedding: true,
      tieLayers: true,
      initialization: "bert",
      dropout: 0.1,
      attentionDropout: 0.1,
      activationDropout: 0,
    },
  };
  const laplace: ClassifierConfig = config.encoder.kind === "mega"
    ? { ...config, encoder: { ...config.encoder, attention: "laplace" } }
    : config;
  for (const each of [config, laplace, transformer]) {
    const [short] = run(each, [[4, 5, 6, 7]], [0], [1]);
    const [long] = run(each, [[4, 5, 6, 7, 1, 1, 1]], [0], [1]);
    short.forEach((value, i) => assert.ok(Math.abs(value - long[i]) < 1e-9));
  }
});

Deno.test("pairs need two documents and share one encoder", () => {
  const pair: ClassifierConfig = { ...config, pair: true };
  const single = classifierParameters(config);
  const both = classifierParameters(pair);
  assert.deepEqual(
    both.parameters.map(({ name }) => name),
    single.parameters.map(({ name }) => name),
  );
  // Only the first linear map of the head sees twice the width.
  assert.equal(both.count - single.count, 6 * 5);
  freshGraph(() => {
    const { first, labels } = classifierInputs(pair, { batch: 1, length: 4 });
    const ctx = new ModelContext({ training: false });
    assert.throws(() => buildClassifier(pair, ctx, { first, labels }), /two documents/);
  });
});

Deno.test("values must fill whole chunks", () => {
  const values: ClassifierConfig = { ...config, input: { kind: "values" } };
  freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    const inputs = classifierInputs(values, { batch: 1, length: 6 });
    assert.throws(() => buildClassifier(values, ctx, inputs), /6 values .* chunk 4/);
  });
});
