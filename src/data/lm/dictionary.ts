import { UserError } from "../../errors.ts";
import { EOS_ID, UNK_ID } from "../vocabulary.ts";
import { compareCodePoints, detached, splitWords, trimSpace, trimSpaceEnd } from "./words.ts";

const SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"] as const;
const OVERWRITE = "#fairseq:overwrite";

/** Which counted symbols make it into a dictionary (`fairseq-preprocess`). */
export interface DictionaryLimits {
  /** Symbols counted less often are left out (default 0: none). */
  readonly threshold?: number;
  /** Most entries, the four specials included and padding excluded (default: no limit). */
  readonly maxSymbols?: number;
  /** Entries `madeupword0000`, ... fill up to a multiple of this (default 8; 1 for none). */
  readonly paddingFactor?: number;
}

/** How ids become text. */
export interface StringOptions {
  /** Ids that are left out, beside `<s>` and `</s>`. */
  readonly ignore?: readonly number[];
  /** Mark of word pieces to undo: `"@@ "`, or `sentencepiece`. */
  readonly bpeSymbol?: string | undefined;
  /** Write `<<unk>>` for unknown words, as references of BLEU need it. */
  readonly escapeUnk?: boolean | undefined;
  /** Text for unknown words, `<unk>` when absent. */
  readonly unkString?: string | undefined;
}

/** Counts symbols of a text, for `Dictionary.fromCounts`. */
export class SymbolCounter {
  readonly #counts = new Map<string, number>();

  /** Counts a symbol `times` times. */
  add(symbol: string, times = 1): void {
    const count = this.#counts.get(symbol);
    if (count === undefined) this.#counts.set(detached(symbol), times);
    else this.#counts.set(symbol, count + times);
  }

  /** Counts the words of a line. */
  addLine(line: string): void {
    for (const word of splitWords(line)) this.add(word);
  }

  /** Symbols with their counts. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

/**
 * Symbols with ids and counts as in `fairseq/data/dictionary.py`: `<s>` 0, `<pad>` 1, `</s>` 2,
 * `<unk>` 3, then the symbols of a text from the most to the least frequent, equal ones by code
 * points. Unlike `Vocabulary` it is made from text, and kept in readable files.
 */
export class Dictionary {
  readonly #symbols: string[] = [...SPECIALS];
  readonly #counts: number[] = SPECIALS.map(() => 1);
  readonly #ids = new Map<string, number>(SPECIALS.map((symbol, id) => [symbol, id]));

  private constructor() {}

  /** The dictionary of counted symbols. Counts of the literal specials are ignored. */
  static fromCounts(
    counts: ReadonlyMap<string, number>,
    { threshold = 0, maxSymbols = Infinity, paddingFactor = 8 }: DictionaryLimits = {},
  ): Dictionary {
    const dictionary = new Dictionary();
    const known = new Set<string>(SPECIALS);
    const sorted = [...counts].filter(([symbol]) => !known.has(symbol))
      .sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b));
    for (const [symbol, count] of sorted) {
      if (count < threshold || dictionary.size >= maxSymbols) break;
      dictionary.#append(symbol, count);
    }
    for (let i = 0; dictionary.size % Math.max(1, paddingFactor) !== 0; i++) {
      const filler = `madeupword${String(i).padStart(4, "0")}`;
      if (!dictionary.#ids.has(filler)) dictionary.#append(filler, 0);
    }
    return dictionary;
  }

  /**
   * Reads lines `symbol count`, the symbol being all before the last space. A line may end in
   * `#fairseq:overwrite`: its symbol may exist already, and means the new id from then on.
   *
   * @param where Name used in messages.
   * @throws {UserError} for a line without a count and for a symbol that occurs twice.
   */
  static parse(lines: Iterable<string>, where = "dict.txt"): Dictionary {
    const dictionary = new Dictionary();
    let number = 0;
    for (const line of lines) {
      number++;
      let [symbol, count] = splitLast(trimSpaceEnd(line));
      const overwrite = count === OVERWRITE;
      if (overwrite) [symbol, count] = splitLast(symbol ?? "");
      if (symbol === undefined || !/^[+-]?\d+(?:_\d+)*$/.test(trimSpace(count))) {
        throw new UserError(`${where}:${number}: expected a symbol, a space and a count`);
      }
      if (dictionary.#ids.has(symbol) && !overwrite) {
        throw new UserError(
          `${where}:${number}: duplicate symbol ${JSON.stringify(symbol)}: ` +
            `remove it, or end the line in ${OVERWRITE}`,
        );
      }
      dictionary.#append(symbol, Number(trimSpace(count).replaceAll("_", "")));
    }
    return dictionary;
  }

  #append(symbol: string, count: number): void {
    this.#ids.set(symbol, this.#symbols.length);
    this.#symbols.push(symbol);
    this.#counts.push(count);
  }

  /** Number of ids, specials and padding included: the height of an embedding table. */
  get size(): number {
    return this.#symbols.length;
  }

  /** All symbols; the position is the id. */
  get symbols(): readonly string[] {
    return this.#symbols;
  }

  /** The id of a symbol, `UNK_ID` when it has none. */
  id(symbol: string): number {
    return this.#ids.get(symbol) ?? UNK_ID;
  }

  /** The symbol of an id; RangeError outside 0..size-1. */
  symbol(id: number): string {
    const symbol = this.#symbols[id];
    if (symbol === undefined) throw new RangeError(`no symbol has the id ${id}`);
    return symbol;
  }

  /** How often the text has the symbol of an id; 0 for padding. */
  count(id: number): number {
    return this.#counts[id] ?? 0;
  }

  /**
   * Ids of the words of a line (`fairseq/binarizer.py`).
   *
   * @param options `appendEos` (default true): `</s>` follows; `reverse`: last word first.
   */
  encodeLine(
    line: string,
    { appendEos = true, reverse = false }: { appendEos?: boolean; reverse?: boolean } = {},
  ): Int32Array {
    const ids = splitWords(line).map((word) => this.id(word));
    if (reverse) ids.reverse();
    if (appendEos) ids.push(EOS_ID);
    return Int32Array.from(ids);
  }

  /** Ids of all lines of a text, each followed by `</s>`; a last line may lack its line end. */
  encodeText(text: string): Int32Array {
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return Int32Array.from(lines.flatMap((line) => [...this.encodeLine(line)]));
  }

  /** The text of ids: their symbols with spaces between, without `<s>` and `</s>`. */
  string(ids: Iterable<number>, options: StringOptions = {}): string {
    const { ignore = [], bpeSymbol, escapeUnk = false } = options;
    const unknown = options.unkString ?? (escapeUnk ? "<<unk>>" : "<unk>");
    const words: string[] = [];
    for (const id of ids) {
      if (id === 0 || id === EOS_ID || ignore.includes(id)) continue;
      words.push(id === UNK_ID ? unknown : this.#symbols[id] ?? "<unk>");
    }
    return joinPieces(words.join(" "), bpeSymbol);
  }

  /** The lines of `dict.txt`: `symbol count` from id 4, padding included. */
  lines(): string[] {
    return this.#symbols.slice(SPECIALS.length)
      .map((symbol, i) => `${symbol} ${this.#counts[i + SPECIALS.length]}`);
  }

  /** The content of `dict.txt`. */
  toText(): string {
    return this.lines().map((line) => `${line}\n`).join("");
  }
}

/** A string's parts before and after its last space; the first is undefined when it has none. */
function splitLast(text: string): [string | undefined, string] {
  const at = text.lastIndexOf(" ");
  return at < 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Joins word pieces again (`fairseq/data/data_utils.py: process_bpe_symbol`). */
export function joinPieces(text: string, bpeSymbol: string | undefined): string {
  if (bpeSymbol === undefined) return text;
  if (bpeSymbol === "sentencepiece") {
    return trimSpace(text.replaceAll(" ", "").replaceAll("\u2581", " "));
  }
  return trimSpaceEnd(`${text} `.replaceAll(bpeSymbol, ""));
}
