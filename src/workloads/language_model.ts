/** Language modelling as a workload. */
import { LanguageModelBatches, type TrainingBatching } from "../data/lm/batches.ts";
import { blockShapes } from "../data/lm/block_batches.ts";
import type { LanguageModelData, TokenUnit } from "../data/lm/corpus.ts";
import { type EvaluationBatching, languageModelEvaluation } from "../data/lm/evaluation_batches.ts";
import type { LanguageModelBatch } from "../data/lm/rows.ts";
import { input } from "../../kernels/source/mod.ts";
import { buildLanguageModel, decode, languageModelInputs } from "../models/language_model.ts";
import type { LanguageModelConfig } from "../models/language_model_config.ts";
import type { LanguageModelBatching } from "../models/lm_preset_types.ts";
import type {
  BatchExtents,
  BatchStream,
  EvaluationSpec,
  ModelFunction,
  RunBatch,
  ScoreSpec,
  StepRunner,
  Workload,
} from "../train/workload.ts";
import { decodeText, fillerIds } from "./decode_text.ts";
import { generateTokens } from "./generate_tokens.ts";

/** Options of {@link languageModelWorkload}. */
export interface LanguageModelOptions {
  readonly config: LanguageModelConfig;
  readonly data: LanguageModelData;
  readonly batching: LanguageModelBatching;
  /** Tokens of the sample that the trained model shows; by default about two lines of text. */
  readonly sampleLength?: number;
}

/** exp of the mean loss of a token. */
const perplexity: ScoreSpec = {
  name: "perplexity",
  unit: "perplexity",
  higherIsBetter: false,
  per: "tokens",
  of: ({ lossSum, units }) => Math.exp(lossSum / units.tokens),
};

/** Mean loss of a token in nats. */
const tokenLoss: ScoreSpec = {
  name: "loss",
  unit: "nats",
  higherIsBetter: false,
  per: "tokens",
  of: ({ lossSum, units }) => lossSum / units.tokens,
};

/** Scores of a text; bits for characters and bytes, perplexity for words. */
export function languageModelScores(unit: TokenUnit): readonly ScoreSpec[] {
  if (unit === "word") return [perplexity, tokenLoss];
  const bits: ScoreSpec = {
    name: `bits-per-${unit}`,
    unit: `bits per ${unit}`,
    higherIsBetter: false,
    per: "tokens",
    of: ({ lossSum, units }) => lossSum / units.tokens / Math.LN2,
  };
  return [bits, perplexity, tokenLoss];
}

/** Positions that decoding remembers: the chunk of a chunked model, else the longest training block. */
function stepCapacity({ decoder }: LanguageModelConfig): number {
  return decoder.kind === "mega" ? decoder.chunk ?? decoder.maxPositions : decoder.maxPositions;
}

/**
 * The graph of a language model; extents `batch`, `length`, and `carried` (1 when state is carried
 * from batch to batch). In `step` mode it reads tokens and gives `logits`.
 */
export function languageModel(config: LanguageModelConfig): ModelFunction {
  return (context, { batch, length, carried = 0 }, mode) => {
    if (mode === "step") {
      const tokens = input("tokens", [batch, length], "i32");
      const step = { capacity: stepCapacity(config) };
      return {
        outputs: { logits: decode(config, context, tokens, { carried: true, step }).logits() },
      };
    }
    const inputs = languageModelInputs(batch, length);
    const { lossSum } = buildLanguageModel(config, context, inputs, { carried: carried === 1 });
    return { lossSum };
  };
}

/** Tokens of the longest training sequence. */
export function trainingLength(batching: TrainingBatching): number {
  return batching.mode === "lanes" ? batching.length : batching.multiples[1] * batching.chunk;
}

/** Extents of the usual batches. */
export function languageModelExtents(
  { training, evaluation }: LanguageModelBatching,
): Readonly<Record<"train" | "evaluate", BatchExtents>> {
  const { rows, length, carried } = evaluation;
  return {
    train: training.mode === "lanes"
      ? { batch: training.lanes, length: training.length, carried: 1 }
      : { ...blockShapes(training)[training.multiples[1] - training.multiples[0]], carried: 0 },
    evaluate: { batch: rows, length, carried: carried ? 1 : 0 },
  };
}

function runBatch(batch: LanguageModelBatch, carried: boolean): RunBatch {
  return { ...batch, extents: { ...batch.extents, carried: carried ? 1 : 0 } };
}

class LanguageModelStream implements BatchStream {
  readonly #batches: LanguageModelBatches;

  constructor(private readonly options: LanguageModelOptions, seed: number) {
    const { data, batching } = options;
    this.#batches = new LanguageModelBatches(data.splits.train, batching.training, seed);
  }

  get cursor() {
    return this.#batches.cursor;
  }

  seek(cursor: BatchStream["cursor"]): Promise<void> {
    return Promise.try(() => this.#batches.seek(cursor));
  }

  next(): Promise<RunBatch> {
    const carried = this.options.batching.training.mode === "lanes";
    return Promise.try(() => runBatch(this.#batches.next(), carried));
  }

  async *evaluation({ split, setting }: EvaluationSpec): AsyncGenerator<RunBatch, void, undefined> {
    const { data, batching } = this.options;
    const { evaluation } = batching;
    const carried = setting?.carried ?? evaluation.carried;
    const piece = setting?.contextLength ?? evaluation.length;
    // As many tokens a batch as usual, whatever the length of a piece.
    const rows = Math.max(1, Math.floor(evaluation.rows * evaluation.length / piece));
    const half = Math.floor(piece / 2);
    const how: EvaluationBatching = carried
      ? { mode: "documents", rows, piece }
      : setting === null
      ? { mode: "windows", rows, stride: piece - half, context: half }
      : { mode: "windows", rows, stride: piece, context: 0 };
    for (const batch of languageModelEvaluation(data.splits[split], how)) {
      yield runBatch(batch, carried);
    }
  }

  [Symbol.dispose](): void {}
}

/** Tokens of the sample that a trained model shows: about two lines of text. */
const sampleTokens: Readonly<Record<TokenUnit, number>> = { character: 160, byte: 160, word: 32 };

/** A run of a language model on a text. */
export function languageModelWorkload(options: LanguageModelOptions): Workload {
  const { config, data, batching, sampleLength = sampleTokens[data.unit] } = options;
  return {
    model: languageModel(config),
    extents: languageModelExtents(batching),
    normaliser: "tokens",
    scores: languageModelScores(data.unit),
    evaluations: [
      { split: "valid", setting: null },
      { split: "test", setting: null },
      ...batching.settings.map((setting) => ({ split: "test", setting }) as const),
    ],
    open: (seed) => new LanguageModelStream(options, seed),
    async sample(runner: StepRunner, seed: number): Promise<string> {
      const decoder = decodeText(data.dictionary, data.unit);
      let text = "";
      const options = {
        temperature: 0.8,
        topK: 0,
        topP: 1,
        prompt: [],
        length: sampleLength,
        seed,
        excluded: fillerIds(data.dictionary),
      };
      for await (const token of generateTokens(runner, options)) {
        text += decoder(token);
      }
      return text;
    },
  };
}
