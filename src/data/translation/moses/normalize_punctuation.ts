import { oneSpace } from "./spaces.ts";

/** What only the replacements of typographic characters look at. */
const TYPOGRAPHIC = /[\u00a0\u00b4«»–—‘’‚“”„…]/;
/** Languages that write a comma before decimals. */
const DECIMAL_COMMA: ReadonlySet<string> = new Set(["de", "es", "cs", "cz", "fr"]);

/**
 * Brings quotation marks, dashes, brackets and the spaces at punctuation into one form
 * (`scripts/tokenizer/normalize-punctuation.perl` of Moses). It is made for English and German;
 * every other language but Czech gets the quotation marks of German.
 *
 * @param language Such as `en`: decides on which side of a quotation mark commas and dots stand, and
 * which sign replaces a non-breaking space between digits.
 * @param penn Keep backticks and pairs of apostrophes until the others are replaced, for text in the
 * manner of the Penn Treebank.
 */
export function normalizePunctuation(line: string, language: string, penn = false): string {
  // The program sees the end of the line as a character, which the German rule can match.
  let text = oneSpace(
    `${line}\n`.replaceAll("\r", "").replaceAll("(", " (").replaceAll(")", ") "),
  );
  text = text.replace(/\) ([.!:?;,])/g, ")$1").replaceAll("( ", "(").replaceAll(" )", ")")
    .replace(/([0-9]) %/g, "$1%").replaceAll(" :", ":").replaceAll(" ;", ";");
  if (!penn) text = text.replaceAll("`", "'").replaceAll("''", ' " ');
  const typographic = TYPOGRAPHIC.test(text);
  if (typographic) text = dashesAndApostrophes(text);
  text = oneSpace(text).replaceAll("''", '"');
  if (typographic) text = guillemetsAndFixedSpaces(text.replaceAll("…", "..."));
  text = quotes(oneSpace(text), language);
  if (typographic) {
    const separator = DECIMAL_COMMA.has(language) ? "," : ".";
    text = text.replace(/([0-9])\u00a0([0-9])/g, `$1${separator}$2`);
  }
  return text.slice(0, -1);
}

function dashesAndApostrophes(text: string): string {
  return text.replace(/[„“”]/g, '"').replaceAll("–", "-").replaceAll("—", " - ")
    .replaceAll("´", "'").replace(/([a-zA-Z])‘([a-zA-Z])/g, "$1'$2")
    .replace(/([a-zA-Z])’([a-zA-Z])/g, "$1'$2").replace(/[‘‚]/g, "'").replaceAll("’", '"');
}

function guillemetsAndFixedSpaces(text: string): string {
  return text.replaceAll("\u00a0«\u00a0", ' "').replaceAll("«\u00a0", '"').replaceAll("«", '"')
    .replaceAll("\u00a0»\u00a0", '" ').replaceAll("\u00a0»", '"').replaceAll("»", '"')
    .replaceAll("\u00a0%", "%").replaceAll("nº\u00a0", "nº ").replaceAll("\u00a0:", ":")
    .replace(/\u00a0(?=ºC|cm)/g, " ").replace(/\u00a0([?!;])/g, "$1").replaceAll(",\u00a0", ", ");
}

/** Commas and dots before a closing quotation mark in English, after it elsewhere. */
function quotes(text: string, language: string): string {
  if (language === "en") return text.replace(/"([,.]+)/g, '$1"');
  if (language === "cs" || language === "cz") return text;
  return text.replaceAll(',"', '",').replace(/(\.+)"([ \t\n\v\f\r]*[^<])/g, '"$1$2');
}
