import assert from "node:assert/strict";
import { join } from "node:path";
import { testDevice } from "../../compiler/testing.ts";
import { rejectsInOneLine, withFolder } from "../../data/data_test_folder.ts";
import { dataOfLines, type LinePair } from "../../data/translation/pair_testing.ts";
import { tinyTranslation } from "../../models/translation_testing.ts";
import type { TranslationBatching } from "../../models/translation_preset_types.ts";
import { Inference } from "../../train/inference.ts";
import { loadModel, saveModel } from "../../train/model_file.ts";
import { TrainingRun } from "../../train/run.ts";
import { Session } from "../../train/session.ts";
import type { Evaluation } from "../../train/workload.ts";
import { lineTranslator } from "./line_translator.ts";
import { translationHead, translationModelOf } from "./translation_file.ts";
import { translationWorkload } from "./workload.ts";

const digits: readonly LinePair[] = [
  ["one", "eins"],
  ["two", "zwei"],
  ["three", "drei"],
  ["four", "vier"],
];
/** All numbers of two digits. */
const pairs = digits.flatMap(([a, b]) =>
  digits.map(([c, d]): LinePair => [`${a} ${c}`, `${b} ${d}`])
);
const data = dataOfLines(
  { train: [...digits, ...pairs], valid: pairs.slice(0, 8), test: pairs.slice(4, 12) },
  { id: "numbers" },
);
const shapes = [{ rows: 8, source: 3, target: 3 }];
const search = { beam: 2, lengthPenalty: 0.5, maxLengthA: 0, maxLengthB: 3 };
const batching: TranslationBatching = {
  sourcePadding: "right",
  maxTokens: 24,
  shapes: 1,
  maxLength: 3,
  validation: search,
  final: search,
  limits: {},
};
const config = tinyTranslation("transformer", { vocabulary: data.dictionary.size });
const labelSmoothing = 0.1;
const workload = translationWorkload({
  config,
  data,
  batching,
  shapes,
  evaluationShapes: shapes,
  labelSmoothing,
});

async function withSession(body: (session: Session) => Promise<void>): Promise<void> {
  const session = new Session(await testDevice("software"), {
    model: workload.model,
    extents: workload.extents,
    optimizer: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 },
    accumulation: 1,
    seed: 1,
  });
  try {
    await body(session);
  } finally {
    session.destroy();
  }
}

function evaluationOf(nll: number, shuffled: boolean): Evaluation {
  return {
    spec: { split: "test", setting: null, ...(shuffled ? { shuffledSources: true } : {}) },
    sums: { lossSum: 99, metrics: { nll }, units: { sentences: 3, tokens: 10 } },
    seconds: 1,
  };
}

Deno.test("scores are of the loss without smoothing; the source counts by what it saves", () => {
  const { sums } = evaluationOf(20, false);
  const [perplexity, loss] = workload.scores;
  assert.deepEqual([perplexity.of(sums), loss.of(sums)], [Math.exp(2), 2]);
  const [dependence] = workload.derived ?? [];
  assert.equal(dependence.of([evaluationOf(20, false), evaluationOf(25, true)]), 0.5);
  assert.ok(Number.isNaN(dependence.of([evaluationOf(20, false)])));
  const remarks = (value: number) => workload.remarks?.(new Map([[dependence.name, value]]));
  assert.deepEqual(remarks(0.1), []);
  assert.deepEqual(remarks(0.0123), [
    "the model hardly uses its source: shuffled sources cost 0.012 nats a token",
  ]);
  assert.deepEqual(workload.remarks?.(new Map()), []);
});

Deno.test("a fresh model hardly uses its source, and a remark says so", () =>
  withSession(async (session) => {
    session.initialize();
    using stream = workload.open(1);
    const results: Evaluation[] = [];
    for (const spec of workload.evaluations) {
      const batches = await Array.fromAsync(stream.evaluation(spec));
      for (const batch of batches) session.evaluate(batch);
      let [nll, tokens] = [0, 0];
      for (const { metrics } of await session.readMetrics()) nll += metrics.nll;
      for (const { units } of batches) tokens += units.tokens;
      // Two words and `</s>` of every sentence.
      assert.equal(tokens, 24);
      results.push({
        spec,
        sums: { lossSum: nll, metrics: { nll }, units: { sentences: 8, tokens } },
        seconds: 0,
      });
    }
    const [dependence] = workload.derived ?? [];
    const value = dependence.of(results);
    assert.ok(Math.abs(value) < 0.1, `${value} nats`);
    assert.equal(workload.remarks?.(new Map([[dependence.name, value]])).length, 1);
  }));

Deno.test("a model learns to translate, is read from its file, and translates lines alike", () =>
  withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    let expected: readonly string[] = [];
    await withSession(async (session) => {
      const updates = 90;
      const outcome = await new TrainingRun({
        seed: 1,
        accumulation: 1,
        updates,
        schedule: {
          kind: "linear",
          peak: 0.03,
          warmupInitial: 1e-7,
          warmupUpdates: 10,
          warmupPower: 1,
          end: 0,
          totalUpdates: updates,
        },
        evaluateEvery: updates,
        reportEvery: 10,
        checkpointEvery: updates,
      }, {
        session,
        workload,
        folder: undefined,
        identity: "test",
        resume: false,
        compileSeconds: 0,
      }).run();
      assert.equal(outcome.status, "completed");
      const losses = outcome.progress.curve.map(({ loss }) => loss ?? NaN);
      const last = losses[losses.length - 1];
      assert.ok(last < losses[0] / 2, `${losses[0]} to ${last} nats`);
      const [dependence] = workload.derived ?? [];
      const value = dependence.of(outcome.results);
      assert.ok(value > 0.5, `${value} nats`);
      assert.deepEqual(workload.remarks?.(new Map([[dependence.name, value]])), []);

      const [decoded] = outcome.decoded;
      assert.deepEqual(decoded.sources, pairs.slice(4, 12).map(([en]) => en));
      assert.deepEqual(decoded.references, pairs.slice(4, 12).map(([, de]) => de));
      const exact = decoded.scores.find(({ spec }) => spec.name === "exact-match");
      assert.ok(exact !== undefined && exact.value > 0.7, `${exact?.value} are right`);
      assert.ok(
        decoded.scores.every(({ interval, hits }) => interval !== undefined || hits !== undefined),
      );
      assert.equal(outcome.progress.best?.score, outcome.progress.validationCurve[0].score);
      const words = decoded.hypotheses.map((line) => line.split(" ").length);
      assert.equal(decoded.tokens, words.reduce((total, count) => total + count + 1, 0));
      expected = decoded.hypotheses;
      const head = translationHead(config, data, batching, "transformer", 1);
      await saveModel(path, head, await session.trained());
    });

    const { head, values } = await loadModel(path);
    const loaded = translationModelOf(head, path);
    using inference = new Inference(await testDevice("software"), {
      model: loaded.model,
      extents: { batch: 1, source: 2, target: 2 },
      mode: "evaluate",
      values,
      where: path,
    });
    const translate = async (lines: readonly string[], nbest: number, batch: number) =>
      await Array.fromAsync(
        lineTranslator(inference, loaded, ReadableStream.from(lines), { search, nbest, batch }),
      );
    const lines = pairs.slice(4, 12).map(([en]) => en);
    const best = await translate(lines, 1, 8);
    assert.deepEqual(
      best.map((all) => all.map(({ text }) => text)),
      expected.map((text) => [text]),
    );
    for (const [{ score, length, text }] of best) {
      assert.ok(score < 0);
      assert.equal(length, text.split(" ").length + 1);
    }
    // An empty line in the midst, and one that is not, in another batch.
    const some = await translate([" ", ...lines.slice(0, 7), "", lines[7]], 2, 9);
    assert.deepEqual(some.map(([{ text }]) => text), [
      "",
      ...expected.slice(0, 7),
      "",
      expected[7],
    ]);
    assert.deepEqual(some.map(({ length }) => length), [1, 2, 2, 2, 2, 2, 2, 2, 1, 2]);
    for (const [first, second] of some.filter(({ length }) => length > 1)) {
      assert.ok(first.score >= second.score && first.text !== second.text);
    }
    await rejectsInOneLine(
      translate(["one", "one ".repeat(16)], 1, 8),
      /^line 2: 17 tokens, the model reads at most 16: /,
    );
    assert.deepEqual(await translate(["", "  "], 3, 8), [
      [{ text: "", score: 0, length: 0 }],
      [{ text: "", score: 0, length: 0 }],
    ]);
    assert.deepEqual(await translate([], 1, 8), []);
  }));
