import { UserError } from "../errors.ts";
import { PhiloxStream } from "../util/philox.ts";
import { RANDOM_STREAMS } from "../util/random_streams.ts";
import { type BleuOptions, corpusBleu } from "./bleu/corpus_bleu.ts";
import { type BleuStatistics, sumStatistics } from "./bleu/statistics.ts";

/** How a test set is resampled. */
export interface BootstrapOptions {
  /** Resampled test sets, each as large as the real one (default 1000). */
  readonly samples?: number | undefined;
  /** Share of the samples that the interval holds, above 0 and below 1 (default 0.95). */
  readonly level?: number | undefined;
  /** Which sentences are drawn depends on nothing else. */
  readonly seed: number | bigint;
  /** How BLEU is computed (default: as `corpusBleu` does). */
  readonly bleu?: BleuOptions | undefined;
}

/** The middle share of the samples. */
export interface BootstrapInterval {
  readonly lower: number;
  readonly upper: number;
}

/** BLEU with its uncertainty from the choice of test sentences, 0 to 100. */
export interface BootstrapScore extends BootstrapInterval {
  /** BLEU of the real test set. */
  readonly score: number;
  /** Mean over the samples. */
  readonly mean: number;
}

/** How two systems differ on the same test set. */
export interface PairedBootstrap {
  /** BLEU of the first minus BLEU of the second. */
  readonly difference: number;
  /** Interval of that difference over the samples. */
  readonly interval: BootstrapInterval;
  /**
   * Probability of so large a difference between equal systems: the share of samples whose absolute
   * difference exceeds its mean over the samples by more than the real one's size, counted with one
   * more. Systems that never differ have the smallest value, so look at `difference` too.
   */
  readonly pValue: number;
}

/** Counts of a sentence: matches and totals of four orders, and the two lengths. */
const COUNTS = 10;
const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/**
 * Bootstrap interval of corpus BLEU (Koehn 2004, "Statistical Significance Tests for Machine
 * Translation Evaluation"): the test set's sentences are drawn with replacement. Bounds are those
 * of sacreBLEU: as many samples are cut off at each end as the level says, rounded down.
 *
 * @param sentences Statistics of each sentence.
 * @throws {UserError} without sentences and for options outside their range.
 */
export function bootstrapInterval(
  sentences: readonly BleuStatistics[],
  options: BootstrapOptions,
): BootstrapScore {
  const [scores] = resample([sentences], options);
  return {
    score: corpusBleu(sumStatistics(sentences), options.bleu).score,
    mean: mean(scores),
    ...middle(scores, options.level),
  };
}

/**
 * Paired bootstrap test of two systems' corpus BLEU (Koehn 2004), as sacreBLEU's `--paired-bs`:
 * both are scored on the same resampled sentences.
 *
 * @param a Statistics of each sentence of the first system.
 * @param b Those of the second system, for the same sentences in the same order.
 * @throws {UserError} without sentences, when the numbers of sentences differ, and for options
 * outside their range.
 */
export function pairedBootstrap(
  a: readonly BleuStatistics[],
  b: readonly BleuStatistics[],
  options: BootstrapOptions,
): PairedBootstrap {
  if (a.length !== b.length) {
    throw new UserError(
      `paired bootstrap: ${a.length} and ${b.length} sentences: expected the same test set`,
    );
  }
  const [first, second] = resample([a, b], options);
  const scoreOf = (one: readonly BleuStatistics[]) =>
    corpusBleu(sumStatistics(one), options.bleu).score;
  const difference = scoreOf(a) - scoreOf(b);
  const differences = first.map((score, i) => score - second[i]);
  const sizes = differences.map(Math.abs);
  const centre = mean(sizes);
  const larger = sizes.filter((size) => size - centre > Math.abs(difference)).length;
  return {
    difference,
    interval: middle(differences, options.level),
    pValue: (larger + 1) / (sizes.length + 1),
  };
}

/** Corpus BLEU of every system on the same resampled sentences: one list for each system. */
function resample(
  systems: readonly (readonly BleuStatistics[])[],
  { samples = 1000, seed, bleu }: BootstrapOptions,
): Float64Array[] {
  const size = systems[0].length;
  if (size === 0) throw new UserError("bootstrap: no sentences");
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new UserError(`bootstrap: ${samples} samples: expected a whole number from 1`);
  }
  const random = new PhiloxStream(seed, RANDOM_STREAMS.bootstrap);
  const counts = systems.map(packCounts);
  const scores = systems.map(() => new Float64Array(samples));
  const drawn = new Uint32Array(size);
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < size; i++) drawn[i] = random.uniformInt(size);
    for (const [system, packed] of counts.entries()) {
      scores[system][sample] = corpusBleu(sumDrawn(packed, drawn), bleu).score;
    }
  }
  return scores;
}

function packCounts(sentences: readonly BleuStatistics[]): Float64Array {
  const packed = new Float64Array(sentences.length * COUNTS);
  for (const [i, sentence] of sentences.entries()) {
    const { matches, totals, hypothesisLength, referenceLength } = sentence;
    packed.set([...matches, ...totals, hypothesisLength, referenceLength], i * COUNTS);
  }
  return packed;
}

function sumDrawn(packed: Float64Array, drawn: Uint32Array): BleuStatistics {
  // Ten variables instead of an inner loop: this is most of the work of a test.
  let [m1, m2, m3, m4, t1, t2, t3, t4, hypothesisLength, referenceLength] = ZEROS;
  for (let i = 0; i < drawn.length; i++) {
    const at = drawn[i] * COUNTS;
    m1 += packed[at];
    m2 += packed[at + 1];
    m3 += packed[at + 2];
    m4 += packed[at + 3];
    t1 += packed[at + 4];
    t2 += packed[at + 5];
    t3 += packed[at + 6];
    t4 += packed[at + 7];
    hypothesisLength += packed[at + 8];
    referenceLength += packed[at + 9];
  }
  return {
    matches: [m1, m2, m3, m4],
    totals: [t1, t2, t3, t4],
    hypothesisLength,
    referenceLength,
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function middle(values: Float64Array, level = 0.95): BootstrapInterval {
  if (!(level > 0 && level < 1)) {
    throw new UserError(`bootstrap: level ${level}: expected a share above 0 and below 1`);
  }
  const sorted = values.toSorted();
  // The little extra keeps an exact share, such as 25 of 1000, from being rounded down.
  const cut = Math.floor(sorted.length * (1 - level) / 2 + 1e-9);
  return { lower: sorted[cut], upper: sorted[sorted.length - 1 - cut] };
}
