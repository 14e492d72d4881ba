import { detached } from "../../lm/words.ts";
import type { BpeCodes } from "./codes.ts";
import { lineBounds, lineWords } from "./line_words.ts";
import { Merger } from "./merger.ts";
import { END_OF_WORD, wordSymbols } from "./symbols.ts";

/** How pieces look. */
export interface BpeEncoderOptions {
  /** Pieces that may occur, with separator where they do not end a word; empty for no limit. */
  readonly vocabulary?: ReadonlySet<string>;
  /** Mark of pieces that do not end a word (default `@@`). */
  readonly separator?: string;
  /** Most words whose pieces are remembered (default 2^18). */
  readonly cacheSize?: number;
}

/** Splits words into pieces by learned merges (`subword_nmt/apply_bpe.py`). */
export class BpeEncoder {
  readonly #codes: BpeCodes;
  readonly #merger: Merger;
  readonly #vocabulary: ReadonlySet<string> | undefined;
  readonly #separator: string;
  readonly #cacheSize: number;
  readonly #cache = new Map<string, string>();

  constructor(
    codes: BpeCodes,
    { vocabulary, separator = "@@", cacheSize = 1 << 18 }: BpeEncoderOptions = {},
  ) {
    this.#cacheSize = cacheSize;
    this.#codes = codes;
    this.#merger = new Merger(codes.merges);
    this.#vocabulary = vocabulary?.size === 0 ? undefined : vocabulary;
    this.#separator = separator;
  }

  /**
   * The pieces of a line with spaces between, `Hin@@ ter haus .`. Spaces and line ends around the
   * line stay as they are.
   */
  encode(line: string): string {
    const [start, end] = lineBounds(line);
    if (start === end) return line;
    const pieces = lineWords(line).map((word) => this.#word(word)).join(" ");
    return line.slice(0, start) + pieces + line.slice(end);
  }

  #word(word: string): string {
    const known = this.#cache.get(word);
    if (known !== undefined) return known;
    const joined = this.#pieces(word).join(`${this.#separator} `);
    if (this.#cache.size >= this.#cacheSize) this.#cache.clear();
    this.#cache.set(detached(word), joined);
    return joined;
  }

  #pieces(word: string): string[] {
    const characters = wordSymbols(word);
    if (characters.length < 2) return [word];
    const symbols = this.#merger.merge(characters);
    const last = symbols.length - 1;
    symbols[last] = symbols[last].slice(0, -END_OF_WORD.length);
    if (this.#vocabulary === undefined) return symbols;
    return symbols.flatMap((piece, i) => this.#known(piece, i === last));
  }

  /** The piece if it is in the vocabulary, otherwise the parts that it was merged from. */
  #known(piece: string, final: boolean): string[] {
    if (this.#vocabulary?.has(final ? piece : piece + this.#separator)) return [piece];
    const parts = this.#codes.parts(final ? piece + END_OF_WORD : piece);
    if (parts === undefined || piece === "") return [piece];
    const [left, right] = parts;
    return [
      ...this.#known(left, false),
      ...this.#known(final ? right.slice(0, -END_OF_WORD.length) : right, final),
    ];
  }
}
