import { SymbolTable } from "./symbols.ts";

/** Rank of a pair that is not merged. */
const NEVER = 2 ** 30 - 1;

/**
 * Merges neighbouring symbols of words, always the pair that was learned first. It works on numbers
 * of symbols, so that no strings are joined to look a pair up.
 */
export class Merger {
  readonly #symbols = new SymbolTable();
  /** By the left symbol: the ranks of pairs by their right one. */
  readonly #ranks: (Map<number, number> | undefined)[] = [];
  /** By rank: the symbol that a pair becomes. */
  readonly #merged: Int32Array;

  /** @param merges Merges `left right` in their order; of equal ones the first counts. */
  constructor(merges: readonly string[]) {
    this.#merged = new Int32Array(merges.length);
    for (let rank = merges.length - 1; rank >= 0; rank--) {
      const [left, right] = merges[rank].split(" ");
      const ranks = this.#ranks[this.#symbols.id(left)] ??= new Map();
      ranks.set(this.#symbols.id(right), rank);
      this.#merged[rank] = this.#symbols.id(left + right);
    }
  }

  /** The symbols that the symbols of a word become. */
  merge(symbols: readonly string[]): string[] {
    const ids = symbols.map((symbol) => this.#symbols.id(symbol));
    const ranks: number[] = [];
    for (let i = 0; i + 1 < ids.length; i++) ranks.push(this.#rank(ids[i], ids[i + 1]));
    while (true) {
      let best = NEVER;
      for (const rank of ranks) if (rank < best) best = rank;
      if (best === NEVER) return ids.map((id) => this.#symbols.string(id));
      for (let i = 0; i < ranks.length; i++) {
        if (ranks[i] !== best) continue;
        ids.splice(i, 2, this.#merged[best]);
        ranks.splice(i, 1);
        if (i > 0) ranks[i - 1] = this.#rank(ids[i - 1], ids[i]);
        if (i < ranks.length) ranks[i] = this.#rank(ids[i], ids[i + 1]);
      }
    }
  }

  #rank(left: number, right: number): number {
    return this.#ranks[left]?.get(right) ?? NEVER;
  }
}
