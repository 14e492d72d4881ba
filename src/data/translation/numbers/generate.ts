import { UserError } from "../../../errors.ts";
import { PhiloxStream } from "../../../util/philox.ts";
import { RANDOM_STREAMS } from "../../../util/random_streams.ts";
import type { SplitName } from "../../dataset.ts";
import { type Meaning, PATTERNS, spellSentence } from "./sentence.ts";
import { belongsTo, LARGEST_WORD, type Value, type ValueKind } from "./value.ts";

/** Raised whenever the same parameters and seed would give other sentences. */
export const NUMBERS_VERSION = 1;

/** A sentence in both languages. */
export interface NumbersPair {
  readonly en: string;
  readonly de: string;
}

/** How often numbers have how many digits; the words up to twenty come first. */
const MAGNITUDES: readonly {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}[] = [
  { from: 1, to: LARGEST_WORD, weight: 4 },
  { from: LARGEST_WORD + 1, to: 99, weight: 6 },
  { from: 100, to: 999, weight: 5 },
  { from: 1_000, to: 9_999, weight: 3 },
  { from: 10_000, to: 99_999, weight: 1 },
  { from: 100_000, to: 999_999, weight: 1 },
];
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const FIRST_YEAR = 1100;
const LAST_YEAR = 2099;
/** Give up when this many sentences in a row bring no new one. */
const MAX_FRUITLESS_DRAWS = 10_000;
/** Give up when this many values in a row belong to another split. */
const MAX_FOREIGN_VALUES = 1_000_000;

function between(random: PhiloxStream, from: number, to: number): number {
  return from + random.uniformInt(to - from + 1);
}

function drawNumber(random: PhiloxStream, digits: number): number {
  const classes = MAGNITUDES.filter(({ to }) => to < 10 ** digits);
  let place = random.uniformInt(classes.reduce((sum, { weight }) => sum + weight, 0));
  for (const { from, to, weight } of classes) {
    if (place < weight) return between(random, from, to);
    place -= weight;
  }
  throw new Error("weights do not sum to their total");
}

/** Half of the years are of the time around 2000. */
function drawYear(random: PhiloxStream): number {
  return random.uniformInt(2) === 0
    ? between(random, 1900, 2029)
    : between(random, FIRST_YEAR, LAST_YEAR);
}

function drawDay(random: PhiloxStream): { day: number; month: number } {
  const month = between(random, 1, 12);
  return { day: between(random, 1, DAYS[month - 1]), month };
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function drawBirthday(random: PhiloxStream): { day: number; month: number; year: number } {
  const year = drawYear(random);
  let { day, month } = drawDay(random);
  while (month === 2 && day === 29 && !isLeapYear(year)) ({ day, month } = drawDay(random));
  return { day, month, year };
}

/** A third of the amounts has no cents, and one in ten no euros. */
function drawAmount(random: PhiloxStream, digits: number): { euros: number; cents: number } {
  const shape = random.uniformInt(30);
  const euros = shape < 3 ? 0 : drawNumber(random, digits);
  return { euros, cents: shape >= 20 ? 0 : between(random, 1, 99) };
}

/** Two thirds of the times are those that a clock face has figures for. */
function drawTime(random: PhiloxStream): { hour: number; minute: number } {
  const hour = between(random, 1, 12);
  const minute = random.uniformInt(3) < 2 ? 5 * random.uniformInt(12) : random.uniformInt(60);
  return { hour, minute };
}

function drawValue(random: PhiloxStream, kind: ValueKind, digits: number): Value {
  switch (kind) {
    case "number":
      return { kind, n: drawNumber(random, digits) };
    case "count":
      return { kind, n: Math.max(2, drawNumber(random, digits)) };
    case "ordinal":
      // Ordinals are rarely large.
      return { kind, n: drawNumber(random, digits - 1) };
    case "year":
      return { kind, year: drawYear(random) };
    case "period": {
      const years = [drawYear(random), drawYear(random)];
      return { kind, from: Math.min(...years), to: Math.max(...years) };
    }
    case "amount":
      return { kind, ...drawAmount(random, digits) };
    case "date":
      return { kind, ...drawDay(random) };
    case "birthday":
      return { kind, ...drawBirthday(random) };
    case "time":
      return { kind, ...drawTime(random) };
  }
}

function drawOf(random: PhiloxStream, kind: ValueKind, digits: number, split: SplitName): Value {
  for (let draw = 0; draw < MAX_FOREIGN_VALUES; draw++) {
    const value = drawValue(random, kind, digits);
    if (belongsTo(value, split)) return value;
  }
  throw new UserError(`numbers: no ${kind} of ${digits} digits belongs to ${split}`);
}

/**
 * An endless stream of distinct sentences of a split: a pattern, and values that belong to the
 * split by `belongsTo`, so that no held-out value occurs in training in any kind of phrase. A
 * function of the number of digits, the split and the seed alone; splits do not depend on each
 * other. @throws {UserError} when there are no more.
 */
export function* generateMeanings(
  digits: number,
  split: SplitName,
  seed: number | bigint,
): Generator<Meaning, never, void> {
  if (!Number.isInteger(digits) || digits < 3 || digits > 6) {
    throw new UserError(`numbers: ${digits} digits, expected 3 to 6`);
  }
  const random = new PhiloxStream(seed, RANDOM_STREAMS.numbers[split]);
  const seen = new Set<string>();
  for (let fruitless = 0; fruitless < MAX_FRUITLESS_DRAWS; fruitless++) {
    const pattern = PATTERNS[random.uniformInt(PATTERNS.length)];
    const values = pattern.slots.map((kind) => drawOf(random, kind, digits, split));
    const meaning = { pattern, values };
    const text = spellSentence(meaning, "en");
    if (seen.has(text)) continue;
    seen.add(text);
    fruitless = -1;
    yield meaning;
  }
  throw new UserError(`numbers: there are only about ${seen.size} sentences of ${split}`);
}

/** The first sentences of a split, in both languages. */
export function* generatePairs(
  count: number,
  digits: number,
  split: SplitName,
  seed: number | bigint,
): Generator<NumbersPair, void, void> {
  const meanings = generateMeanings(digits, split, seed);
  for (let made = 0; made < count; made++) {
    const meaning = meanings.next().value;
    yield { en: spellSentence(meaning, "en"), de: spellSentence(meaning, "de") };
  }
}
