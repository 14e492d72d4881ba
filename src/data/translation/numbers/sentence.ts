import type { Language } from "../parallel_corpus.ts";
import { spellValue, type Value, type ValueKind } from "./value.ts";

/**
 * A sentence with places for values. `{0}` is the first value; `{0:e}` asks for a German ordinal in
 * the nominative.
 */
interface Pattern {
  readonly slots: readonly ValueKind[];
  readonly en: string;
  readonly de: string;
}

/** Every pattern; no two give the same sentence in either language. */
export const PATTERNS: readonly Pattern[] = [
  { slots: ["number"], en: "The number is {0}", de: "Die Zahl ist {0}" },
  { slots: ["amount"], en: "The ticket costs {0}", de: "Die Karte kostet {0}" },
  { slots: ["time"], en: "The train leaves at {0}", de: "Der Zug fährt um {0} ab" },
  { slots: ["year"], en: "The house was built in {0}", de: "Das Haus wurde im Jahr {0} gebaut" },
  { slots: ["ordinal"], en: "We live in the {0} house", de: "Wir wohnen im {0} Haus" },
  { slots: ["birthday"], en: "He was born on the {0}", de: "Er wurde am {0} geboren" },
  {
    slots: ["date", "time"],
    en: "The train leaves on the {0} at {1}",
    de: "Am {0} fährt der Zug um {1} ab",
  },
  {
    slots: ["date", "amount"],
    en: "The bill of the {0} is {1}",
    de: "Die Rechnung vom {0} beträgt {1}",
  },
  {
    slots: ["amount", "date"],
    en: "She paid {0} on the {1}",
    de: "Sie hat am {1} {0} bezahlt",
  },
  {
    slots: ["count", "date"],
    en: "There were {0} guests on the {1}",
    de: "Am {1} waren {0} Gäste da",
  },
  {
    slots: ["ordinal", "time"],
    en: "The {0} guest came at {1}",
    de: "Der {0:e} Gast kam um {1}",
  },
  {
    slots: ["ordinal", "amount"],
    en: "The {0} book costs {1}",
    de: "Das {0:e} Buch kostet {1}",
  },
  {
    slots: ["year", "amount"],
    en: "In {0} the ticket cost {1}",
    de: "Im Jahr {0} kostete die Karte {1}",
  },
  { slots: ["period"], en: "The church stood {0}", de: "Die Kirche stand {0}" },
  {
    slots: ["count", "date", "time"],
    en: "{0} guests meet on the {1} at {2}",
    de: "Am {1} treffen sich um {2} {0} Gäste",
  },
];

/** A sentence in no language. */
export interface Meaning {
  readonly pattern: Pattern;
  /** One for each slot of the pattern. */
  readonly values: readonly Value[];
}

/** The sentence in a language, without punctuation; the first letter is a capital. */
export function spellSentence({ pattern, values }: Meaning, language: Language): string {
  const text = pattern[language].replaceAll(
    /\{(\d)(:e)?\}/g,
    (_, slot: string, ending?: string) =>
      spellValue(values[Number(slot)], language, ending === undefined ? "en" : "e"),
  );
  return text[0].toUpperCase() + text.slice(1);
}
