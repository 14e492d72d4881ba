import { SymbolCounter } from "../../lm/dictionary.ts";
import { lineWords } from "./line_words.ts";

/** Counts the words of lines that come one after another (`subword_nmt/learn_bpe.py`). */
export class WordCounter {
  readonly #counter = new SymbolCounter();

  /** Counts the words of a line. */
  add(line: string): void {
    for (const word of lineWords(line)) this.#counter.add(word);
  }

  /** Words with their counts, in the order in which they came first. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counter.counts;
  }
}

/** Words of lines with their counts, for `learnBpe`. */
export function countWords(lines: Iterable<string>): ReadonlyMap<string, number> {
  const counter = new WordCounter();
  for (const line of lines) counter.add(line);
  return counter.counts;
}
