import { grown } from "./grown.ts";

/** Mark of a word's last symbol. */
export const END_OF_WORD = "</w>";

/** The symbols that a word begins as: its characters (code points), the last one marked. */
export function wordSymbols(word: string): string[] {
  const symbols = Array.from(word);
  if (symbols.length > 0) symbols.push(symbols.pop() + END_OF_WORD);
  return symbols;
}

/** Numbers for the strings of symbols: the same string has one number, however it came about. */
export class SymbolTable {
  readonly #ids = new Map<string, number>();
  readonly #strings: string[] = [];

  /** The number of a string. */
  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#strings.length;
      this.#ids.set(text, id);
      this.#strings.push(text);
    }
    return id;
  }

  /** The string of a number. */
  string(id: number): string {
    return this.#strings[id];
  }
}

/** Words of at least two symbols as numbers, one after another. */
export interface PackedWords {
  /** Symbols of all words; those of word w are the first `lengths[w]` from `starts[w]` on. */
  readonly ids: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** How often each word occurs. */
  readonly counts: Float64Array;
}

/** Turns counted words into symbols. Words of one symbol, which have no pairs, are left out. */
export function packWords(
  counts: ReadonlyMap<string, number>,
  symbols: SymbolTable,
): PackedWords {
  let ids = new Int32Array(8 * counts.size);
  const starts = new Int32Array(counts.size);
  const lengths = new Int32Array(counts.size);
  const wordCounts = new Float64Array(counts.size);
  let [words, used] = [0, 0];
  for (const [word, count] of counts) {
    const list = wordSymbols(word);
    if (list.length < 2) continue;
    ids = grown(ids, used + list.length);
    starts[words] = used;
    lengths[words] = list.length;
    wordCounts[words++] = count;
    for (const symbol of list) ids[used++] = symbols.id(symbol);
  }
  return {
    ids: ids.subarray(0, used),
    starts: starts.subarray(0, words),
    lengths: lengths.subarray(0, words),
    counts: wordCounts.subarray(0, words),
  };
}
