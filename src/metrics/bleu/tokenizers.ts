/**
 * Tokenisers of sacreBLEU 2.6.0. They read a line without its line end and without white space at
 * its end; what counts as white space is `src/data/lm/words.ts`. Which characters are punctuation,
 * symbols or numbers is what the runtime's Unicode says: it may lack those of the newest version.
 */
import { splitWords } from "../../data/lm/words.ts";

/** Names as in signatures: WMT's standard, its variant for all scripts, characters, nothing. */
export type BleuTokenizer = "13a" | "intl" | "char" | "none";

/** ASCII punctuation and symbols but for the apostrophe, comma, hyphen and dot. */
const SYMBOL_13A = /([{-~[-` -&(-+:-@/])/g;

/** Tokens as `mteval-v13a.pl` of WMT makes them, single spaces between (tokenizer_13a.py). */
export function tokenize13a(line: string): string {
  let text = line.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  if (text.includes("&")) {
    text = text.replaceAll("&quot;", '"').replaceAll("&amp;", "&")
      .replaceAll("&lt;", "<").replaceAll("&gt;", ">");
  }
  text = ` ${text} `.replace(SYMBOL_13A, " $1 ")
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
  return splitWords(text).join(" ");
}

/**
 * Tokens as `mteval-v14.pl --international-tokenization` makes them, single spaces between
 * (tokenizer_intl.py): any script's punctuation and symbols stand alone, but for punctuation
 * between numbers. A number's dot at the end of a line stays with it.
 */
export function tokenizeIntl(line: string): string {
  const text = line.replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
    .replace(/(\p{P})(\P{N})/gu, " $1 $2")
    .replace(/(\p{S})/gu, " $1 ");
  return splitWords(text).join(" ");
}

/** Every character (code point) with a space between, white space too (tokenizer_char.py). */
export function tokenizeChar(line: string): string {
  return [...line].join(" ");
}

/** A line as it is, for text that is tokenised already. */
export function tokenizeNone(line: string): string {
  return line;
}

/** The tokenisers by name. */
export const BLEU_TOKENIZERS: Readonly<Record<BleuTokenizer, (line: string) => string>> = {
  "13a": tokenize13a,
  intl: tokenizeIntl,
  char: tokenizeChar,
  none: tokenizeNone,
};
