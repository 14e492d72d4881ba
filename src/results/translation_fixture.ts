import { canonicalHash } from "../util/canonical_hash.ts";
import { fixtureLanguageRow, fixtureResult, fixtureRow } from "./result_fixture.ts";
import type { Result } from "./schema.ts";
import type { DirectionName } from "../data/translation/directions.ts";
import type { MetricRecord, ResultRow, RunRole } from "./schema_row.ts";
import { wilsonInterval } from "./statistics.ts";

/** What {@link fixtureTranslationRow} varies between rows. */
export interface FixtureTranslationOptions {
  /** `numbers` has exact matches; other tasks do not. */
  task?: string;
  model?: string;
  seed?: number;
  direction?: DirectionName;
  /** Test score; the other metrics follow from it. */
  bleu?: number;
  /** Loss with shuffled sources less the loss, nats. */
  dependence?: number;
  role?: RunRole;
  /** Peak learning rate. */
  peak?: number;
}

const testSentences = 1000;
const testTokens = 9_400;

/** The signatures of the scores of the fixtures, by metric. */
export const fixtureSignatures = {
  bleu: "nrefs:1|case:mixed|tok:space|compounds:whole|smooth:none",
  sacrebleu: "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.5.1",
};

/** A row of a translation model of invented numbers, for tests only. */
export function fixtureTranslationRow(options: FixtureTranslationOptions = {}): ResultRow {
  const { task = "numbers", model = "mega", seed = 1, direction = "en-de" } = options;
  const { bleu = 62, dependence = 1.9, role = "final", peak = 0.006 } = options;
  const loss = 3.2 - bleu / 30;
  const exact = Math.round(testSentences * bleu / 150);
  const bleuMetric = (name: string, value: number) => ({
    name,
    value,
    unit: "bleu",
    higherIsBetter: true,
    per: "sentences" as const,
    n: testSentences,
    interval: {
      low: value - 1.3,
      high: value + 1.2,
      confidence: 0.95,
      method: "bootstrap" as const,
    },
  });
  const predicted = (name: string, value: number, unit: string) => ({
    name,
    value,
    unit,
    higherIsBetter: name === "source-dependence",
    per: "tokens" as const,
    n: testTokens,
    interval: null,
  });
  const metrics: Omit<MetricRecord, "split" | "setting">[] = [
    { ...bleuMetric("bleu", bleu), signature: fixtureSignatures.bleu },
    { ...bleuMetric("sacrebleu", bleu - 0.7), signature: fixtureSignatures.sacrebleu },
    predicted("loss", loss, "nats"),
    predicted("perplexity", Math.exp(loss), "perplexity"),
    predicted("source-dependence", dependence, "nats"),
  ];
  if (task === "numbers") {
    metrics.push({
      ...bleuMetric("exact-match", exact / testSentences),
      unit: "fraction",
      interval: wilsonInterval(exact, testSentences),
    });
  }
  const split = role === "trial" ? "valid" : "test";
  const row = fixtureRow({ task, model, seed, correct: null, parameterCount: 412_000 });
  const content = (name: string, examples: number) => ({
    sha256: canonicalHash([task, direction, name]),
    examples,
    tokens: null,
  });
  return {
    ...row,
    role,
    task: {
      ...row.task,
      kind: "translation",
      direction,
      splits: {
        train: content("train", 20_000),
        valid: content("valid", testSentences),
        test: content("test", testSentences),
      },
    },
    schedule: { name: "linear", configuration: { peak, warmupUpdates: 60 } },
    sequenceLength: 32,
    score: { name: "bleu", unit: "bleu", higherIsBetter: true },
    lossPer: "tokens",
    metrics: metrics.map((metric) => ({ ...metric, split, setting: null })),
    curve: [0, 200, 400].map((step) => ({
      step,
      loss: loss * (2 - step / 600),
      score: null,
      learningRate: peak,
      gradientNorm: 0.9,
    })),
    validationCurve: [200, 400, 600].map((step) => ({
      step,
      loss: loss * (1.6 - step / 1000),
      score: bleu * (step / 600) ** 1.5,
    })),
    performance: {
      ...row.performance,
      tokensPerSecond: model === "transformer" ? 9_000 : 12_000,
      evaluationTokensPerSecond: 21_000,
      paddingShare: 0.12,
      ...role === "trial" ? {} : {
        decodeTokensPerSecond: model === "transformer" ? 640 : 410,
        decodeSeconds: 21.5,
        decodedSentences: testSentences,
      },
    },
    sample: role === "trial" ? null : fixtureSample([
      [
        "the twenty-third of May nineteen eighty-four at half past seven in the evening",
        "der dreiundzwanzigste Mai neunzehnhundertvierundachtzig um halb acht am Abend",
        `der dreiundzwanzigste Mai neunzehnhundertvierundachtzig von ${model}`,
      ],
      ["forty-two euros", "zweiundvierzig Euro", "zwei Euro"],
      ["the ninth", "der neunte", "der neunte"],
    ]),
  };
}

/** The sample of a translation run from sources, references and translations. */
export function fixtureSample(
  sentences: readonly (readonly [source: string, reference: string, translation: string])[],
): string {
  return sentences.map(([source, reference, translation]) =>
    `source:      ${source}\nreference:   ${reference}\ntranslation: ${translation}`
  ).join("\n\n");
}

const levels = { transformer: 0.94, mega: 0.6, "mega-laplace": 1 };

/** A result of translation of invented numbers: two tasks, three models, two seeds, trials. */
export function fixtureTranslation(): Result {
  const rows = ["numbers", "multi30k"].flatMap((task) =>
    Object.entries(levels).flatMap(([model, level]) => {
      const bleu = level * (task === "numbers" ? 66 : 24);
      const dependence = model === "mega" && task === "multi30k" ? 0.004 : 1.9 * level;
      const trials = [0.003, 0.006].map((peak) =>
        fixtureTranslationRow({ task, model, role: "trial", peak, bleu: bleu * (0.8 + 10 * peak) })
      );
      const finals = [1, 2].map((seed) =>
        fixtureTranslationRow({ task, model, seed, dependence, bleu: bleu * (1 + 0.01 * seed) })
      );
      return [...trials, ...finals];
    })
  );
  return { ...fixtureResult(rows), suite: "translation" };
}

/** A result of invented numbers with one task of each kind, two models and one seed. */
export function fixtureOverview(): Result {
  const rows = (["transformer", "mega"] as const).flatMap((model, m) => [
    fixtureRow({ task: "listops", model, correct: 700 + 260 * m }),
    fixtureLanguageRow({ task: "characters", model, score: 2.4 - 0.3 * m }),
    fixtureTranslationRow({ task: "numbers", model, bleu: 58 + 4 * m }),
  ]);
  return { ...fixtureResult(rows), suite: "overview" };
}
