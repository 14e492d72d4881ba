import { displayName } from "../display_names.ts";

/** Factor from the unit of a score to the one that people read: fractions are shown in percent. */
export function shownScale(unit: string): number {
  return unit === "fraction" ? 100 : 1;
}

/** Decimals of a printed score: two for percent and BLEU, three for bits and nats. */
export function scoreDigits(unit: string, value: number): number {
  if (unit === "fraction") return 2;
  if (/^(bits|nats)/i.test(unit)) return 3;
  // Two decimals of a perplexity in the thousands, as of an untrained model, say nothing.
  return Math.abs(value) < 1000 ? 2 : 0;
}

/**
 * A score as a number without its unit.
 *
 * @example formatScore(0.4825, "fraction") // "48.25"
 * @example formatScore(1.0234, "bits per character") // "1.023"
 * @example formatScore(18.066, "perplexity") // "18.07"
 */
export function formatScore(value: number, unit: string): string {
  return (shownScale(unit) * value).toFixed(scoreDigits(unit, value));
}

/**
 * A score with its unit where the name of the metric does not say it.
 *
 * @example formatScoreUnit(0.4825, "fraction") // "48.25 %"
 */
export function formatScoreUnit(value: number, unit: string): string {
  const text = formatScore(value, unit);
  if (unit === "fraction") return `${text} %`;
  return /^nats/i.test(unit) ? `${text} nats` : text;
}

/**
 * A score in running text and on axes, with the unit that its numbers are shown in.
 *
 * @example scoreLabel({ name: "accuracy", unit: "fraction" }) // "accuracy, %"
 * @example scoreLabel({ name: "perplexity", unit: "perplexity" }) // "perplexity"
 */
export function scoreLabel({ name, unit }: { name: string; unit: string }): string {
  // Names of metrics that are no acronyms start a sentence in tables only.
  const shown = displayName(name);
  const text = /^[A-Z][a-z]/.test(shown) ? shown.charAt(0).toLowerCase() + shown.slice(1) : shown;
  if (text.includes(",")) return text;
  if (unit === "fraction") return `${text}, %`;
  return /^nats/i.test(unit) ? `${text}, nats` : text;
}
