import { oneSpace, stripSpace } from "./spaces.ts";
import { ALNUM, ALPHA, CURRENCY, SPACE } from "./unicode14.ts";

const BLANK = new RegExp(`^[${SPACE}]*$`, "v");

/** Entities in the order in which Moses undoes them; the ampersand's comes last. */
const ENTITIES = [
  ["&bar;", "|"],
  ["&#124;", "|"],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&bra;", "["],
  ["&ket;", "]"],
  ["&quot;", '"'],
  ["&apos;", "'"],
  ["&#91;", "["],
  ["&#93;", "]"],
  ["&amp;", "&"],
] as const;

/** Blocks of East Asian scripts, between whose characters no spaces stand. */
const CJK = "\\u1100-\\u11ff\\u2e80-\\ua4cf\\ua840-\\ua87f\\uac00-\\ud7af\\uf900-\\ufaff" +
  "\\ufe30-\\ufe4f\\uff65-\\uffdc\\u{20000}-\\u{2ffff}";
const STARTS_CJK = new RegExp(`^[${CJK}]`, "v");
const ENDS_CJK = new RegExp(`[${CJK}]$`, "v");

const OPENING = new RegExp(`^[${CURRENCY}\\(\\[\\{¿¡]+$`, "v");
const CLOSING = /^[,.?!:;\\%}\])]+$/;
const ENGLISH_ENDING = new RegExp(`^'[${ALPHA}]`, "v");
const ENDS_ALNUM = new RegExp(`[${ALNUM}]$`, "v");
const QUOTES = /^['"„“`]+$/;
const LOW_OR_HIGH = /^[„“]+$/;

/**
 * Makes a line of tokenised words into text (`scripts/tokenizer/detokenizer.perl` of Moses, without
 * its option for capitals). Lines of white space alone and lines that look like a tag, `<...>`,
 * come back as they are.
 *
 * @param language Such as `en`, which joins endings such as `'s` to their word.
 */
export function detokenizeMoses(line: string, language: string): string {
  if (BLANK.test(line) || line.length > 2 && line.startsWith("<") && line.endsWith(">")) {
    return line;
  }
  const english = language === "en";
  const words = unescaped(` ${line} `.replaceAll(" @-@ ", "-")).split(" ");
  const open = new Set<string>();
  let text = "";
  let gap = " ";
  let previous = "";
  for (const word of words) {
    let before = gap;
    gap = " ";
    if (STARTS_CJK.test(word)) {
      if (ENDS_CJK.test(previous)) before = "";
    } else if (OPENING.test(word)) {
      gap = "";
    } else if (CLOSING.test(word)) {
      before = "";
    } else if (english && ENGLISH_ENDING.test(word) && ENDS_ALNUM.test(previous)) {
      before = "";
    } else if (QUOTES.test(word)) {
      const kind = LOW_OR_HIGH.test(word) ? '"' : word;
      const opens = !open.has(kind);
      const possessive = opens && english && word === "'" && previous.endsWith("s");
      if (!opens || possessive) before = "";
      else gap = "";
      if (!opens) open.delete(kind);
      else if (!possessive) open.add(kind);
    }
    text += before + word;
    previous = word;
  }
  return stripSpace(oneSpace(text));
}

function unescaped(line: string): string {
  if (!line.includes("&")) return line;
  let text = line;
  for (const [entity, character] of ENTITIES) text = text.replaceAll(entity, character);
  return text;
}
