import assert from "node:assert/strict";
import { interpret } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import { testNormals } from "../compiler/testing.ts";
import { UserError } from "../errors.ts";
import { freshGraph } from "../graph/build.ts";
import { sizeOf } from "../graph/contract.ts";
import { parameter } from "../../kernels/source/mod.ts";
import { ModelContext } from "../nn/context.ts";
import {
  buildLanguageModel,
  languageModelInputs,
  languageModelParameters,
} from "./language_model.ts";
import { type LanguageModelConfig, parseLanguageModelConfig } from "./language_model_config.ts";
import { languageModelNames } from "./lm_preset_types.ts";
import { languageModelPreset } from "./lm_scaled_presets.ts";

const configs = new Map(languageModelNames.map((model) => {
  const preset = languageModelPreset({ task: "words", model, profile: "smoke", vocabulary: 41 });
  return [model, preset.config];
}));
const { config: characters } = languageModelPreset({
  task: "characters",
  model: "mega",
  profile: "smoke",
  vocabulary: 9,
});

/** Losses of two rows of six tokens, and gradients of all parameters if asked for. */
function run(
  config: LanguageModelConfig,
  tokens: readonly number[],
  options: { readonly carried?: boolean; readonly training?: boolean } = {},
) {
  const { carried = false, training = false } = options;
  return freshGraph(() => {
    const ctx = new ModelContext({ training });
    const inputs = languageModelInputs(2, 6);
    const { lossSum, tokenLosses } = buildLanguageModel(config, ctx, inputs, { carried });
    const { collected, carriedSpecs } = ctx;
    const feeds = new Map<string, ArrayLike<number>>(collected.initialize(1));
    feeds.set("tokens", tokens);
    feeds.set("targets", tokens.map((word) => (word + 3) % config.vocabulary));
    feeds.set("weights", tokens.map((_, i) => i === 5 ? 0 : 1));
    carriedSpecs.forEach(({ name, shape }) => feeds.set(name, testNormals(sizeOf(shape), 4)));
    const parameters = collected.parameters.map(({ name, shape }) => parameter(name, shape));
    const grads = training ? gradients(lossSum, parameters) : [];
    const [losses, total, ...rest] = interpret([tokenLosses, lossSum, ...grads], feeds);
    const names = collected.parameters.map(({ name }) => name);
    return {
      losses: losses.data,
      total: total.data[0],
      gradients: new Map(rest.map(({ data }, i) => [names[i], data])),
      carriedUpdates: [...ctx.carriedUpdates.keys()],
    };
  });
}

const row = [2, 5, 7, 3, 8, 4];
const tokens = [...row, ...row.toReversed()];

for (const [model, config] of configs) {
  Deno.test(`${model} predicts from the past alone`, () => {
    const changed = tokens.with(3, 6);
    const [before, after] = [run(config, tokens), run(config, changed)];
    assert.deepEqual(after.losses.subarray(0, 3), before.losses.subarray(0, 3));
    assert.deepEqual(after.losses.subarray(6), before.losses.subarray(6));
    assert.notDeepEqual(after.losses.subarray(4, 5), before.losses.subarray(4, 5));
  });

  Deno.test(`every parameter of ${model} is trained`, () => {
    const { gradients } = run(config, tokens, { training: true });
    for (const [name, values] of gradients) {
      // The offset of all keys changes no softmax.
      if (name.endsWith("k_proj.bias")) continue;
      assert.ok(values.some((value) => value !== 0), name);
    }
  });
}

Deno.test("targets without weight cost nothing", () => {
  const { losses, total } = run(characters, tokens);
  assert.equal(losses[5], 0);
  assert.ok(Math.abs(total - losses.reduce((a, b) => a + b)) < 1e-9);
});

Deno.test("training with carried state begins with it, hands it on and trains the moving average", () => {
  const { losses, gradients, carriedUpdates } = run(characters, tokens, {
    carried: true,
    training: true,
  });
  assert.deepEqual(carriedUpdates, ["decoder.layers.0.mega_layer.move.ema_state"]);
  assert.notEqual(losses[0], run(characters, tokens).losses[0]);
  const delta = gradients.get("decoder.layers.0.mega_layer.move.delta");
  assert.ok(delta?.some((value) => value !== 0));
});

Deno.test("the training criterion leaves the words out that stand where the padding stands", () => {
  const padded = { ...characters, padding: 1 };
  assert.equal(run(padded, tokens).total, run(padded, tokens, { training: true }).total);
  const config = configs.get("mega");
  assert.ok(config?.output.kind === "adaptive");
  const words = { ...config, padding: 1 };
  // The word at place 1 of the first tail is what the first target becomes.
  const word = config.output.cutoffs[0] + 1;
  const targets = tokens.map(() => (word - 3 + 41) % 41);
  assert.ok(run(words, targets, { training: true }).total < run(words, targets).total);
});

Deno.test("S4 refuses to carry state from piece to piece", () => {
  const config = configs.get("s4");
  assert.ok(config !== undefined);
  assert.throws(() => run(config, tokens, { carried: true }), /cannot carry state/);
});

Deno.test("shared tables are one parameter", () => {
  const { parameters, aliases } = languageModelParameters(characters);
  assert.ok(!parameters.some(({ name }) => name.includes("output_projection")));
  assert.equal(aliases.get("decoder.output_projection.weight"), "decoder.embed_tokens.weight");
});

Deno.test("configurations that cannot be built are refused with the field", () => {
  const refused = (config: unknown, pattern: RegExp) =>
    assert.throws(
      () => parseLanguageModelConfig(config, "model.json"),
      (error) => error instanceof UserError && pattern.test(error.message),
    );
  const { decoder } = characters;
  refused({ ...characters, depth: 3 }, /model\.json: model configuration: /);
  refused({ ...characters, decoder: { ...decoder, norm: "batchnorm" } }, /decoder\.norm/);
  refused({ ...characters, embedding: { kind: "table", width: 5 } }, /embedding\.width/);
  const bands = { kind: "adaptive", cutoffs: [6, 4], factor: 4 };
  refused({ ...characters, embedding: { ...bands, width: 32 } }, /embedding\.cutoffs/);
  const tied = { ...bands, cutoffs: [4], tieWeights: true, tieProjections: true, dropout: 0 };
  refused({ ...characters, output: tied }, /output\.tieWeights/);
});
