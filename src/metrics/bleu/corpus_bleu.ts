import { type BleuStatistics, type ByOrder, MAX_ORDER } from "./statistics.ts";

/**
 * What an order without any match counts as (Chen and Cherry 2014, "A Systematic Comparison of
 * Smoothing Techniques for Sentence-Level BLEU"): `exp` halves the precision with each such order
 * (their method 3), `floor` uses a small number of matches instead of none (1), `add-k` adds to
 * matches and totals of all orders above the first (2).
 */
export type BleuSmoothing = "exp" | "floor" | "add-k" | "none";

/** How the orders become one score. */
export interface BleuOptions {
  /** Default `exp`. */
  readonly smooth?: BleuSmoothing | undefined;
  /** Matches of `floor` (default 0.1), or k of `add-k` (default 1). */
  readonly smoothValue?: number | undefined;
  /** Averages only the orders that the text is long enough for: for single sentences. */
  readonly effectiveOrder?: boolean | undefined;
}

/** BLEU of a text with its parts. */
export interface BleuScore {
  /** 0 to 100. */
  readonly score: number;
  /** Precision of each order, 0 to 100, smoothed. */
  readonly precisions: ByOrder;
  /** What a text that is too short is multiplied by, 0 to 1. */
  readonly brevityPenalty: number;
  /** Length of the hypotheses in lengths of the references, 0 without references. */
  readonly ratio: number;
  /** Matches and totals by order; `add-k` has added to them. */
  readonly matches: ByOrder;
  readonly totals: ByOrder;
  readonly hypothesisLength: number;
  readonly referenceLength: number;
}

/** Stands for the logarithm of a precision of 0 and is exact, unlike -Infinity in sums. */
const LOG_ZERO = -9999999999;

/** The default of `smoothValue`; undefined where a method has none. */
export function defaultSmoothValue(smooth: BleuSmoothing): number | undefined {
  if (smooth === "floor") return 0.1;
  return smooth === "add-k" ? 1 : undefined;
}

/**
 * BLEU of summed statistics by the rules of sacreBLEU (Post 2018, "A Call for Clarity in Reporting
 * BLEU Scores"): 0 when no n-gram of any order matches, whatever the smoothing.
 *
 * @param statistics Of a sentence, or of a corpus (`sumStatistics`).
 */
export function corpusBleu(statistics: BleuStatistics, options: BleuOptions = {}): BleuScore {
  const { smooth = "exp", effectiveOrder = false } = options;
  const { hypothesisLength, referenceLength } = statistics;
  const value = options.smoothValue ?? defaultSmoothValue(smooth) ?? 0;
  const matches: [number, number, number, number] = [...statistics.matches];
  const totals: [number, number, number, number] = [...statistics.totals];
  const precisions: [number, number, number, number] = [0, 0, 0, 0];
  const brevityPenalty = brevity(hypothesisLength, referenceLength);
  let score = 0;
  if (matches.some((count) => count > 0)) {
    let halved = 1;
    let orders = MAX_ORDER;
    for (let i = 0; i < MAX_ORDER; i++) {
      if (smooth === "add-k" && i > 0) {
        matches[i] += value;
        totals[i] += value;
      }
      if (totals[i] === 0) break;
      if (effectiveOrder) orders = i + 1;
      if (matches[i] > 0) precisions[i] = 100 * matches[i] / totals[i];
      else if (smooth === "exp") precisions[i] = 100 / ((halved *= 2) * totals[i]);
      else if (smooth === "floor") precisions[i] = 100 * value / totals[i];
    }
    let sum = 0;
    for (let i = 0; i < orders; i++) {
      sum += precisions[i] === 0 ? LOG_ZERO : Math.log(precisions[i]);
    }
    score = brevityPenalty * Math.exp(sum / orders);
  }
  const ratio = referenceLength === 0 ? 0 : hypothesisLength / referenceLength;
  return {
    score,
    precisions,
    brevityPenalty,
    ratio,
    matches,
    totals,
    hypothesisLength,
    referenceLength,
  };
}

function brevity(hypothesisLength: number, referenceLength: number): number {
  if (hypothesisLength >= referenceLength) return 1;
  return hypothesisLength === 0 ? 0 : Math.exp(1 - referenceLength / hypothesisLength);
}
