import assert from "node:assert/strict";
import { parseClassifierConfig } from "./config.ts";
import { type LraModel, lraModels, type LraTask, lraTasks, paperPreset } from "./lra_presets.ts";
import { preset } from "./presets.ts";
import { profileNames } from "./profiles.ts";
import { s4Models } from "./s4_presets.ts";
import { classifierParameters } from "./sequence_classifier.ts";

const count = (
  task: typeof lraTasks[number],
  model: typeof lraModels[number],
  vocabulary?: number,
) =>
  classifierParameters(
    paperPreset(task, model, { vocabulary, maxLength: 1 }).config,
  ).count;

/** Shapes of the data of each profile. */
const shapes = {
  smoke: (task: LraTask) => dataShape(task, 40, 64, 32, 32),
  quick: (task: LraTask) => dataShape(task, 100, 256, 32, 64),
  small: (task: LraTask) => dataShape(task, 500, 1024, 32, 128),
};

function dataShape(task: LraTask, listops: number, bytes: number, side: number, long: number) {
  if (task === "listops") return { vocabulary: 20, maxLength: listops };
  if (task === "text" || task === "retrieval") return { vocabulary: 260, maxLength: bytes };
  if (task === "image") return { vocabulary: undefined, maxLength: side * side / 4 };
  return { vocabulary: undefined, maxLength: task === "pathx" ? long * long : side * side };
}

Deno.test("paper presets have the published parameter counts", () => {
  const near = (actual: number, millions: number) =>
    assert.ok(Math.abs(actual / 1e6 - millions) <= 6e-4, `${actual} is not ${millions} M`);
  near(count("listops", "mega", 20), 0.602);
  near(count("text", "mega", 256), 0.990);
  near(count("retrieval", "mega", 256), 1.485);
  near(count("retrieval", "mega", 100), 1.465);
  near(count("image", "mega"), 2.839);
  assert.equal(count("image", "mega-chunk"), 2_824_760);
  near(count("pathfinder", "mega"), 1.387);
  near(count("pathx", "mega"), 0.382);
  near(count("pathx", "mega-chunk"), 0.284);
});

Deno.test("every paper preset is a valid configuration", () => {
  for (const task of lraTasks) {
    for (const model of lraModels) {
      const { config } = paperPreset(task, model, { vocabulary: 50, maxLength: 1 });
      assert.deepEqual(parseClassifierConfig(config, `${task} ${model}`), config);
      assert.ok(classifierParameters(config).count > 0);
    }
  }
});

Deno.test("models of a scaled table have parameter counts within ten percent", () => {
  const models = ["mega", "transformer", ...s4Models] as const;
  for (const profile of profileNames.filter((name) => name !== "paper")) {
    for (const task of lraTasks) {
      const of = (model: LraModel) => {
        const { config } = preset({ task, model, profile, data: shapes[profile](task) });
        return classifierParameters(config);
      };
      const counts = models.map((model) => of(model).count);
      const spread = Math.max(...counts) / Math.min(...counts);
      assert.ok(spread <= 1.1, `${profile} ${task}: ${models} have ${counts} parameters`);
      assert.equal(
        of("mega-chunk").count - tableOf(of("mega-chunk")),
        counts[0] - tableOf(of("mega")),
      );
    }
  }
});

/** Elements of the tables of relative positions, which are as long as what attention sees. */
function tableOf({ parameters }: ReturnType<typeof classifierParameters>): number {
  const tables = parameters.filter(({ name }) => name.includes("rel_pos_bias"));
  return tables.reduce((total, { shape }) => total + shape[0], 0);
}

Deno.test("the quick profile halves Mega and spends the same budget on every model", () => {
  const data = { vocabulary: 21, maxLength: 101 };
  const presets = lraModels.map((model) =>
    preset({ task: "listops", model, profile: "quick", data })
  );
  const [mega, chunked, transformer] = presets;
  assert.deepEqual(mega.training, chunked.training);
  assert.deepEqual(mega.training, transformer.training);
  assert.equal(mega.training.updates, 1000);
  assert.equal(mega.training.schedule.warmupUpdates, 100);
  assert.equal(mega.training.schedule.peak, 2e-3);
  const { encoder } = mega.config;
  assert.ok(encoder.kind === "mega" && chunked.config.encoder.kind === "mega");
  const { width, layers, hidden, z } = encoder;
  assert.deepEqual([width, layers, hidden, z], [40, 3, 80, 32]);
  assert.equal(chunked.config.encoder.chunk, 26);
  assert.equal(transformer.config.encoder.layers, 3);
});

Deno.test("a configuration with an unknown or contradictory field is refused by name", () => {
  const { config } = paperPreset("image", "mega", { vocabulary: undefined, maxLength: 1 });
  assert.throws(
    () => parseClassifierConfig({ ...config, pooling: "first" }, "x.json"),
    /^UserError: x\.json: model configuration: pooling: real-valued input needs mean pooling$/,
  );
  assert.throws(
    () => parseClassifierConfig({ ...config, encoder: { ...config.encoder, colour: 1 } }, "x.json"),
    /colour/,
  );
});
