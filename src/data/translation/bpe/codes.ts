import { UserError } from "../../../errors.ts";
import { lineBounds } from "./line_words.ts";

/** First line of a codes file. */
export const CODES_VERSION = "#version: 0.2";

/** Which codes are kept. */
export interface ParseCodesOptions {
  /** Only the first so many merges (default: all). */
  readonly merges?: number;
  /** Name used in messages. */
  readonly where?: string;
}

/** Learned merges in their order, as in the codes files of `subword_nmt` (version 0.2). */
export class BpeCodes {
  readonly #merges: readonly string[];
  /** Rank of each merge `left right`. */
  readonly #ranks = new Map<string, number>();
  /** The symbols that were merged into a symbol. */
  readonly #parts = new Map<string, readonly [left: string, right: string]>();

  private constructor(merges: readonly string[]) {
    this.#merges = merges;
    // From the end, so that the first merge of equal ones wins, and the first way to a symbol.
    for (let rank = merges.length - 1; rank >= 0; rank--) this.#ranks.set(merges[rank], rank);
    for (const merge of this.#ranks.keys()) {
      const [left, right] = merge.split(" ");
      this.#parts.set(left + right, [left, right]);
    }
  }

  /**
   * Reads a codes file, or the lines that `learnBpe` returns.
   *
   * @throws {UserError} naming the line that is not as expected.
   */
  static parse(
    codes: string | Iterable<string>,
    { merges = Infinity, where = "codes" }: ParseCodesOptions = {},
  ): BpeCodes {
    const lines = typeof codes === "string" ? codes.split("\n") : [...codes];
    while (lines.at(-1) === "") lines.pop();
    if (!/^#version: 0\.2(?:\.0+)*\s*$/.test(lines[0] ?? "")) {
      throw new UserError(`${where}:1: expected ${JSON.stringify(CODES_VERSION)}`);
    }
    return new BpeCodes(
      lines.slice(1).slice(0, merges).map((line, i) => {
        const merge = line.slice(...lineBounds(line));
        if (merge.split(" ").length !== 2 || merge === "") {
          throw new UserError(`${where}:${i + 2}: expected two symbols with a space between`);
        }
        return merge;
      }),
    );
  }

  /** The merges `left right` in their order. */
  get merges(): readonly string[] {
    return this.#merges;
  }

  /** Number of merges. */
  get size(): number {
    return this.#merges.length;
  }

  /** The place of a merge in the order, from 0; undefined when the pair is not merged. */
  rank(left: string, right: string): number | undefined {
    return this.#ranks.get(`${left} ${right}`);
  }

  /** The symbols that were merged into a symbol; undefined for what no merge made. */
  parts(symbol: string): readonly [left: string, right: string] | undefined {
    return this.#parts.get(symbol);
  }

  /** The content of a codes file. */
  toText(): string {
    return [CODES_VERSION, ...this.#merges].map((line) => `${line}\n`).join("");
  }
}
