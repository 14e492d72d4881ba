import assert from "node:assert/strict";
import { freshGraph } from "../graph/build.ts";
import { roleOf, sourceName } from "../../kernels/source/mod.ts";
import { assertClose, testDevice } from "../compiler/testing.ts";
import { evaluate, sourcesOf } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import { ModelContext } from "../nn/context.ts";
import { parseClassifierConfig, type TransformerEncoderConfig } from "./config.ts";
import {
  allEfficiencyModels,
  efficiencyBatches,
  efficiencyModels,
  efficiencyPreset,
  isEfficiencyModel,
} from "./efficiency_presets.ts";
import { profileNames } from "./profiles.ts";
import { buildClassifier, classifierInputs, classifierParameters } from "./sequence_classifier.ts";

const vocabulary = 248;

Deno.test("transformer-unfused is the Transformer with one field more", () => {
  for (const profile of profileNames) {
    const request = { profile, vocabulary, length: 2048 };
    const fused = efficiencyPreset({ ...request, model: "transformer" });
    const unfused = efficiencyPreset({ ...request, model: "transformer-unfused" });
    assert.ok(!("unfusedAttention" in fused.config.encoder));
    assert.deepEqual(unfused, {
      ...fused,
      config: { ...fused.config, encoder: { ...fused.config.encoder, unfusedAttention: true } },
    });
    assert.deepEqual(parseClassifierConfig(unfused.config, "test"), unfused.config);
  }
});

Deno.test("along the lengths parameters, batch and chunk stay as they are", () => {
  for (const profile of profileNames) {
    for (const model of allEfficiencyModels) {
      const [short, long] = [1024, 4096].map((length) =>
        efficiencyPreset({ model, profile, vocabulary, length })
      );
      assert.equal(
        classifierParameters(short.config).count,
        classifierParameters(long.config).count,
      );
      assert.equal(short.training.batch, efficiencyBatches[profile]);
      assert.equal(short.training.accumulation, 1);
      const { encoder } = long.config;
      if (encoder.kind === "mega") {
        assert.equal(encoder.chunk, model === "mega-chunk" ? 128 : null);
        assert.deepEqual(short.config, long.config);
      }
    }
  }
  assert.throws(
    () => efficiencyPreset({ model: "mega", profile: "quick", vocabulary, length: 4097 }),
    RangeError,
  );
});

Deno.test("models of a scaled profile have as many parameters as Mega, but for its bias per chunk", () => {
  for (const profile of ["smoke", "quick", "small"] as const) {
    const count = (model: typeof efficiencyModels[number]) =>
      classifierParameters(
        efficiencyPreset({ model, profile, vocabulary, length: 4096 }).config,
      ).count;
    const mega = count("mega");
    for (const model of efficiencyModels) {
      const ratio = count(model) / mega;
      // Mega-chunk has 255 relative positions per layer where Mega has 8191.
      if (model === "mega-chunk") assert.ok(ratio < 1, `${profile} ${model} ${ratio}`);
      else assert.ok(Math.abs(ratio - 1) < 0.1, `${profile} ${model} ${ratio}`);
    }
  }
  assert.ok(isEfficiencyModel("s4d-lin") && !isEfficiencyModel("s4d"));
});

Deno.test("fused and unfused Transformers agree, gradients included", async () => {
  const { config } = efficiencyPreset({
    model: "transformer",
    profile: "smoke",
    vocabulary,
    length: 64,
  });
  assert.ok(config.encoder.kind === "transformer");
  const { unfusedAttention: _, ...plain } = config.encoder;
  const encoder: TransformerEncoderConfig = {
    ...plain,
    width: 12,
    heads: 2,
    feedForward: 16,
    dropout: 0,
    attentionDropout: 0,
  };
  const device = await testDevice("software");
  const [batch, length] = [2, 65];
  // The second sequence ends in padding.
  const tokens = Int32Array.from(
    { length: batch * length },
    (_, i) => i < length + 40 ? 4 + (i * 37) % 240 : 1,
  );
  const run = (unfused: boolean) => {
    const own = {
      ...config,
      encoder: unfused ? { ...encoder, unfusedAttention: true as const } : encoder,
      head: { ...config.head, dropout: 0 },
    };
    const values = new Map<string, ArrayLike<number>>(
      classifierParameters(own).initialize(3),
    );
    values.set("sequence", tokens);
    values.set("lengths", [65, 40]);
    values.set("labels", [0, 1]);
    values.set("weights", [1, 1]);
    const { roots, names } = freshGraph(() => {
      const ctx = new ModelContext({ training: true });
      const inputs = classifierInputs(own, { batch, length });
      const { lossSum, logits } = buildClassifier(own, ctx, inputs);
      const parameters = sourcesOf([lossSum]).filter((one) => roleOf(one) === "parameter");
      return {
        roots: [logits, ...gradients(lossSum, parameters)],
        names: ["logits", ...parameters.map(sourceName)],
      };
    });
    return { names, results: evaluate(device, roots, values, { poison: true }) };
  };
  const [fused, unfused] = [run(false), run(true)];
  assert.deepEqual(fused.names, unfused.names);
  assert.ok(fused.names.length > 20);
  const [left, right] = [await fused.results, await unfused.results];
  // Keys' biases have no gradient but rounding errors: softmax ignores what all scores share.
  fused.names.forEach((name, i) => assertClose(name, right[i], left[i], 2e-4, 1e-6));
  assert.ok(left[0].some((value) => value !== 0));
});
