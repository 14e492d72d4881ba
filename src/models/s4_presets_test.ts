import assert from "node:assert/strict";
import { parseClassifierConfig } from "./config.ts";
import { lraTasks, paperPreset } from "./lra_presets.ts";
import { parameterScaleOf } from "./parameter_scale.ts";
import { fastKernelLength, s4Models } from "./s4_presets.ts";
import { classifierParameters } from "./sequence_classifier.ts";

Deno.test("every published S4 preset is a valid configuration", () => {
  for (const task of lraTasks) {
    for (const model of s4Models) {
      const { config } = paperPreset(task, model, { vocabulary: 50, maxLength: 1 });
      assert.deepEqual(parseClassifierConfig(config, `${task} ${model}`), config);
    }
  }
});

Deno.test("a published S4 has the parameters of its parts", () => {
  const { config } = paperPreset("listops", "s4", { vocabulary: 20, maxLength: 2001 });
  const { parameters, states } = classifierParameters(config);
  const shape = (name: string) => parameters.find((each) => each.name === name)?.shape;
  const block = "encoder.encoder.layers.7.layer";
  assert.deepEqual(shape(`${block}.layer.kernel.C`), [2, 128, 32, 2]);
  assert.deepEqual(shape(`${block}.layer.kernel.P`), [1, 128, 32, 2]);
  assert.deepEqual(shape(`${block}.layer.kernel.inv_dt`), [128, 1]);
  assert.deepEqual(shape(`${block}.output_linear.0.weight`), [256, 128]);
  const length = states.find(({ name }) => name === `${block}.layer.kernel.l_kernel`);
  assert.equal(length?.initial, 2048);
  const perLayer = 128 * (1 + 64 + 128 + 64 + 64 + 1 + 256 + 2 + 2);
  assert.equal(classifierParameters(config).count, 8 * perLayer + 20 * 128 + 10 * 129);
});

Deno.test("state-space parameters have their own rates and no weight decay", () => {
  const data = { vocabulary: 20, maxLength: 100 };
  const scale = parameterScaleOf(paperPreset("listops", "s4", data).training);
  const of = (name: string) => scale?.(`encoder.encoder.layers.0.${name}`);
  assert.deepEqual(of("layer.layer.kernel.A_real"), { learningRate: 0.1, weightDecay: 0 });
  assert.deepEqual(of("layer.layer.kernel.inv_dt"), { learningRate: 1, weightDecay: 0 });
  assert.deepEqual(of("layer.layer.kernel.C"), { learningRate: 1, weightDecay: 1 });
  assert.deepEqual(of("layer.output_linear.0.bias"), { learningRate: 1, weightDecay: 0 });
  assert.deepEqual(of("norm.weight"), { learningRate: 1, weightDecay: 0 });
  assert.deepEqual(of("layer.layer.D"), { learningRate: 1, weightDecay: 1 });
  assert.deepEqual(scale?.("sentence_projection_layer.bias"), { learningRate: 1, weightDecay: 1 });
  const path = parameterScaleOf(paperPreset("pathfinder", "s4d-lin", data).training);
  assert.equal(path?.("encoder.encoder.layers.0.layer.layer.kernel.C").learningRate, 0.25);
  assert.equal(parameterScaleOf(paperPreset("listops", "mega", data).training), undefined);
});

Deno.test("kernels are lengthened to the next length with fast transforms", () => {
  assert.deepEqual([1, 41, 101, 1024, 2001].map(fastKernelLength), [2, 42, 104, 1024, 2002]);
});
