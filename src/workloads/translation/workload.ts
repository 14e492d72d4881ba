/** Translation as a workload: the loss of sentence pairs, and scores of what the model writes. */
import { TranslationBatches } from "../../data/translation/pair_batches.ts";
import { pairEvaluation } from "../../data/translation/pair_evaluation.ts";
import { leastSourceDependence } from "../../metrics/source_dependence.ts";
import type {
  BatchStream,
  DerivedScore,
  EvaluationSpec,
  RunBatch,
  ScoreSpec,
  Workload,
} from "../../train/workload.ts";
import { translationDecoding } from "./decoding.ts";
import { translationExtents, translationModel, type TranslationModelOptions } from "./model.ts";
import { sampleTranslations } from "./sample.ts";
import type { TranslationSource } from "./source.ts";

/** Options of {@link translationWorkload}. */
export type TranslationWorkloadOptions = TranslationSource & TranslationModelOptions;

/** exp of the mean −log p of a target token, without smoothing. */
const perplexity: ScoreSpec = {
  name: "perplexity",
  unit: "perplexity",
  higherIsBetter: false,
  per: "tokens",
  of: ({ metrics, units }) => Math.exp(metrics.nll / units.tokens),
};

/** Mean −log p of a target token, without smoothing. */
const tokenLoss: ScoreSpec = {
  name: "loss",
  unit: "nats",
  higherIsBetter: false,
  per: "tokens",
  of: ({ metrics, units }) => metrics.nll / units.tokens,
};

/**
 * How much more a target token costs when its sentence gets the source of another one, nats. A model
 * that ignores its source has 0.
 */
const sourceDependence: DerivedScore = {
  name: "source-dependence",
  unit: "nats",
  higherIsBetter: true,
  per: "tokens",
  split: "test",
  of(evaluations) {
    const lossOf = (shuffled: boolean) => {
      const found = evaluations.find(({ spec }) =>
        spec.split === "test" && (spec.shuffledSources === true) === shuffled
      );
      return found === undefined ? NaN : tokenLoss.of(found.sums);
    };
    return lossOf(true) - lossOf(false);
  },
};

class TranslationStream implements BatchStream {
  readonly #batches: TranslationBatches;

  constructor(private readonly options: TranslationWorkloadOptions, seed: number) {
    const { data, batching, shapes } = options;
    const { sourcePadding } = batching;
    this.#batches = new TranslationBatches(data.splits.train, shapes, sourcePadding, seed);
  }

  get cursor() {
    return this.#batches.cursor;
  }

  seek(cursor: BatchStream["cursor"]): Promise<void> {
    return Promise.try(() => this.#batches.seek(cursor));
  }

  next(): Promise<RunBatch> {
    return Promise.try(() => this.#batches.next());
  }

  async *evaluation(
    { split, shuffledSources }: EvaluationSpec,
  ): AsyncGenerator<RunBatch, void, undefined> {
    const { data, batching: { sourcePadding }, evaluationShapes } = this.options;
    const how = { sourcePadding, shuffledSources: shuffledSources === true };
    for (const batch of pairEvaluation(data.splits[split], evaluationShapes, how)) {
      yield batch;
    }
  }

  [Symbol.dispose](): void {}
}

/** A run of a translation model on a parallel text. */
export function translationWorkload(options: TranslationWorkloadOptions): Workload {
  const { config, shapes } = options;
  return {
    model: translationModel(config, options),
    extents: translationExtents(shapes),
    normaliser: "tokens",
    scores: [perplexity, tokenLoss],
    decoding: translationDecoding(options),
    derived: [sourceDependence],
    evaluations: [
      { split: "valid", setting: null },
      { split: "test", setting: null },
      { split: "test", setting: null, shuffledSources: true },
    ],
    open: (seed) => new TranslationStream(options, seed),
    sample: (_runner, _seed, decoded) => Promise.resolve(sampleTranslations(decoded)),
    remarks(derived) {
      const value = derived.get(sourceDependence.name);
      return value !== undefined && value < leastSourceDependence
        ? [
          `the model hardly uses its source: shuffled sources cost ${
            value.toFixed(3)
          } nats a token`,
        ]
        : [];
    },
  };
}
