import type { DataOrigin } from "../data_origin.ts";
import type { SplitName } from "../dataset.ts";
import type { Dictionary } from "../lm/dictionary.ts";
import type { TextPipelineSpec } from "./text_pipeline_spec.ts";

/** Languages of the harness. */
export const LANGUAGES = ["en", "de"] as const;
/** A language, by its ISO 639-1 code. */
export type Language = typeof LANGUAGES[number];

/** Which language is read and which is written. */
export interface Direction {
  readonly source: Language;
  readonly target: Language;
}

/** From English to German, the direction of the paper's experiments. */
export const EN_DE: Direction = { source: "en", target: "de" };

/** Sentences as ids, one after another; they may lie on disk. */
export interface TokenSentences {
  /** Number of sentences. */
  readonly count: number;
  /** Tokens of every sentence, its `</s>` included; [count]. */
  readonly lengths: Int32Array;
  /** The ids of a sentence, `</s>` included, in an array of its own; RangeError outside. */
  sentence(index: number): Int32Array;
}

/** One split of a parallel corpus; the sentences of both sides belong together by number. */
export interface ParallelSplit {
  readonly source: TokenSentences;
  readonly target: TokenSentences;
  /**
   * The lines that the sentences were made from, before any tokenisation; only for splits that are
   * translated (validation and test).
   */
  readonly text?: {
    readonly source: readonly string[];
    readonly target: readonly string[];
  };
}

/** How lines become pieces and pieces become lines. */
export interface TextPipeline {
  /** Words and word pieces of a line, with spaces between (`Hin@@ ter haus .`). */
  encode(line: string, language: Language): string;
  /** Words of a line without word pieces (`Hinterhaus .`), as tokenised scores compare them. */
  tokenize(line: string, language: Language): string;
  /** Words of pieces: undoes word pieces only. */
  join(pieces: string): string;
  /** The line of tokenised words. */
  detokenize(words: string, language: Language): string;
}

/** A parallel text to learn translation from. Disposing closes the files that it reads from. */
export interface TranslationData extends Disposable {
  readonly kind: "translation";
  /** Corpus id, such as `wmt16-en-de`. */
  readonly id: string;
  /** Raised whenever the same files would give different tokens; says how text was prepared. */
  readonly version: string;
  readonly origin: DataOrigin;
  /** Where the text comes from, in words, without local paths. */
  readonly source: string;
  readonly direction: Direction;
  /** Whether the licence of the text lets results quote its sentences. */
  readonly quotable: boolean;
  /** Of both languages, made from the training split alone. */
  readonly dictionary: Dictionary;
  readonly pipeline: TextPipeline;
  /** The pipeline as plain JSON, from which `textPipeline` makes it again. */
  readonly pipelineSpec: TextPipelineSpec;
  readonly splits: Readonly<Record<SplitName, ParallelSplit>>;
  /** sha256 of each split's ids, sources then targets, as little-endian 32-bit numbers. */
  readonly hash: Readonly<Record<SplitName, string>>;
}
