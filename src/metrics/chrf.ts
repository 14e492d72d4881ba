import { splitWords } from "../data/lm/words.ts";
import { SACREBLEU_VERSION } from "./bleu/sacrebleu.ts";
import { formatFixed } from "./fixed.ts";
import { countMatches, countNgrams, type NgramCounts } from "./ngrams.ts";
import { bySentence } from "./references.ts";

/** Which n-grams chrF compares. */
export interface ChrfOptions {
  /** Longest n-grams of characters (default 6). */
  readonly charOrder?: number | undefined;
  /** Longest n-grams of words (default 0; 2 for chrF++). */
  readonly wordOrder?: number | undefined;
  /** How many times as much as precision recall weighs (default 2). */
  readonly beta?: number | undefined;
  /** Ignores the case of letters (default false). */
  readonly lowercase?: boolean | undefined;
  /** White space counts as characters (default false). */
  readonly whitespace?: boolean | undefined;
  /**
   * Averages the F-scores of all orders, none below 1e-16, instead of the F-score of the precisions
   * and recalls of the orders that both sides have (default false).
   */
  readonly epsSmoothing?: boolean | undefined;
}

/** chrF of a text. */
export interface ChrfScore {
  /** 0 to 100. */
  readonly score: number;
  /** Such as `chrF2`, or `chrF2++` with n-grams of words. */
  readonly name: string;
  /** sacreBLEU's signature: `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0`. */
  readonly signature: string;
  /** Scores of the single sentences, 0 to 100. */
  readonly sentences: readonly number[];
  /** sacreBLEU's line: `chrF2|<signature> = 53.10`. */
  format(): string;
}

/** N-grams of the hypothesis (0 where the reference has none), of the reference, of both. */
interface OrderCounts {
  readonly hypothesis: number;
  readonly reference: number;
  readonly matches: number;
}

type Settings = { readonly [Name in keyof ChrfOptions]-?: NonNullable<ChrfOptions[Name]> };

const EPSILON = 1e-16;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

/**
 * Character n-gram F-score of detokenised lines (Popović 2015, "chrF: character n-gram F-score for
 * automatic MT evaluation") as sacreBLEU computes it. Of several references the one with the best
 * score of its sentence counts.
 *
 * @param hypotheses One line for each sentence.
 * @param references One stream or several, each with a line for every hypothesis; `null` where a
 * stream has none for a sentence.
 * @throws {UserError} without hypotheses, when numbers of lines differ, and when a sentence has no
 * reference.
 */
export function chrf(
  hypotheses: readonly string[],
  references: readonly (readonly (string | null)[])[],
  options: ChrfOptions = {},
): ChrfScore {
  const settings: Settings = {
    charOrder: options.charOrder ?? 6,
    wordOrder: options.wordOrder ?? 0,
    beta: options.beta ?? 2,
    lowercase: options.lowercase ?? false,
    whitespace: options.whitespace ?? false,
    epsSmoothing: options.epsSmoothing ?? false,
  };
  const { charOrder, wordOrder, beta, lowercase, whitespace, epsSmoothing } = settings;
  const sets = bySentence("chrF", hypotheses, references);
  const best = hypotheses.map((line, i) => bestReference(line, sets.bySentence[i], settings));
  const score = fScore(sumByOrder(best.map(({ counts }) => counts)), settings);
  const name = `chrF${beta}${"+".repeat(wordOrder)}`;
  const signature = [
    `nrefs:${sets.count}`,
    `case:${lowercase ? "lc" : "mixed"}`,
    `eff:${epsSmoothing ? "no" : "yes"}`,
    `nc:${charOrder}`,
    `nw:${wordOrder}`,
    `space:${whitespace ? "yes" : "no"}`,
    `version:${SACREBLEU_VERSION}`,
  ].join("|");
  return {
    score,
    name,
    signature,
    sentences: best.map(({ score }) => score),
    format: () => `${name}|${signature} = ${formatFixed(score, 2)}`,
  };
}

function bestReference(
  hypothesis: string,
  references: readonly string[],
  settings: Settings,
): { counts: OrderCounts[]; score: number } {
  const own = ngramsByOrder(hypothesis, settings);
  const scored = references.map((reference) => {
    const counts = ngramsByOrder(reference, settings).map((other, i) => compare(own[i], other));
    return { counts, score: fScore(counts, settings) };
  });
  return scored.reduce((best, other) => other.score > best.score ? other : best);
}

/** Counts of n-grams by order, those of characters first. */
function ngramsByOrder(line: string, settings: Settings): NgramCounts[] {
  const text = settings.lowercase ? line.toLowerCase() : line;
  const characters = [...(settings.whitespace ? text : splitWords(text).join(""))];
  const counts: NgramCounts[] = [];
  for (let n = 1; n <= settings.charOrder; n++) counts.push(countNgrams(characters, n, ""));
  const words = settings.wordOrder > 0 ? splitWords(text).flatMap(cutPunctuation) : [];
  for (let n = 1; n <= settings.wordOrder; n++) counts.push(countNgrams(words, n, " "));
  return counts;
}

/** A punctuation mark at a word's end, else at its start, is a word of its own. */
function cutPunctuation(word: string): string[] {
  if (word.length < 2) return [word];
  if (PUNCTUATION.test(word[word.length - 1])) return [word.slice(0, -1), word.slice(-1)];
  return PUNCTUATION.test(word[0]) ? [word[0], word.slice(1)] : [word];
}

function compare(hypothesis: NgramCounts, reference: NgramCounts): OrderCounts {
  const sum = (counts: NgramCounts) => {
    let total = 0;
    for (const count of counts.values()) total += count;
    return total;
  };
  return {
    hypothesis: reference.size === 0 ? 0 : sum(hypothesis),
    reference: sum(reference),
    matches: countMatches(hypothesis, reference),
  };
}

function sumByOrder(sentences: readonly (readonly OrderCounts[])[]): OrderCounts[] {
  return sentences[0].map((_, order) => {
    const sum = { hypothesis: 0, reference: 0, matches: 0 };
    for (const { [order]: counts } of sentences) {
      sum.hypothesis += counts.hypothesis;
      sum.reference += counts.reference;
      sum.matches += counts.matches;
    }
    return sum;
  });
}

function fScore(orders: readonly OrderCounts[], { beta, epsSmoothing }: Settings): number {
  const weight = beta ** 2;
  let [smoothed, precisions, recalls, effective] = [0, 0, 0, 0];
  for (const { hypothesis, reference, matches } of orders) {
    const precision = hypothesis > 0 ? matches / hypothesis : EPSILON;
    const recall = reference > 0 ? matches / reference : EPSILON;
    const divisor = weight * precision + recall;
    smoothed += divisor > 0 ? (1 + weight) * precision * recall / divisor : EPSILON;
    if (hypothesis === 0 || reference === 0) continue;
    precisions += precision;
    recalls += recall;
    effective++;
  }
  if (epsSmoothing) return 100 * smoothed / orders.length;
  if (precisions + recalls === 0) return 0;
  const [precision, recall] = [precisions / effective, recalls / effective];
  return 100 * ((1 + weight) * precision * recall / (weight * precision + recall));
}
