const SMALL = [
  "null",
  "eins",
  "zwei",
  "drei",
  "vier",
  "fünf",
  "sechs",
  "sieben",
  "acht",
  "neun",
  "zehn",
  "elf",
  "zwölf",
  "dreizehn",
  "vierzehn",
  "fünfzehn",
  "sechzehn",
  "siebzehn",
  "achtzehn",
  "neunzehn",
] as const;
const TENS = [
  "",
  "",
  "zwanzig",
  "dreißig",
  "vierzig",
  "fünfzig",
  "sechzig",
  "siebzig",
  "achtzig",
  "neunzig",
] as const;
/** Stems of ordinals that are not the cardinal and `t`. */
const IRREGULAR: Readonly<Record<number, string>> = {
  1: "erst",
  3: "dritt",
  7: "siebt",
  8: "acht",
};
const MONTHS = [
  "Januar",
  "Februar",
  "März",
  "April",
  "Mai",
  "Juni",
  "Juli",
  "August",
  "September",
  "Oktober",
  "November",
  "Dezember",
] as const;

/** `eins` where a number ends, `ein` before another part of a compound. */
type One = "eins" | "ein";

function small(n: number, one: One): string {
  return n === 1 ? one : SMALL[n];
}

function belowHundred(n: number, one: One): string {
  if (n < 20) return small(n, one);
  const tens = TENS[Math.floor(n / 10)];
  return n % 10 === 0 ? tens : `${small(n % 10, "ein")}und${tens}`;
}

function belowThousand(n: number, one: One): string {
  if (n < 100) return belowHundred(n, one);
  const rest = n % 100;
  return `${small(Math.floor(n / 100), "ein")}hundert${rest === 0 ? "" : belowHundred(rest, one)}`;
}

/** The number as one word, `zweitausenddreihundertfünfundvierzig`; 0 to 999,999. */
export function germanCardinal(n: number): string {
  if (n < 1000) return belowThousand(n, "eins");
  const rest = n % 1000;
  const thousands = `${belowThousand(Math.floor(n / 1000), "ein")}tausend`;
  return rest === 0 ? thousands : `${thousands}${belowThousand(rest, "eins")}`;
}

/** The number before a noun that is not feminine: `ein Euro`, `einhunderteins Euro`. */
function beforeNoun(n: number): string {
  return n === 1 ? "ein" : germanCardinal(n);
}

/**
 * `einundzwanzigste`, `einhundertzwölften`; 1 to 999,999.
 *
 * @param ending `e` in the weak nominative (`der dritte Gast`), `en` in other cases (`am dritten`).
 */
export function germanOrdinal(n: number, ending: "e" | "en"): string {
  const rest = n % 100;
  if (rest === 0 || rest >= 20) return `${germanCardinal(n)}st${ending}`;
  const front = n === rest ? "" : germanCardinal(n - rest);
  return `${front}${IRREGULAR[rest] ?? `${SMALL[rest]}t`}${ending}`;
}

/** A year as it is read: `neunzehnhundertneunundneunzig`, `zweitausendvier`; 1100 to 2099. */
export function germanYear(year: number): string {
  if (year >= 2000) return germanCardinal(year);
  const rest = year % 100;
  const century = `${belowHundred(Math.floor(year / 100), "ein")}hundert`;
  return rest === 0 ? century : `${century}${belowHundred(rest, "eins")}`;
}

/** `einundzwanzig Euro und ein Cent`; a part that is zero is left out. */
export function germanAmount(euros: number, cents: number): string {
  const parts: string[] = [];
  if (euros > 0) parts.push(`${beforeNoun(euros)} Euro`);
  if (cents > 0) parts.push(`${beforeNoun(cents)} Cent`);
  return parts.join(" und ");
}

/** A date after a preposition with the dative, `dritten Mai`; day and month from 1. */
export function germanDate(day: number, month: number): string {
  return `${germanOrdinal(day, "en")} ${MONTHS[month - 1]}`;
}

/** `halb acht`, `fünf vor halb acht`, `sieben Minuten vor drei`; hour 1 to 12, minute 0 to 59. */
export function germanTime(hour: number, minute: number): string {
  const next = SMALL[hour % 12 + 1];
  if (minute === 0) return `${beforeNoun(hour)} Uhr`;
  if (minute === 25) return `fünf vor halb ${next}`;
  if (minute === 30) return `halb ${next}`;
  if (minute === 35) return `fünf nach halb ${next}`;
  return minute < 30
    ? `${germanMinutes(minute)} nach ${SMALL[hour]}`
    : `${germanMinutes(60 - minute)} vor ${next}`;
}

function germanMinutes(minutes: number): string {
  if (minutes === 15) return "Viertel";
  if (minutes % 5 === 0) return SMALL[minutes] ?? TENS[minutes / 10];
  return minutes === 1 ? "eine Minute" : `${germanCardinal(minutes)} Minuten`;
}
