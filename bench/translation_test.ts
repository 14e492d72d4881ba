import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { peakRate } from "../src/cells/peak_rate.ts";
import { withFolder } from "../src/data/data_test_folder.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { readTranslations, textOf } from "../src/results/translations_file.ts";
import { loadModel } from "../src/train/model_file.ts";
import { modelsFolder } from "../src/train/models_folder.ts";
import { sha256Hex } from "../src/util/sha256.ts";
import { filesIn, measuredBy, runSuite, specOf, type SuiteChanges } from "./suite_testing.ts";
import { translationSuite } from "./translation.ts";
import { bestTrial } from "./trials.ts";

/** Two updates of the smallest models on sentences about numbers. */
function run(folder: string, models: readonly string[], changes: Partial<SuiteChanges> = {}) {
  const specs = models.map((model) => specOf(translationSuite.specs, "numbers", model));
  return runSuite(folder, { suite: "translation", specs, ...changes });
}

async function translationsOf(output: string, { translations }: ResultRow) {
  assert.equal(translations?.length, 1);
  return await readTranslations(output, translations[0]);
}

/** The value of a metric on the test split. */
function valueOf({ metrics }: ResultRow, name: string): number {
  return metrics.find((one) => one.name === name && one.split === "test")?.value ?? NaN;
}

Deno.test("translation models train on numbers; rows say on what, how well, and what they wrote", () =>
  withFolder(async (folder) => {
    const { result, output } = await run(folder, ["mega-laplace", "transformer"]);
    assert.deepEqual(result.rows.map(({ model, status }) => [model.name, status]), [
      ["mega-laplace", "completed"],
      ["transformer", "completed"],
    ]);
    for (const row of result.rows) {
      assert.deepEqual([row.role, row.lossPer, row.updatesDone], ["final", "tokens", 2]);
      assert.deepEqual(row.score, { name: "bleu", unit: "bleu", higherIsBetter: true });
      const { name, kind, origin, version, direction, splits } = row.task;
      assert.deepEqual([name, kind, origin, direction], [
        "numbers",
        "translation",
        "generated",
        "en-de",
      ]);
      assert.match(version, /; cut: valid to 16 sentences, test to 16 sentences$/);
      const examples = [splits.train, splits.valid, splits.test].map((one) => one?.examples);
      assert.deepEqual(examples, [3000, 16, 16]);

      assert.deepEqual(row.metrics.map((one) => [one.name, one.split, one.per, one.n]), [
        ["bleu", "test", "sentences", 16],
        ["sacrebleu", "test", "sentences", 16],
        ["exact-match", "test", "sentences", 16],
        ["perplexity", "valid", "tokens", splits.valid?.tokens],
        ["loss", "valid", "tokens", splits.valid?.tokens],
        ["perplexity", "test", "tokens", splits.test?.tokens],
        ["loss", "test", "tokens", splits.test?.tokens],
        ["source-dependence", "test", "tokens", splits.test?.tokens],
      ]);
      const [bleu, sacre, exact] = row.metrics;
      assert.equal(bleu.signature, "nrefs:1|case:mixed|tok:space|compounds:whole|smooth:none");
      assert.match(sacre.signature ?? "", /^nrefs:1\|case:mixed\|eff:no\|tok:13a\|smooth:exp\|/);
      for (const { value, interval } of [bleu, sacre]) {
        assert.equal(interval?.method, "bootstrap");
        assert.ok(value !== null && interval.low <= value && value <= interval.high);
      }
      assert.equal(exact.interval?.method, "wilson");
      // An untrained model chooses among some hundred pieces.
      const loss = valueOf(row, "loss");
      assert.ok(loss > 3 && loss < 9, `${loss} nats`);
      assert.ok(Math.abs(Math.log(valueOf(row, "perplexity")) - loss) < 1e-9);
      assert.ok(Math.abs(valueOf(row, "source-dependence")) < 0.1);
      assert.ok(row.warnings.some((line) => line.startsWith("the model hardly uses its source")));

      const text = await translationsOf(output, row);
      assert.deepEqual([text.task, text.model, text.seed], ["numbers", row.model.name, 1]);
      assert.equal(text.hypotheses.length, 16);
      const { sources, references } = text;
      assert.ok(sources && references);
      assert.equal(text.textSha256, sha256Hex(textOf(sources, references)));
      assert.equal(
        sha256Hex(await Deno.readFile(join(dirname(output), row.translations?.[0].file ?? ""))),
        row.translations?.[0].sha256,
      );
      assert.match(
        row.sample ?? "",
        /^(source: +\S.*\nreference: +\S.*\ntranslation: .*(\n\n|$)){3}$/,
      );
      assert.ok(row.sample?.startsWith(`source:      ${sources[0]}\n`));

      const { performance } = row;
      assert.equal(performance.decodedSentences, 16);
      assert.ok((performance.decodeSeconds ?? 0) > 0);
      assert.ok((performance.decodeTokensPerSecond ?? 0) > 0);
      assert.ok((performance.compiledPrograms ?? 0) >= 4);
      const { paddingShare } = performance;
      assert.ok(paddingShare !== null && paddingShare > 0 && paddingShare < 0.8);

      const file = `numbers-${row.model.name}-seed1.safetensors`;
      const { head, values } = await loadModel(join(modelsFolder(output), file));
      assert.ok(head.kind === "translation");
      assert.deepEqual([head.task, head.model, head.seed, head.direction, head.sourcePadding], [
        "numbers",
        row.model.name,
        1,
        "en-de",
        "right",
      ]);
      const size = [...values.parameters.values()].reduce((sum, { length }) => sum + length, 0);
      assert.equal(size, row.model.parameterCount);
      assert.deepEqual(row.model.configuration, head.config);
    }
    const [mega, transformer] = result.rows;
    assert.deepEqual(mega.task, transformer.task);
    assert.equal(mega.batchSize, transformer.batchSize);
  }));

Deno.test("trials choose by BLEU on validation; the chosen one is not trained again", () =>
  withFolder(async (folder) => {
    const plan = { learningRates: [1e-5, 0.01], seeds: [1, 2] };
    const { result, output, trained } = await run(folder, ["transformer"], plan);
    const { rows } = result;
    const [slow, fast, first, second] = rows;
    assert.deepEqual(rows.map((row) => [row.role, row.seed]), [
      ["trial", 1],
      ["trial", 1],
      ["final", 1],
      ["final", 2],
    ]);
    assert.deepEqual([slow, fast].map(peakRate), [1e-5, 0.01]);
    assert.notDeepEqual(fast.curve, slow.curve);
    const scores = [slow, fast].map((row) =>
      Math.max(...row.validationCurve.map(({ score }) => score ?? NaN))
    );
    assert.ok(scores.every((score) => score >= 0 && score <= 100), scores.join());
    const chosen = bestTrial([slow, fast]);
    assert.equal(chosen, scores[1] > scores[0] ? fast : slow);
    assert.ok(chosen);
    assert.deepEqual(measuredBy(first), measuredBy(chosen));
    assert.deepEqual([first, second].map(peakRate), [peakRate(chosen), peakRate(chosen)]);
    assert.ok(first.warnings.some((line) => line.includes("the chosen learning rate")));
    assert.deepEqual(trained, ["transformer 1", "transformer 2"]);
    // The final row shows what its trial wrote.
    assert.deepEqual(await translationsOf(output, first), await translationsOf(output, chosen));
    assert.deepEqual(await filesIn(modelsFolder(output)), [
      "numbers-transformer-rate0.00001-seed1.safetensors",
      "numbers-transformer-rate0.01-seed1.safetensors",
      "numbers-transformer-seed1.safetensors",
      "numbers-transformer-seed2.safetensors",
    ]);
  }));

Deno.test("a result says in which direction and of how many models; both change its numbers", () =>
  withFolder(async (folder) => {
    const plan = { direction: "de-en", updates: 4 } as const;
    const usual = await run(folder, ["transformer"], { ...plan, name: "usual" });
    const averaged = await run(folder, ["transformer"], {
      ...plan,
      averagedModels: 3,
      name: "averaged",
    });
    const [best] = usual.result.rows;
    const [mean] = averaged.result.rows;
    assert.deepEqual(usual.result.overrides, { updates: 4, direction: "de-en" });
    assert.deepEqual(averaged.result.overrides, {
      updates: 4,
      direction: "de-en",
      averagedModels: 3,
    });
    assert.deepEqual(mean.curve, best.curve);
    assert.deepEqual(mean.validationCurve, best.validationCurve);
    assert.notEqual(valueOf(mean, "loss"), valueOf(best, "loss"));
    for (const [{ output }, row] of [[usual, best], [averaged, mean]] as const) {
      assert.equal(row.task.direction, "de-en");
      const { sources } = await translationsOf(output, row);
      assert.ok(row.sample?.startsWith(`source:      ${sources?.[0]}\n`));
      const file = join(modelsFolder(output), "numbers-transformer-seed1.safetensors");
      const { head } = await loadModel(file);
      assert.ok(head.kind === "translation" && head.direction === "de-en");
    }
  }));
