import { UserError } from "../errors.ts";
import { PhiloxStream } from "../util/philox.ts";
import { RANDOM_STREAMS } from "../util/random_streams.ts";
import { type BleuOptions, corpusBleu } from "./bleu/corpus_bleu.ts";
import {
  type BleuStatistics,
  COUNTS_PER_SENTENCE,
  countsOf,
  statisticsOf,
  sumStatistics,
} from "./bleu/statistics.ts";

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
): BootstrapInterval {
  const [scores] = resample([sentences], options);
  return middle(scores, options.level);
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
  return Float64Array.from(sentences.flatMap(countsOf));
}

function sumDrawn(packed: Float64Array, drawn: Uint32Array): BleuStatistics {
  const sum = new Float64Array(COUNTS_PER_SENTENCE);
  for (let i = 0; i < drawn.length; i++) {
    const at = drawn[i] * COUNTS_PER_SENTENCE;
    for (let count = 0; count < COUNTS_PER_SENTENCE; count++) sum[count] += packed[at + count];
  }
  return statisticsOf(sum);
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
