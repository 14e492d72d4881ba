import { philox4x32 } from "../../../util/philox.ts";
import type { SplitName } from "../../dataset.ts";
import type { Language } from "../parallel_corpus.ts";
import {
  englishAmount,
  englishCardinal,
  englishDate,
  englishOrdinal,
  englishTime,
  englishYear,
} from "./english.ts";
import {
  germanAmount,
  germanCardinal,
  germanDate,
  germanOrdinal,
  germanTime,
  germanYear,
} from "./german.ts";

/** What a phrase says, in no language. */
export type Value =
  | { readonly kind: "number" | "count" | "ordinal"; readonly n: number }
  | { readonly kind: "year"; readonly year: number }
  | { readonly kind: "period"; readonly from: number; readonly to: number }
  | { readonly kind: "amount"; readonly euros: number; readonly cents: number }
  | { readonly kind: "date"; readonly day: number; readonly month: number }
  | {
    readonly kind: "birthday";
    readonly day: number;
    readonly month: number;
    readonly year: number;
  }
  | { readonly kind: "time"; readonly hour: number; readonly minute: number };

/** A kind of value. */
export type ValueKind = Value["kind"];

/** The words of a value. @param ending Of German ordinals; dates stand in the dative. */
export function spellValue(value: Value, language: Language, ending: "e" | "en" = "en"): string {
  const english = language === "en";
  switch (value.kind) {
    case "number":
    case "count":
      return english ? englishCardinal(value.n) : germanCardinal(value.n);
    case "ordinal":
      return english ? englishOrdinal(value.n) : germanOrdinal(value.n, ending);
    case "year":
      return english ? englishYear(value.year) : germanYear(value.year);
    case "period":
      return english
        ? `from ${englishYear(value.from)} to ${englishYear(value.to)}`
        : `von ${germanYear(value.from)} bis ${germanYear(value.to)}`;
    case "amount":
      return english
        ? englishAmount(value.euros, value.cents)
        : germanAmount(value.euros, value.cents);
    case "date":
      return english ? englishDate(value.day, value.month) : germanDate(value.day, value.month);
    case "birthday":
      return english
        ? `${englishDate(value.day, value.month)} ${englishYear(value.year)}`
        : `${germanDate(value.day, value.month)} ${germanYear(value.year)}`;
    case "time":
      return english ? englishTime(value.hour, value.minute) : germanTime(value.hour, value.minute);
  }
}

/** Numbers up to this one are words of the languages more than values: they occur in every split. */
export const LARGEST_WORD = 20;

/** Something that is held out as a whole: a number, a time, a date, or a small amount. */
type Key = readonly [space: "number" | "time" | "date" | "amount", value: number];

function numberKeys(...numbers: readonly number[]): Key[] {
  return numbers.filter((n) => n > LARGEST_WORD).map((n) => ["number", n]);
}

/**
 * What is held out with a value. A number is the same in every kind of phrase: when 1999 is a test
 * value, then no year, amount, count or ordinal of the training split is 1999.
 */
export function heldOutKeys(value: Value): readonly Key[] {
  switch (value.kind) {
    case "number":
    case "count":
    case "ordinal":
      return numberKeys(value.n);
    case "year":
      return numberKeys(value.year);
    case "period":
      return numberKeys(value.from, value.to);
    case "amount": {
      const { euros, cents } = value;
      const keys = numberKeys(euros, cents);
      return keys.length === 0 && cents > 0 && euros > 0 ? [["amount", 100 * euros + cents]] : keys;
    }
    case "date":
      return [["date", 100 * value.month + value.day]];
    case "birthday":
      return [["date", 100 * value.month + value.day], ...numberKeys(value.year)];
    case "time":
      return [["time", 60 * value.hour + value.minute]];
  }
}

const SPACES = { number: 0, time: 1, date: 2, amount: 3 } as const;
/** Key of the hash, of no meaning; a change needs a new version of the data. */
const HASH_KEY = [0x6e756d62, 0x65727321] as const;
/** One in so many values validates, and one tests. */
const SHARE = 16;

/** The split that a value belongs to, whatever the seed of the data. */
export function splitOfKey([space, value]: Key): SplitName {
  const [hash] = philox4x32([SPACES[space], value, 0, 0], HASH_KEY);
  const place = hash % SHARE;
  return place === 0 ? "test" : place === 1 ? "valid" : "train";
}

/** Whether a value may stand in a sentence of a split; held-out splits take held-out values only. */
export function belongsTo(value: Value, split: SplitName): boolean {
  const keys = heldOutKeys(value);
  return (split === "train" || keys.length > 0) && keys.every((key) => splitOfKey(key) === split);
}
