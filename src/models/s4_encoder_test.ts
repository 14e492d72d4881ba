import assert from "node:assert/strict";
import { freshGraph } from "../graph/build.ts";
import { parameter } from "../../kernels/source/mod.ts";
import { assertClose, testDevice } from "../compiler/testing.ts";
import { evaluate, interpret } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import { ModelContext } from "../nn/context.ts";
import type { ClassifierConfig, S4EncoderConfig } from "./config.ts";
import { buildClassifier, classifierInputs } from "./sequence_classifier.ts";

const encoder: S4EncoderConfig = {
  kind: "s4",
  width: 6,
  layers: 2,
  mode: "dplr",
  init: "legs",
  discretization: "zoh",
  states: 4,
  channels: 1,
  copies: 2,
  bidirectional: true,
  dtMin: 0.01,
  dtMax: 0.2,
  dtTransform: "softplus",
  maxPositions: 14,
  activation: "gelu",
  norm: "layernorm",
  normBefore: true,
  dropout: 0,
  featureDropout: true,
};

const text: ClassifierConfig = {
  input: { kind: "tokens", vocabulary: 9, padding: 1 },
  pair: false,
  classes: 3,
  pooling: "mean",
  encoder,
  head: { layers: 0, width: 6, activation: "gelu", dropout: 0 },
};

function tokens(batch: number, length: number, lengths: readonly number[]) {
  return Int32Array.from(
    { length: batch * length },
    (_, i) =>
      i % length < lengths[Math.floor(i / length)]
        ? 4 + (7 * Math.floor(i / length) + i % length) % 5
        : 1,
  );
}

function build(config: ClassifierConfig, batch: number, length: number) {
  return freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    const { logits, lossSum } = buildClassifier(
      config,
      ctx,
      classifierInputs(config, { batch, length }),
    );
    const { parameters } = ctx.collected;
    const wrt = parameters.map(({ name, shape }) => parameter(name, shape));
    return {
      roots: [logits, lossSum, ...gradients(lossSum, wrt)],
      names: ["logits", "loss", ...parameters.map(({ name }) => name)],
      values: ctx.collected.initialize(3),
    };
  });
}

const diagonal: S4EncoderConfig = { ...encoder, mode: "diag", init: "lin", normBefore: false };
const configs: readonly (readonly [string, ClassifierConfig])[] = [
  ["tokens, S4", text],
  ["tokens, S4D with batch norm", { ...text, encoder: { ...diagonal, norm: "batchnorm" } }],
  ["pairs, S4D", { ...text, pair: true, head: { ...text.head, layers: 1 }, encoder: diagonal }],
  ["values, S4D", { ...text, input: { kind: "values" }, encoder: diagonal }],
];

for (const [name, config] of configs) {
  Deno.test(`an S4 classifier and its gradients follow the references: ${name}`, async () => {
    const [batch, length] = [2, 13];
    const lengths = Int32Array.of(13, 8);
    const { roots, names, values } = build(config, batch, length);
    const sequence = config.input.kind === "values"
      ? Float32Array.from({ length: batch * length }, (_, i) => Math.sin(i))
      : tokens(batch, length, [...lengths]);
    const feeds = new Map<string, ArrayLike<number>>([
      ...values,
      ["sequence", sequence],
      ["lengths", lengths],
      ["second.sequence", tokens(batch, length, [5, 13])],
      ["second.lengths", Int32Array.of(5, 13)],
      ["labels", Int32Array.of(0, 2)],
      ["weights", Float32Array.of(1, 1)],
    ]);
    const expected = interpret(roots, feeds);
    const actual = await evaluate(await testDevice("software"), roots, feeds, { poison: true });
    actual.forEach((data, i) => assertClose(names[i], data, expected[i].data, 5e-5, 2e-6));
  });
}

Deno.test("padding does not change the logits of an S4 classifier with layer norm", async () => {
  const device = await testDevice("software");
  const logits = async (length: number) => {
    const { roots, values } = build(text, 1, length);
    const feeds = new Map<string, ArrayLike<number>>([
      ...values,
      ["sequence", tokens(1, length, [7])],
      ["lengths", Int32Array.of(7)],
      ["labels", Int32Array.of(0)],
      ["weights", Float32Array.of(1)],
    ]);
    return (await evaluate(device, [roots[0]], feeds))[0];
  };
  const [short, long] = [await logits(7), await logits(12)];
  assert.ok(short.some((value) => Math.abs(value) > 0.01));
  assertClose("logits", long, short, 1e-5);
});
