/** Parsers of option values. */
import { InvalidArgumentError } from "commander";
import { UserError } from "../errors.ts";

/** A whole number of at least `least`, and of at most `most` where there is a limit. */
export function wholeNumber(least: number, most = Infinity): (text: string) => number {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`expected a whole number ${range}`);
    }
    return value;
  };
}

/** Comma-separated words. */
export function words(text: string): string[] {
  const list = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  if (list.length === 0) throw new InvalidArgumentError("expected a comma-separated list");
  return list;
}

/** A list of more seeds takes memory and seconds to write down, and no run gets that far. */
const mostSeeds = 100_000;

/** Seeds: a count (`3` means 1, 2, 3) or a comma-separated list (`7,` or `1,5`). */
export function seeds(text: string): number[] {
  const parse = wholeNumber(0);
  if (!text.includes(",")) {
    const count = wholeNumber(1, mostSeeds)(text);
    return Array.from({ length: count }, (_, i) => i + 1);
  }
  return [...new Set(words(text).map(parse))];
}

/** A learning rate. */
export function rate(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 10)) {
    throw new InvalidArgumentError("expected a learning rate such as 2e-3");
  }
  return value;
}

/** Comma-separated whole numbers of at least `least`. */
export function wholeNumbers(least: number): (text: string) => number[] {
  return (text) => words(text).map(wholeNumber(least));
}

/** Comma-separated learning rates. */
export function rates(text: string): number[] {
  return [...new Set(words(text).map(rate))];
}

function numberBetween(low: number, high: number, what: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high)) {
      throw new InvalidArgumentError(`expected ${what}`);
    }
    return value;
  };
}

/** A temperature of sampling. */
export const temperature = numberBetween(0, 100, "a number from 0 to 100");

/** A number that is not negative, such as the exponent of a length penalty. */
export const nonNegative = numberBetween(0, 1e6, "a number of at least 0");

/** A part of a whole. */
export const share = numberBetween(0, 1, "a number from 0 to 1");

/**
 * The wanted names, all when nothing is wanted.
 *
 * @throws {UserError} when one does not exist.
 */
export function choose(
  what: string,
  known: readonly string[],
  wanted: readonly string[] | undefined,
): string[] {
  if (wanted === undefined) return [...known];
  for (const name of wanted) {
    if (!known.includes(name)) {
      throw new UserError(`no ${what} is called ${name}; there are ${known.join(", ")}`);
    }
  }
  return [...wanted];
}
