/**
 * What a run is, as far as training, evaluation and the benchmark need to know: the model per mode
 * and batch shape, where batches come from, what the loss is divided by, and which scores follow
 * from the sums that the device keeps. Classification, language modelling and translation are
 * workloads; nothing else in the harness knows them.
 */
import type { BatchCursor } from "../data/batches.ts";
import type { SplitName } from "../data/dataset.ts";
import type { Tensor } from "../graph/contract.ts";
import type { ModelContext } from "../nn/context.ts";

/** Static extents of a batch by name, e.g. `{ batch: 16, length: 256 }`: one program for each. */
export type BatchExtents = Readonly<Record<string, number>>;

/** Values of the batch inputs by name. */
export type BatchFeeds = ReadonlyMap<string, Float32Array | Int32Array>;

/** What a batch counts. Padding and filler rows do not count. */
export interface BatchUnits {
  /** Examples: documents, sentences or blocks. */
  readonly sentences: number;
  /** Tokens (classification: input positions; language models: target tokens). */
  readonly tokens: number;
}

/** A batch that is ready for the device. */
export interface RunBatch {
  readonly feeds: BatchFeeds;
  readonly extents: BatchExtents;
  readonly units: BatchUnits;
  /** Token positions that the device computes, padding and filler rows included. */
  readonly positions: number;
  /** The carried state of the model starts from zero before this batch. */
  readonly fresh: boolean;
}

/**
 * What a program is for; every mode but `train` is built without dropout. `encode` reads what decoding
 * starts from, `step` decodes; the two share carried state.
 */
export type Mode = "train" | "evaluate" | "encode" | "step";

/** What a model function returns for one batch. */
export interface BatchGraph {
  /** Loss summed over the batch in nats, scalar; not needed in the modes `encode` and `step`. */
  readonly lossSum?: Tensor;
  /** Further scalars, summed over the batch, by name (for example `correct`). */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** Results that the caller reads back, by name (for example `logits` in `step` mode). */
  readonly outputs?: Readonly<Record<string, Tensor>>;
}

/** Builds the graph of a model for a mode and the extents of a batch. */
export type ModelFunction = (
  context: ModelContext,
  extents: BatchExtents,
  mode: Mode,
) => BatchGraph;

/** Sums over a split, or over the updates of a window. */
export interface ScoreSums {
  /** Nats. */
  readonly lossSum: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly units: BatchUnits;
}

/** A number that says how good a model is. */
export interface ScoreSpec {
  /** For example `accuracy`, `perplexity`, `bits-per-character`. */
  readonly name: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** What the score is a mean over. */
  readonly per: keyof BatchUnits;
  /** The score from sums. */
  readonly of: (sums: ScoreSums) => number;
  /** For proportions: how many of `per` count, from which an interval follows. */
  readonly hits?: (sums: ScoreSums) => number;
}

/** A way to evaluate a split, beside the usual one. */
export interface EvaluationSetting {
  /** Tokens of a piece: the longest context that attention may see. */
  readonly contextLength: number;
  /** Whether recurrent state is carried from piece to piece. */
  readonly carried: boolean;
}

/** One evaluation: a split, and how. */
export interface EvaluationSpec {
  readonly split: SplitName;
  /** `null` for the evaluation that belongs to the task. */
  readonly setting: EvaluationSetting | null;
  /** Every target is scored with the source of another example: what follows ignores the source. */
  readonly shuffledSources?: true;
}

/** What an evaluation found. */
export interface Evaluation {
  readonly spec: EvaluationSpec;
  readonly sums: ScoreSums;
  /** Wall clock of the evaluation. */
  readonly seconds: number;
}

/** A number that follows from several evaluations of a split. */
export interface DerivedScore extends Pick<ScoreSpec, "name" | "unit" | "higherIsBetter" | "per"> {
  readonly split: SplitName;
  /** The score; NaN when an evaluation that it needs is missing. */
  readonly of: (evaluations: readonly Evaluation[]) => number;
}

/** A score of text that the model writes. */
export type TextScoreSpec = Pick<ScoreSpec, "name" | "unit" | "higherIsBetter">;

/** The value of a text score on a split. */
export interface TextScore {
  readonly spec: TextScoreSpec;
  readonly value: number;
  /** 95 % of the scores of resampled splits; absent where it was not computed. */
  readonly interval?: { readonly low: number; readonly high: number };
  /** For proportions: how many sentences count. */
  readonly hits?: number;
  /** How the score was computed, in the notation of its field. */
  readonly signature?: string;
}

/** What a model wrote for a split. */
export interface DecodedSplit {
  readonly split: SplitName;
  /** In the order of the workload's text scores. */
  readonly scores: readonly TextScore[];
  readonly sources: readonly string[];
  readonly references: readonly string[];
  readonly hypotheses: readonly string[];
  /**
   * Of every sentence, for sacreBLEU with its usual tokenisation: matches and totals of n-grams of
   * order 1 to 4, length of the hypothesis, length of the reference.
   */
  readonly statistics: readonly (readonly number[])[];
  /** Whether results may quote sources and references. */
  readonly quotable: boolean;
  /** Tokens that were written, `</s>` included. */
  readonly tokens: number;
  /** Wall clock of the search. */
  readonly seconds: number;
}

/** How a model writes text, for workloads that are scored by it. */
export interface Decoding {
  /** The first one chooses the best checkpoint, instead of the scores of the loss. */
  readonly scores: readonly TextScoreSpec[];
  /** Splits that are decoded at the end, with the best checkpoint. */
  readonly splits: readonly SplitName[];
  /**
   * Rejects with the reason of the signal soon after it is aborted.
   *
   * @param purpose Choosing a checkpoint while training, or the numbers at the end.
   */
  run(
    runner: DecodeRunner,
    split: SplitName,
    purpose: "validation" | "final",
    signal?: AbortSignal,
  ): Promise<DecodedSplit>;
}

/** Batches of a run: an endless, seekable sequence for training, and finite ones for evaluation. */
export interface BatchStream extends Disposable {
  /** Position after the last batch that `next` gave, to be stored in a checkpoint. */
  readonly cursor: BatchCursor;
  /** Continues at a stored cursor. Rejects with UserError when it does not belong to this data. */
  seek(cursor: BatchCursor): Promise<void>;
  /** The next training batch; a function of data, options, seed and cursor alone. */
  next(): Promise<RunBatch>;
  /** Every example of a split once, in order; leaves the training batches where they are. */
  evaluation(spec: EvaluationSpec): AsyncGenerator<RunBatch, void, undefined>;
}

/** Runs the programs of a trained model in `step` mode; a session is one. */
export interface StepRunner {
  step(
    batch: Pick<RunBatch, "feeds" | "extents" | "fresh">,
  ): { read(output: string): Promise<Float32Array | Int32Array | Uint32Array> };
}

/** Consecutive elements of a piece of carried state and where they go, in elements. */
export interface BlockMove {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** What moves of a piece of carried state when its shape changes. */
export type BlocksOf = (
  name: string,
  from: readonly number[],
  to: readonly number[],
) => readonly BlockMove[];

/** Runs a model in the modes `encode` and `step`; a session and an inference do. */
export interface DecodeRunner extends StepRunner {
  /**
   * Runs a mode (default `step`) without waiting.
   *
   * @param batch `fresh` zeroes the carried state that the program of these extents reads; `slot` is
   *   where parts of carried state go that are set in place.
   */
  step(
    batch: Pick<RunBatch, "feeds" | "extents" | "fresh"> & { readonly slot?: number },
    mode?: Mode,
  ): { read(output: string): Promise<Float32Array | Int32Array | Uint32Array> };
  /**
   * Carries the state of `step` programs with the extents `from` over to those with the extents `to`.
   * What is not moved keeps whatever value is there.
   */
  move(from: BatchExtents, to: BatchExtents, blocksOf: BlocksOf): void;
}

/** See the module comment. */
export interface Workload {
  readonly model: ModelFunction;
  /** Extents that parameters are collected with and programs are warmed up for. */
  readonly extents: Readonly<Record<"train" | "evaluate", BatchExtents>>;
  /** Gradients and reported losses are means over these. */
  readonly normaliser: keyof BatchUnits;
  /** The first one is shown while training, and chooses the best checkpoint unless text does. */
  readonly scores: readonly ScoreSpec[];
  /** Scores of text that the model writes. */
  readonly decoding?: Decoding;
  /** Scores that follow from several of the evaluations. */
  readonly derived?: readonly DerivedScore[];
  /** What is evaluated at the end, with the best checkpoint. */
  readonly evaluations: readonly EvaluationSpec[];
  /** Opens the batches. @param seed The run's seed: order and augmentation follow from it. */
  open(seed: number): BatchStream;
  /** A short text that shows what the trained model does, for workloads that can. */
  sample?(runner: StepRunner, seed: number, decoded: readonly DecodedSplit[]): Promise<string>;
  /** What a reader of the scores should know, one line each; by name of the derived scores. */
  remarks?(derived: ReadonlyMap<string, number>): string[];
}

/** The score by which a workload is judged: it chooses the best checkpoint. */
export function primaryScore({ decoding, scores }: Workload): TextScoreSpec {
  return decoding?.scores[0] ?? scores[0];
}
