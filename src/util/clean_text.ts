/**
 * Text from files, made harmless for terminals, pages and tables. Escape sequences can rewrite what
 * a terminal shows, and marks of direction the order in which letters are read.
 */

/** White space that ends a line or moves the cursor. */
const BREAKS = /\r\n|[\t\n\v\f\r\u0085\u2028\u2029]/g;

/**
 * Control characters, invisible format characters (marks of direction among them), halves of
 * surrogate pairs and what Unicode keeps free, which XML refuses; not the joiners, which belong to
 * the spelling of words.
 */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** Stands for every character that is taken out, so that it is seen that something was there. */
const REPLACEMENT = "\ufffd";

/** JSON in which every invisible character is escaped; it means the same as before. */
export function cleanJson(json: string): string {
  // A surrogate pair is one character of the pattern, but takes an escape for each half.
  const escape = (character: string) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join("");
  return json.replaceAll(
    INVISIBLE,
    (character) => character === "\n" ? character : escape(character),
  );
}

/** A text in one line: line breaks and tabs become spaces, other invisible characters `�`. */
export function cleanLine(text: string): string {
  return text.replaceAll(BREAKS, " ").replaceAll(INVISIBLE, REPLACEMENT);
}

/** As {@link cleanLine}, but lines stay lines, separated by `\n`. */
export function cleanLines(text: string): string {
  return text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).map(cleanLine).join("\n");
}
