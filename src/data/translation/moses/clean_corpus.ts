import { UserError } from "../../../errors.ts";
import { plainSpaces, stripSpace } from "./spaces.ts";
import { LATER } from "./unicode14.ts";

/** Which pairs of sentences are kept. */
export interface CleaningOptions {
  /** Fewest words of a side. */
  readonly min: number;
  /** Most words of a side. */
  readonly max: number;
  /** Most words of a side for one word of the other; 9 when absent. */
  readonly ratio?: number | undefined;
  /** Keep pairs of every ratio; false when absent. */
  readonly ignoreRatio?: boolean | undefined;
  /** Most characters of a word; 1000 when absent. */
  readonly maxWordLength?: number | undefined;
  /** Make both sides lower case first; false when absent. */
  readonly lowercase?: boolean | undefined;
}

/** Both sides of a pair that is kept. */
export interface CleanPair {
  readonly source: string;
  readonly target: string;
}

const BLANK_FACTOR = /[ |]\|/;
const LATER_CHARACTER = new RegExp(LATER, "v");
const EARLIER_CHARACTERS = new RegExp(`[^${LATER}]+`, "gv");

/**
 * Drops pairs of sentences that are empty, too short, too long or of very different lengths, and
 * tidies the spaces of the others (`scripts/training/clean-corpus-n.perl` of Moses). Pairs come one
 * by one, in the order of the corpus: the first decides what bars mean.
 */
export class CorpusCleaner {
  readonly #options: CleaningOptions;
  /** Whether bars separate factors of words; otherwise they are deleted. */
  #factored: boolean | undefined;
  #pairs = 0;

  constructor(options: CleaningOptions) {
    this.#options = options;
  }

  /**
   * The next pair as it is kept, or undefined when it is dropped.
   *
   * @throws {UserError} when factors are used and one of a pair to be kept is missing.
   */
  clean(source: string, target: string): CleanPair | undefined {
    this.#pairs++;
    this.#factored ??= source.includes("|") || target.includes("|");
    const pair = { source: this.#tidy(source), target: this.#tidy(target) };
    if (!this.#keeps(pair)) return undefined;
    if (this.#factored && (BLANK_FACTOR.test(pair.source) || BLANK_FACTOR.test(pair.target))) {
      throw new UserError(
        `sentence pair ${this.#pairs}: a bar without a word before it, but bars separate factors ` +
          `since the first pair has one: remove the bars or write them as &#124;`,
      );
    }
    return pair;
  }

  #tidy(line: string): string {
    let text = this.#options.lowercase ? lowerCase(line) : line;
    if (!this.#factored && text.includes("|")) text = text.replaceAll("|", "");
    return stripSpace(plainSpaces(text));
  }

  #keeps({ source, target }: CleanPair): boolean {
    if (source === "" || target === "") return false;
    const { min, max, ratio = 9, ignoreRatio = false, maxWordLength = 1000 } = this.#options;
    const [a, b] = [countWords(source), countWords(target)];
    if (a < min || a > max || b < min || b > max) return false;
    if (!ignoreRatio && (a / b > ratio || b / a > ratio)) return false;
    return !hasLongWord(source, maxWordLength) && !hasLongWord(target, maxWordLength);
  }
}

function countWords(line: string): number {
  let count = 1;
  for (let at = line.indexOf(" "); at >= 0; at = line.indexOf(" ", at + 1)) count++;
  return count;
}

/** Whether more than `most` characters stand in a row without a space or a bar. */
function hasLongWord(line: string, most: number): boolean {
  if (line.length <= most) return false;
  let length = 0;
  for (let i = 0; i < line.length; i++) {
    const unit = line.charCodeAt(i);
    if (unit === 0x20 || unit === 0x7c) length = 0;
    // The second half of a pair of surrogates belongs to the character before.
    else if (unit < 0xdc00 || unit > 0xdfff) length++;
    if (length > most) return true;
  }
  return false;
}

/** Lower case without regard to the neighbours (no final sigma), as Perl makes it. */
function lowerCase(line: string): string {
  const text = line.replaceAll("Σ", "σ");
  if (!LATER_CHARACTER.test(text)) return text.toLowerCase();
  return text.replace(EARLIER_CHARACTERS, (part) => part.toLowerCase());
}
