import { EOS_ID } from "../vocabulary.ts";
import type { ParallelSplit, TokenSentences } from "./parallel_corpus.ts";

/** Sentences in memory, for tests. */
export function sentencesOf(sentences: readonly Int32Array[]): TokenSentences {
  return {
    count: sentences.length,
    lengths: Int32Array.from(sentences, ({ length }) => length),
    sentence: (index) => sentences[index].slice(),
  };
}

/** A split of pairs with given lengths; the ids of a sentence tell its number and its side. */
export function splitOfLengths(lengths: readonly (readonly [number, number])[]): ParallelSplit {
  const side = (place: 0 | 1) =>
    sentencesOf(lengths.map((pair, i) => {
      const sentence = new Int32Array(pair[place]).fill(10 + 2 * i + place);
      sentence[sentence.length - 1] = EOS_ID;
      return sentence;
    }));
  return { source: side(0), target: side(1) };
}
