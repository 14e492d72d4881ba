import assert from "node:assert/strict";
import { gradients } from "../compiler/gradient.ts";
import { planProgram } from "../compiler/plan.ts";
import { freshGraph } from "../graph/build.ts";
import { parameter, roleOf } from "../../kernels/source/mod.ts";
import { ModelContext } from "../nn/context.ts";
import { profileNames } from "../data/profile_names.ts";
import {
  buildLanguageModel,
  languageModelInputs,
  languageModelParameters,
} from "./language_model.ts";
import { parseLanguageModelConfig } from "./language_model_config.ts";
import {
  type LanguageModelName,
  languageModelNames,
  type LanguageModelTask,
  languageModelTasks,
} from "./lm_preset_types.ts";
import { languageModelPreset } from "./lm_scaled_presets.ts";

/** Entries of the dictionaries of enwik8 and WikiText-103, and of small texts. */
const vocabularies = {
  paper: { characters: 208, words: 267_744 },
  scaled: { characters: 69, words: 10_004 },
} as const;

function presetOf(
  task: LanguageModelTask,
  model: LanguageModelName,
  profile: typeof profileNames[number],
) {
  const vocabulary = vocabularies[profile === "paper" ? "paper" : "scaled"][task];
  return languageModelPreset({ task, model, profile, vocabulary });
}

const count = (...of: Parameters<typeof presetOf>) =>
  languageModelParameters(presetOf(...of).config).count;

Deno.test("the published models have the published numbers of parameters", () => {
  const near = (actual: number, millions: number, tolerance = 0.006) =>
    assert.ok(Math.abs(actual / 1e6 - millions) <= tolerance, `${actual} is not ${millions} M`);
  near(count("words", "mega-chunk", "paper"), 252.24);
  near(count("characters", "mega-chunk", "paper"), 39.14);
  near(count("words", "transformer", "paper"), 247, 0.1);
  assert.equal(count("words", "mega", "paper"), count("words", "mega-chunk", "paper"));
});

for (const task of languageModelTasks) {
  for (const profile of profileNames) {
    Deno.test(`models of ${task} at ${profile} size are valid and within ten percent of Mega's size`, () => {
      const mega = count(task, "mega", profile);
      for (const model of languageModelNames) {
        const { config, training, batching } = presetOf(task, model, profile);
        assert.deepEqual(parseLanguageModelConfig(config, model), config);
        const ratio = languageModelParameters(config).count / mega;
        assert.ok(Math.abs(ratio - 1) <= 0.1, `${model}: ${ratio} of Mega's parameters`);
        assert.ok(training.schedule.kind !== "inverse-sqrt");
        assert.equal(training.schedule.totalUpdates, training.updates);
        assert.ok(batching.evaluation.rows >= 1);
      }
    });
  }
}

Deno.test("published Mega trains as in the paper", () => {
  const { training, batching, config } = presetOf("words", "mega-chunk", "paper");
  assert.equal(training.schedule.peak, 5e-3);
  assert.equal(training.schedule.warmupUpdates, 24_000);
  assert.equal(training.optimizer.clipNorm, 0.25);
  assert.equal(training.accumulation, 24);
  assert.ok(batching.training.mode === "blocks");
  assert.deepEqual(batching.training.multiples, [2, 6]);
  assert.ok(config.decoder.kind === "mega");
  assert.equal(config.decoder.chunk, 1024);
  assert.equal(config.decoder.evaluationChunk, 2048);
});

/** Training and evaluation of a published model, planned for a GPU. */
function plan(task: LanguageModelTask, model: LanguageModelName, training: boolean) {
  const { config, batching } = presetOf(task, model, "paper");
  const length = training ? 2048 : batching.evaluation.length;
  return freshGraph(() => {
    const ctx = new ModelContext({ training });
    const run = { carried: !training && batching.evaluation.carried };
    const inputs = languageModelInputs(1, length);
    const { lossSum } = buildLanguageModel(config, ctx, inputs, run);
    const parameters = ctx.collected.parameters.map(({ name, shape }) => parameter(name, shape));
    const grads = training ? gradients(lossSum, parameters) : [];
    const roots = [...new Set([lossSum, ...grads, ...ctx.carriedUpdates.values()])];
    const target = {
      adapterClass: "gpu",
      subgroupSize: 32,
      subgroups: true,
      workgroupMemory: 32_768,
      maxGroupsPerDimension: 65_535,
    } as const;
    const isPlaced = (tensor: Parameters<typeof roleOf>[0]) => roleOf(tensor) !== undefined;
    const { statistics, values } = planProgram(roots, target, isPlaced);
    return { statistics, largest: Math.max(...values.map(({ bytes }) => bytes)) };
  });
}

const planned = [
  ["words", "mega-chunk"],
  ["words", "transformer"],
  ["words", "s4"],
  ["characters", "mega-chunk"],
] as const;

for (const [task, model] of planned) {
  Deno.test(`published ${model} of ${task} can be planned, without logits of all words`, () => {
    const { statistics, largest } = plan(task, model, true);
    const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
    console.log(
      `${model} of ${task}: ${gib(statistics.peakBytes)} of intermediates in a micro-batch, ` +
        `${gib(largest)} in the largest, ${statistics.dispatches} launches`,
    );
    assert.ok(statistics.dispatches > 100);
    assert.ok(statistics.peakBytes < 60 * 2 ** 30, `${statistics.peakBytes} bytes`);
    // Logits of 2048 tokens over 267 744 words would be 2.2 GB.
    assert.ok(largest < 2 ** 30, `${largest} bytes in one buffer`);
  });
}

Deno.test("evaluation of published Mega with carried state can be planned", () => {
  assert.ok(plan("words", "mega-chunk", false).statistics.peakBytes < 10 * 2 ** 30);
});

Deno.test("only models that carry their state are evaluated with carried state", () => {
  for (const task of languageModelTasks) {
    for (const model of languageModelNames) {
      const request = { task, model, profile: "quick", vocabulary: 72 } as const;
      const { evaluation, settings } = languageModelPreset(request).batching;
      const carries = model === "mega" || model === "mega-chunk";
      assert.equal(evaluation.carried, carries);
      assert.equal(settings.some(({ carried }) => carried), carries, `${task} ${model}`);
    }
  }
});
