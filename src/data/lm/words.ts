/**
 * Words and order of strings as the reference sees them. JavaScript's own `\s` and `<` differ:
 * `\s` holds U+FEFF and lacks U+0085 and U+001C to U+001F; `<` compares UTF-16 units, which puts
 * an emoji before U+FFEE.
 */

/** Whether Python's `str.split` separates words at a UTF-16 unit (every space is in the BMP). */
function isSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 9 && unit <= 13) || (unit >= 28 && unit <= 31);
  if (unit < 0x1680) return unit === 0x85 || unit === 0xa0;
  return unit === 0x1680 || (unit >= 0x2000 && unit <= 0x200a) || unit === 0x2028 ||
    unit === 0x2029 || unit === 0x202f || unit === 0x205f || unit === 0x3000;
}

/** Gives each word of a line: what white space separates (`fairseq/tokenizer.py: tokenize_line`). */
export function forEachWord(line: string, give: (word: string) => void): void {
  let start = -1;
  for (let i = 0; i < line.length; i++) {
    if (isSpace(line.charCodeAt(i))) {
      if (start >= 0) give(line.slice(start, i));
      start = -1;
    } else if (start < 0) start = i;
  }
  if (start >= 0) give(line.slice(start));
}

/** The words of a line as a list, see {@link forEachWord}. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  forEachWord(line, (word) => words.push(word));
  return words;
}

/** A string without the white space at its end. */
export function trimSpaceEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** A string without the white space at both ends. */
export function trimSpace(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return trimSpaceEnd(text.slice(start));
}

/** Orders strings by code points: negative when `a` comes first. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** UTF-16 units in the order of the code points that they begin: surrogates after all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * The same string in memory of its own. A part of a longer string keeps all of it alive in V8,
 * which for the words of a large text would be the text.
 */
export function detached(text: string): string {
  return text.split("").join("");
}
