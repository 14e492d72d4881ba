import { UserError } from "../../errors.ts";
import { countMatches, countNgrams } from "../ngrams.ts";

/** One value for each n-gram order, 1 to 4. */
export type ByOrder = readonly [number, number, number, number];

/** The longest n-grams that BLEU counts. */
export const MAX_ORDER = 4;

/**
 * What BLEU needs to know of one sentence or, summed, of many (Papineni et al. 2002, "BLEU: a
 * Method for Automatic Evaluation of Machine Translation"). All are counts.
 */
export interface BleuStatistics {
  /** N-grams of the hypothesis that a reference has too, each at most as often as there. */
  readonly matches: ByOrder;
  /** N-grams of the hypothesis. */
  readonly totals: ByOrder;
  /** Tokens of the hypothesis. */
  readonly hypothesisLength: number;
  /** Tokens of the reference whose length is closest, the shorter one of two. */
  readonly referenceLength: number;
}

/** The statistics of no sentence. */
export const NO_STATISTICS: BleuStatistics = {
  matches: [0, 0, 0, 0],
  totals: [0, 0, 0, 0],
  hypothesisLength: 0,
  referenceLength: 0,
};

/** Length of {@link countsOf}. */
export const COUNTS_PER_SENTENCE = 2 * MAX_ORDER + 2;

/** Statistics as a row of counts: matches and totals of order 1 to 4, then the two lengths. */
export function countsOf(statistics: BleuStatistics): number[] {
  const { matches, totals, hypothesisLength, referenceLength } = statistics;
  return [...matches, ...totals, hypothesisLength, referenceLength];
}

/** The statistics of a row of {@link countsOf}. */
export function statisticsOf(counts: ArrayLike<number>): BleuStatistics {
  return {
    matches: [counts[0], counts[1], counts[2], counts[3]],
    totals: [counts[4], counts[5], counts[6], counts[7]],
    hypothesisLength: counts[8],
    referenceLength: counts[9],
  };
}

/** The statistics of both together. */
export function addStatistics(a: BleuStatistics, b: BleuStatistics): BleuStatistics {
  return {
    matches: addByOrder(a.matches, b.matches),
    totals: addByOrder(a.totals, b.totals),
    hypothesisLength: a.hypothesisLength + b.hypothesisLength,
    referenceLength: a.referenceLength + b.referenceLength,
  };
}

/** The statistics of a corpus. */
export function sumStatistics(sentences: Iterable<BleuStatistics>): BleuStatistics {
  let sum = NO_STATISTICS;
  for (const sentence of sentences) sum = addStatistics(sum, sentence);
  return sum;
}

function addByOrder(a: ByOrder, b: ByOrder): ByOrder {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}

/**
 * Statistics of one sentence.
 *
 * @param hypothesis Its tokens: strings or ids.
 * @param references The tokens of one reference or several; `null` for one that this sentence
 * lacks. With several, an n-gram may match as often as the reference has it that has it most.
 * @throws {UserError} when the sentence has no reference.
 */
export function sentenceStatistics<Token extends string | number>(
  hypothesis: ArrayLike<Token>,
  references: Iterable<ArrayLike<Token> | null>,
): BleuStatistics {
  const present = [...references].filter((reference) => reference !== null);
  if (present.length === 0) throw new UserError("BLEU: a sentence has no reference");
  const numbers = new Map<Token, number>();
  const numbered = (tokens: ArrayLike<Token>): number[] =>
    Array.from(tokens, (token) => {
      const number = numbers.get(token) ?? numbers.size;
      numbers.set(token, number);
      return number;
    });
  const candidate = numbered(hypothesis);
  const others = present.map(numbered);
  const totalOf = (order: number) => Math.max(0, candidate.length - order + 1);
  const matchesOf = (order: number) => clippedMatches(candidate, others, order);
  return {
    matches: [matchesOf(1), matchesOf(2), matchesOf(3), matchesOf(4)],
    totals: [totalOf(1), totalOf(2), totalOf(3), totalOf(4)],
    hypothesisLength: candidate.length,
    referenceLength: closestLength(candidate.length, others.map(({ length }) => length)),
  };
}

function clippedMatches(
  hypothesis: readonly number[],
  references: readonly (readonly number[])[],
  order: number,
): number {
  const most = new Map<string, number>();
  for (const reference of references) {
    for (const [ngram, count] of countNgrams(reference, order, " ")) {
      most.set(ngram, Math.max(most.get(ngram) ?? 0, count));
    }
  }
  return countMatches(countNgrams(hypothesis, order, " "), most);
}

function closestLength(length: number, references: readonly number[]): number {
  let closest = references[0];
  for (const other of references) {
    const nearer = Math.abs(other - length) - Math.abs(closest - length);
    if (nearer < 0 || (nearer === 0 && other < closest)) closest = other;
  }
  return closest;
}
