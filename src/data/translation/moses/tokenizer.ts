import type { NonbreakingPrefixes } from "./prefixes.ts";
import { oneSpace, plainSpaces, stripSpace } from "./spaces.ts";
import { ALNUM, ALPHA, LOWER, NUMBER, SPACE } from "./unicode14.ts";

const BLANK = new RegExp(`^[${SPACE}]*$`, "v");
// deno-lint-ignore no-control-regex
const CONTROLS = /[\0-\x1f]/g;
/** Everything that always is a word of its own. */
const SIGN = new RegExp(`[^${ALNUM}${SPACE}.'\`,\\-]`, "gv");
const HYPHEN = new RegExp(`([${ALNUM}])-(?=[${ALNUM}])`, "gv");

const COMMA_AFTER_OTHER = new RegExp(`([^${NUMBER}]),`, "gv");
const COMMA_BEFORE_OTHER = new RegExp(`,([^${NUMBER}])`, "gv");
const COMMA_AT_END = new RegExp(`([${NUMBER}]),$`, "v");

/** The rules of English apostrophes, each applied to the whole line before the next. */
const APOSTROPHES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`([^${ALPHA}])'([^${ALPHA}])`, "gv"), "$1 ' $2"],
  [new RegExp(`([^${ALPHA}${NUMBER}])'([${ALPHA}])`, "gv"), "$1 ' $2"],
  [new RegExp(`([${ALPHA}])'([^${ALPHA}])`, "gv"), "$1 ' $2"],
  [new RegExp(`([${ALPHA}])'([${ALPHA}])`, "gv"), "$1 '$2"],
  [new RegExp(`([${NUMBER}])'s`, "gv"), "$1 's"],
];

const LETTER = new RegExp(`[${ALPHA}]`, "v");
const STARTS_LOWER = new RegExp(`^[${LOWER}]`, "v");

/** Characters that Moses writes as entities, in the order in which it replaces them. */
const ENTITIES = [
  ["&", "&amp;"],
  ["|", "&#124;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ["'", "&apos;"],
  ['"', "&quot;"],
  ["[", "&#91;"],
  ["]", "&#93;"],
] as const;

/** How to tokenise. */
export interface MosesTokenizerOptions {
  /** Words that keep their dot. */
  readonly prefixes: NonbreakingPrefixes;
  /** Also split at hyphens between letters or digits, which become ` @-@ `; false when absent. */
  readonly aggressive?: boolean | undefined;
  /** Write `& | < > ' " [ ]` as entities; false when absent. */
  readonly escape?: boolean | undefined;
}

/**
 * Splits lines into words and punctuation (`scripts/tokenizer/tokenizer.perl` of Moses, without its
 * protected patterns). Characters are seen as Unicode 14 has them.
 */
export class MosesTokenizer {
  readonly #english: boolean;
  readonly #prefixes: NonbreakingPrefixes;
  readonly #aggressive: boolean;
  readonly #escape: boolean;

  /** @param language Such as `en`, which has rules for apostrophes; all others split at each. */
  constructor(language: string, options: MosesTokenizerOptions) {
    this.#english = language === "en";
    this.#prefixes = options.prefixes;
    this.#aggressive = options.aggressive ?? false;
    this.#escape = options.escape ?? false;
  }

  /**
   * The words of a line with single spaces between. A line of white space alone comes back as it
   * is. As in Moses, a line that ended in `.'` ends in a space, and the words `DOTMULTI` and
   * `DOTDOTMULTI` become dots.
   */
  tokenize(line: string): string {
    if (BLANK.test(line)) return line;
    let text = stripSpace(oneSpace(plainSpaces(line).replace(CONTROLS, "")));
    text = text.replace(SIGN, " $& ");
    if (this.#aggressive) text = text.replace(HYPHEN, "$1 @-@ ");
    text = hideDots(text);
    if (text.includes(",")) text = splitCommas(text);
    if (text.includes("'")) text = this.#splitApostrophes(text);
    if (text.includes(".")) text = this.#splitDots(text);
    text = stripSpace(oneSpace(text)).replace(/\.' ?$/, " . ' ");
    text = showDots(text);
    return this.#escape ? escaped(text) : text;
  }

  #splitApostrophes(text: string): string {
    if (!this.#english) return text.replaceAll("'", " ' ");
    let result = text;
    for (const [pattern, replacement] of APOSTROPHES) {
      result = result.replace(pattern, replacement);
    }
    return result;
  }

  /** Splits the dot from every word that ends in one and is not known to keep it. */
  #splitDots(text: string): string {
    let end = text.length;
    while (text.charCodeAt(end - 1) === 0x20) end--;
    let result = "";
    let done = 0;
    for (let dot = text.indexOf("."); dot >= 0; dot = text.indexOf(".", dot + 1)) {
      const last = dot + 1 === end;
      if (!last && text.charCodeAt(dot + 1) !== 0x20) continue;
      const start = text.lastIndexOf(" ", dot) + 1;
      if (start === dot) continue;
      if (!last && this.#keepsDot(text.slice(start, dot), text.slice(dot + 2, dot + 4))) continue;
      result += `${text.slice(done, dot)} `;
      done = dot;
    }
    return result + text.slice(done);
  }

  /** @param next How the next word begins; empty or a space when there is none at once. */
  #keepsDot(word: string, next: string): boolean {
    const { always, numericOnly } = this.#prefixes;
    return word.includes(".") && LETTER.test(word) || always.has(word) || STARTS_LOWER.test(next) ||
      numericOnly.has(word) && /^[0-9]/.test(next);
  }
}

function splitCommas(text: string): string {
  return text.replace(COMMA_AFTER_OTHER, "$1 , ").replace(COMMA_BEFORE_OTHER, " , $1")
    .replace(COMMA_AT_END, "$1 ,");
}

/**
 * Turns each run of dots into a word of letters, which later rules leave alone: `...` becomes
 * `DOTDOTDOTMULTI`. The letters are those of Moses: the rules for commas and apostrophes see them.
 */
function hideDots(line: string): string {
  if (line.includes("DOTMULTI")) return hideDotsBesideLiterals(line);
  if (!line.includes("..")) return line;
  return line.replace(/\.{2,}/g, (dots, at: number) => {
    const after = at + dots.length === line.length ? "" : " ";
    return ` ${"DOT".repeat(dots.length)}MULTI${after}`;
  });
}

/** The same in the steps of Moses, which can change a `DOTMULTI` of the line and what follows it. */
function hideDotsBesideLiterals(line: string): string {
  let text = line.replace(/\.(\.+)/g, " DOTMULTI$1");
  while (text.includes("DOTMULTI.")) {
    text = text.replace(/DOTMULTI\.([^.])/gu, "DOTDOTMULTI $1")
      .replaceAll("DOTMULTI.", "DOTDOTMULTI");
  }
  return text;
}

function showDots(line: string): string {
  if (!line.includes("DOTMULTI")) return line;
  return line.replace(/(?:DOT)+MULTI/g, (word) => ".".repeat((word.length - 5) / 3));
}

function escaped(line: string): string {
  let text = line;
  for (const [character, entity] of ENTITIES) text = text.replaceAll(character, entity);
  return text;
}
