/** Text from tokens as they come. */
import { BOS_ID, EOS_ID, PAD_ID, UNK_ID } from "../data/vocabulary.ts";
import type { TokenUnit } from "../data/lm/corpus.ts";
import type { Dictionary } from "../data/lm/dictionary.ts";

/**
 * A function that turns one token after the other into text: words get spaces between them, bytes
 * become characters when they are complete, and `</s>` ends a line.
 *
 * @param before Tokens of text that is there already, and that the tokens to come continue.
 */
export function decodeText(
  dictionary: Dictionary,
  unit: TokenUnit,
  before: Iterable<number> = [],
): (token: number) => string {
  const bytes = new TextDecoder();
  let lineStart = true;
  const decode = (token: number) => {
    if (token === BOS_ID || token === PAD_ID) return "";
    const gap = unit === "word" && !lineStart ? " " : "";
    lineStart = token === EOS_ID;
    if (token === EOS_ID) return "\n";
    const symbol = dictionary.symbol(token);
    if (unit === "byte" && token !== UNK_ID) {
      return bytes.decode(Uint8Array.of(Number(symbol)), { stream: true });
    }
    return gap + symbol;
  };
  for (const token of before) decode(token);
  return decode;
}

/** Symbols that only fill the dictionary up to a round size: no text holds them. */
export function fillerIds(dictionary: Dictionary): number[] {
  return dictionary.symbols.flatMap((_, id) => dictionary.count(id) === 0 ? [id] : []);
}
