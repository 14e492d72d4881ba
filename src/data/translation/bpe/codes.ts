import { UserError } from "../../../errors.ts";
import { lineBounds } from "./line_words.ts";

/** First line of a codes file. */
export const CODES_VERSION = "#version: 0.2";

/** Learned merges in their order, as in the codes files of `subword_nmt` (version 0.2). */
export class BpeCodes {
  /** The symbols that were merged into a symbol. */
  readonly #parts = new Map<string, readonly [left: string, right: string]>();

  /** @param merges The merges `left right` in their order. */
  private constructor(readonly merges: readonly string[]) {
    // From the end, each merge once, so that the first way to a symbol wins, as in the reference.
    for (const merge of new Set(merges.toReversed())) {
      const [left, right] = merge.split(" ");
      this.#parts.set(left + right, [left, right]);
    }
  }

  /**
   * Reads a codes file, or the lines that `learnBpe` returns.
   *
   * @param where Name used in messages.
   * @throws {UserError} naming the line that is not as expected.
   */
  static parse(codes: string | Iterable<string>, where = "codes"): BpeCodes {
    const lines = typeof codes === "string" ? codes.split("\n") : [...codes];
    while (lines.at(-1) === "") lines.pop();
    if (!/^#version: 0\.2(?:\.0+)*\s*$/.test(lines[0] ?? "")) {
      throw new UserError(`${where}:1: expected ${JSON.stringify(CODES_VERSION)}`);
    }
    return new BpeCodes(
      lines.slice(1).map((line, i) => {
        const merge = line.slice(...lineBounds(line));
        if (merge.split(" ").length !== 2 || merge === "") {
          throw new UserError(`${where}:${i + 2}: expected two symbols with a space between`);
        }
        return merge;
      }),
    );
  }

  /** The symbols that were merged into a symbol; undefined for what no merge made. */
  parts(symbol: string): readonly [left: string, right: string] | undefined {
    return this.#parts.get(symbol);
  }

  /** The content of a codes file. */
  toText(): string {
    return [CODES_VERSION, ...this.merges].map((line) => `${line}\n`).join("");
  }
}
