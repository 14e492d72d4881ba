import type { DataOrigin } from "../data_origin.ts";
import type { SplitName } from "../dataset.ts";
import type { Dictionary } from "./dictionary.ts";

/** What a symbol stands for; the end of a line is the symbol `</s>` in every unit. */
export type TokenUnit = "character" | "byte" | "word";

/** The ids of a text, in order; they may lie on disk. */
export interface TokenStream {
  /** Number of tokens, the `</s>` of every line included. */
  readonly length: number;
  /** The tokens [start, end) in an array of its own; RangeError outside 0..length. */
  slice(start: number, end: number): Int32Array;
}

/** One split of a corpus. */
export interface CorpusSplit {
  readonly tokens: TokenStream;
  /** Number of lines. */
  readonly lines: number;
  /** Tokens of each line, its `</s>` included; their sum is `tokens.length`. */
  lineSizes(): Int32Array;
}

/** A text to learn a language model from. Disposing closes the files that it reads from. */
export interface LanguageModelData extends Disposable {
  readonly kind: "language-modelling";
  /** Corpus id, such as `wikitext-103`. */
  readonly id: string;
  /** Raised whenever the same files would give different tokens; says how a text was split. */
  readonly version: string;
  readonly origin: DataOrigin;
  /** Where the text comes from, in words, without local paths. */
  readonly source: string;
  readonly unit: TokenUnit;
  /** Made from the training split alone. */
  readonly dictionary: Dictionary;
  readonly splits: Readonly<Record<SplitName, CorpusSplit>>;
  /** sha256 of each split's ids as little-endian 32-bit numbers. */
  readonly hash: Readonly<Record<SplitName, string>>;
}
