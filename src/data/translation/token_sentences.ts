import type { NumberFile } from "../lm/token_file.ts";
import type { TokenSentences } from "./parallel_corpus.ts";

/** Sentences whose first place is kept: every so many, so that millions take little memory. */
const STRIDE = 64;

/** Sentences in a file of ids, one after another; the file may be larger than memory. */
export class FileSentences implements TokenSentences {
  readonly count: number;
  readonly #starts: Float64Array;

  /** @param lengths Tokens of each sentence; their sum is the length of the file, else RangeError. */
  constructor(private readonly ids: NumberFile, readonly lengths: Int32Array) {
    this.count = lengths.length;
    this.#starts = new Float64Array(Math.ceil(this.count / STRIDE));
    let at = 0;
    for (const [i, length] of lengths.entries()) {
      if (i % STRIDE === 0) this.#starts[i / STRIDE] = at;
      at += length;
    }
    if (at !== ids.length) throw new RangeError(`sentences of ${at} tokens, found ${ids.length}`);
  }

  sentence(index: number): Int32Array {
    if (!(Number.isInteger(index) && index >= 0 && index < this.count)) {
      throw new RangeError(`sentence ${index} of ${this.count}`);
    }
    const block = Math.floor(index / STRIDE);
    let start = this.#starts[block];
    for (let i = block * STRIDE; i < index; i++) start += this.lengths[i];
    return this.ids.slice(start, start + this.lengths[index]);
  }
}
