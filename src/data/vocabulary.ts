import { UserError } from "../errors.ts";

/** Beginning of sequence, `<s>`. Ids 0 to 3 follow fairseq's dictionary. */
export const BOS_ID = 0;
/** Padding, `<pad>`. */
export const PAD_ID = 1;
/** End of sequence, `</s>`: appended to every text example. */
export const EOS_ID = 2;
/** Any symbol outside the vocabulary, `<unk>`. */
export const UNK_ID = 3;

const SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"] as const;

/**
 * Symbols and their ids in fairseq's layout: the four specials, then the given symbols from 4 in
 * the given order, then `<CLS>`, which the reference's text task always appends
 * (`fairseq/tasks/long_range_arena.py` of facebookresearch/mega).
 */
export class Vocabulary {
  /** All symbols; the position is the id. */
  readonly symbols: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /** @param symbols Ordinary symbols in id order; UserError when one is empty or occurs twice. */
  constructor(symbols: Iterable<string>) {
    this.symbols = [...SPECIALS, ...symbols, "<CLS>"];
    const ids = new Map<string, number>();
    for (const [id, symbol] of this.symbols.entries()) {
      if (symbol === "" || ids.has(symbol)) {
        throw new UserError(
          `vocabulary: symbol ${JSON.stringify(symbol)} is empty or occurs twice`,
        );
      }
      ids.set(symbol, id);
    }
    this.#ids = ids;
  }

  /** Number of ids, specials and `<CLS>` included: the height of an embedding table. */
  get size(): number {
    return this.symbols.length;
  }

  /** The id of `<CLS>`, the last one. */
  get clsId(): number {
    return this.symbols.length - 1;
  }

  /** The id of a symbol, `UNK_ID` when it is not in the vocabulary. */
  id(symbol: string): number {
    return this.#ids.get(symbol) ?? UNK_ID;
  }

  /** The symbol of an id; RangeError outside 0..size-1. */
  symbol(id: number): string {
    const symbol = this.symbols[id];
    if (symbol === undefined) throw new RangeError(`no symbol has the id ${id}`);
    return symbol;
  }

  /**
   * Ids of a sequence of symbols with `</s>` appended, cut to the first `maxPositions` ids
   * (a cut sequence loses its `</s>`, as in the reference).
   */
  encode(symbols: readonly string[], maxPositions = Infinity): Int32Array {
    const ids = new Int32Array(Math.min(symbols.length + 1, maxPositions));
    for (let i = 0; i < ids.length; i++) ids[i] = i < symbols.length ? this.id(symbols[i]) : EOS_ID;
    return ids;
  }
}
