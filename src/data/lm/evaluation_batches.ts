import { UserError } from "../../errors.ts";
import { type Slice, sliceBlocks, splitsBlockSize } from "./blocks.ts";
import type { CorpusSplit } from "./corpus.ts";
import { collateRows, type LanguageModelBatch, type Row } from "./rows.ts";

/** Documents side by side, piece by piece, for models that carry state. */
export interface DocumentEvaluation {
  readonly mode: "documents";
  /**
   * Documents are about so many parts of equal size that end at line ends (`--valid-block
   * splits:k`, which gives k or k + 1); without it, `rows` parts of equal size.
   */
  readonly splits?: number | undefined;
  /** B: documents side by side. */
  readonly rows: number;
  /** L: tokens of a piece. */
  readonly piece: number;
}

/** Windows that know nothing of each other, for models without state. */
export interface WindowEvaluation {
  readonly mode: "windows";
  /** B: windows side by side. */
  readonly rows: number;
  /** Tokens of a window that count. */
  readonly stride: number;
  /** Tokens of earlier text in front of them, which do not count; 0 for plain windows. */
  readonly context: number;
}

/** How a split is evaluated. Every mode counts every token once. */
export type EvaluationBatching = DocumentEvaluation | WindowEvaluation;

/** The one shape that the batches of an evaluation have. */
export function evaluationShape(options: EvaluationBatching): LanguageModelBatch["extents"] {
  const { rows: batch } = options;
  return options.mode === "documents"
    ? { batch, length: options.piece }
    : { batch, length: options.stride + options.context };
}

/**
 * Every token of a split once. Documents begin with zero state and end with rows of padding while
 * others go on (`fairseq_cli/eval_mega_lm.py`); windows slide over the text, each predicting
 * `stride` tokens (as in `fairseq/data/lm_context_window_dataset.py`).
 */
export function* languageModelEvaluation(
  split: CorpusSplit,
  options: EvaluationBatching,
): Generator<LanguageModelBatch> {
  if (options.mode === "documents") yield* documentBatches(split, options);
  else yield* windowBatches(split, options);
}

function documentsOf(split: CorpusSplit, { splits, rows }: DocumentEvaluation): Slice[] {
  const total = split.tokens.length;
  const size = splitsBlockSize(total, splits ?? rows);
  if (!(size >= 1)) throw new UserError(`a text of ${total} tokens cannot be split`);
  const lineSizes = splits === undefined ? Int32Array.of(total) : split.lineSizes();
  const mode = splits === undefined ? "none" : "complete";
  return sliceBlocks(lineSizes, { mode, nextSize: () => size });
}

function* documentBatches(
  split: CorpusSplit,
  options: DocumentEvaluation,
): Generator<LanguageModelBatch> {
  const { rows: batch, piece: length } = options;
  const documents = documentsOf(split, options);
  for (let first = 0; first < documents.length; first += batch) {
    const group = documents.slice(first, first + batch);
    const longest = group.reduce((most, [start, end]) => Math.max(most, end - start), 0);
    for (let at = 0; at < longest; at += length) {
      const rows = group.map(([start, end]): Row => ({
        start: Math.min(end, start + at),
        end: Math.min(end, start + at + length),
      }));
      const fresh = at === 0;
      const sentences = fresh ? group.length : 0;
      yield collateRows(split.tokens, rows, { batch, length, sentences, fresh });
    }
  }
}

function* windowBatches(
  { tokens }: CorpusSplit,
  options: WindowEvaluation,
): Generator<LanguageModelBatch> {
  const { rows: batch, stride, context } = options;
  const { length } = evaluationShape(options);
  for (let first = 0; first < tokens.length; first += batch * stride) {
    const rows: Row[] = [];
    for (let at = first; at < tokens.length && rows.length < batch; at += stride) {
      const end = Math.min(tokens.length, at + stride);
      rows.push({ start: Math.max(0, at - context), end, counted: at });
    }
    yield collateRows(tokens, rows, { batch, length, sentences: rows.length, fresh: true });
  }
}
