import type { TokenSentences } from "./parallel_corpus.ts";

/** Sentences that are held in memory, one after another in one array. */
export class SentencesInMemory implements TokenSentences {
  readonly count: number;
  readonly lengths: Int32Array;
  readonly #ids: Int32Array;
  readonly #starts: Float64Array;

  /** @param sentences Ids of each sentence, its `</s>` included. */
  constructor(sentences: readonly Int32Array[]) {
    this.count = sentences.length;
    this.lengths = Int32Array.from(sentences, ({ length }) => length);
    this.#starts = startsOf(this.lengths);
    this.#ids = new Int32Array(this.#starts[this.count]);
    for (const [i, sentence] of sentences.entries()) this.#ids.set(sentence, this.#starts[i]);
  }

  sentence(index: number): Int32Array {
    if (!(index >= 0 && index < this.count)) {
      throw new RangeError(`sentence ${index} of ${this.count}`);
    }
    return this.#ids.slice(this.#starts[index], this.#starts[index + 1]);
  }
}

/** Where each sentence starts, and where the last one ends; [count + 1], exact to 2^53. */
export function startsOf(lengths: Int32Array): Float64Array {
  const starts = new Float64Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) starts[i + 1] = starts[i] + length;
  return starts;
}
