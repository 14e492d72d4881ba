import assert from "node:assert/strict";
import { join } from "node:path";
import { peakRate } from "../src/cells/peak_rate.ts";
import { withFolder } from "../src/data/data_test_folder.ts";
import { corpusEntry } from "../src/data/registry.ts";
import { loadModel } from "../src/train/model_file.ts";
import { modelsFolder } from "../src/train/models_folder.ts";
import { lmSuite } from "./lm.ts";
import { filesIn, measuredBy, runSuite, specOf, type SuiteChanges } from "./suite_testing.ts";
import { bestTrial } from "./trials.ts";

/** Two updates of the smallest models on the characters that come with the program. */
async function run(folder: string, models: readonly string[], changes: Partial<SuiteChanges> = {}) {
  const specs = models.map((model) => specOf(lmSuite.specs, "characters", model));
  const { output, ...rest } = await runSuite(folder, { suite: "lm", specs, ...changes });
  return { ...rest, models: modelsFolder(output) };
}

Deno.test("language models train on characters; rows say on what, how well, and show a sample", () =>
  withFolder(async (folder) => {
    const { result, models } = await run(folder, ["mega", "transformer"]);
    assert.deepEqual(result.rows.map(({ model, status }) => [model.name, status]), [
      ["mega", "completed"],
      ["transformer", "completed"],
    ]);
    for (const row of result.rows) {
      assert.deepEqual([row.role, row.lossPer, row.updatesDone], ["final", "tokens", 2]);
      assert.deepEqual(row.score, {
        name: "bits-per-character",
        unit: "bits per character",
        higherIsBetter: false,
      });
      const { name, kind, origin, version, splits } = row.task;
      assert.deepEqual([name, kind, origin], ["characters", "language-modelling", "embedded"]);
      assert.match(version, /; cut: valid to \d+ tokens, test to \d+ tokens$/);
      const { train, valid, test } = splits;
      assert.ok(train && valid && test);
      assert.ok((train.tokens ?? 0) > 1e6);
      for (const split of [valid, test]) {
        assert.ok(split.tokens !== null && split.tokens > 900 && split.tokens <= 1000);
        assert.ok(split.examples > 10 && split.examples < split.tokens);
      }
      const scores = row.metrics.filter(({ name }) => name === "bits-per-character");
      assert.deepEqual(scores.map(({ split, setting, n }) => [split, setting, n]), [
        ["valid", null, valid.tokens],
        ["test", null, test.tokens],
      ]);
      const bits = scores[1].value ?? NaN;
      // An untrained model over about 70 symbols needs about log2(70) bits.
      assert.ok(bits > 4 && bits < 9, `${bits} bits per character`);
      const loss = row.metrics.find(({ name, split }) => name === "loss" && split === "test");
      assert.ok(Math.abs((loss?.value ?? NaN) / Math.LN2 - bits) < 1e-9);
      assert.equal([...row.sample ?? ""].length, 16);
      assert.ok(!row.sample?.includes("madeupword"));
      const file = `characters-${row.model.name}-seed1.safetensors`;
      const { head, values } = await loadModel(join(models, file));
      assert.ok(head.kind === "language-model");
      assert.deepEqual([head.task, head.model, head.seed, head.unit], [
        "characters",
        row.model.name,
        1,
        "character",
      ]);
      const size = [...values.parameters.values()].reduce((sum, { length }) => sum + length, 0);
      assert.equal(size, row.model.parameterCount);
      assert.deepEqual(row.model.configuration, head.config);
    }
    assert.equal((await filesIn(models)).length, 2);
  }));

Deno.test("a batch size, and state from batch to batch, change the training batches alone", () =>
  withFolder(async (folder) => {
    using data = await corpusEntry("characters").load({ cacheDir: folder });
    const spec = specOf(lmSuite.specs, "characters", "mega");
    const prepare = (batchSize: number | undefined, carryState: boolean) => {
      const run = spec.prepare({ profile: "smoke", data, batchSize, carryState });
      const { train, evaluate } = run.workload.extents;
      return { run, train, evaluate };
    };
    const usual = prepare(undefined, false);
    assert.deepEqual(usual.train, { batch: 4, length: 64, carried: 0 });
    const carrying = prepare(2, true);
    assert.deepEqual(carrying.train, { batch: 2, length: 64, carried: 1 });
    assert.deepEqual(prepare(2, false).train, { batch: 2, length: 64, carried: 0 });
    for (const { run, evaluate } of [carrying, prepare(2, false)]) {
      assert.deepEqual(evaluate, usual.evaluate);
      assert.deepEqual(run.recipe.config, usual.run.recipe.config);
      assert.deepEqual([run.batchSize, run.sequenceLength], [2, 64]);
      const epoch = data.splits.train.tokens.length / (2 * 64);
      assert.equal(run.updatesPerEpoch, Math.ceil(epoch));
    }
  }));

const learningRates = [1e-6, 0.03];

Deno.test("trials choose the learning rate; neither they nor the chosen one are trained again", () =>
  withFolder(async (folder) => {
    const plan = { learningRates, seeds: [1, 2], updates: 2 };
    const { result, models } = await run(folder, ["transformer"], plan);
    const { rows } = result;
    const [slow, fast, first, second] = rows;
    assert.deepEqual(
      rows.map((row) => [row.role, row.seed, peakRate(row)]),
      [["trial", 1, 1e-6], ["trial", 1, 0.03], ["final", 1, 0.03], ["final", 2, 0.03]],
    );
    assert.equal(bestTrial([slow, fast]), fast);
    assert.notDeepEqual(fast.curve, slow.curve);
    assert.deepEqual(measuredBy(first), measuredBy(fast));
    assert.ok(first.warnings.some((line) => line.includes("the chosen learning rate")));
    assert.ok(second.warnings.every((line) => !line.includes("the chosen learning rate")));
    assert.notDeepEqual(second.curve, first.curve);
    assert.equal(result.overrides.learningRates, "0.000001,0.03");

    assert.deepEqual(await filesIn(models), [
      "characters-transformer-rate0.000001-seed1.safetensors",
      "characters-transformer-rate0.03-seed1.safetensors",
      "characters-transformer-seed1.safetensors",
      "characters-transformer-seed2.safetensors",
    ]);
    const file = (name: string) => Deno.readFile(join(models, `characters-transformer-${name}`));
    const chosen = await file("seed1.safetensors");
    assert.deepEqual(chosen, await file("rate0.03-seed1.safetensors"));
    assert.notDeepEqual(chosen, await file("rate0.000001-seed1.safetensors"));

    // All cells are complete: nothing is trained, and the same result is derived.
    const again = await run(folder, ["transformer"], { ...plan, name: "again" });
    assert.deepEqual(again.trained, []);
    assert.deepEqual(again.result, result);
    assert.ok(
      again.messages.every((line) => !/^\d\/4/.test(line) || /\(was complete\)$/.test(line)),
    );

    // A single learning rate trains the run that was its trial.
    const single = await run(folder, ["transformer"], { learningRate: 1e-6, name: "single" });
    assert.deepEqual(single.trained, []);
    assert.deepEqual(measuredBy(single.result.rows[0]), measuredBy(slow));
  }));
