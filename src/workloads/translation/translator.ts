/** Translation of many sentences: batches of similar lengths, results in the order of the sources. */
import { PAD_ID } from "../../data/vocabulary.ts";
import { UserError } from "../../errors.ts";
import { positionLimits, type TranslationConfig } from "../../models/translation_config.ts";
import type { DecodeRunner } from "../../train/workload.ts";
import type { BeamOptions, Hypothesis } from "./beam_search.ts";
import { powerOfTwo, searchBatch, type SearchTuning, type SourceBatch } from "./search_batch.ts";

/** How sentences are translated. */
export interface TranslateOptions extends BeamOptions, SearchTuning {
  /** Side on which sources are padded, as in training. */
  readonly sourcePadding: "left" | "right";
  /** Most positions of the padded sources of a batch. Default 4,096. */
  readonly maxTokens?: number;
  /** Most sentences of a batch, rounded down to a power of 2. Default 64. */
  readonly maxSentences?: number;
  /** Lengths that sources are padded to; longer ones to multiples of 16. Default multiples of 8. */
  readonly sourceLengths?: readonly number[];
  /** Sentences that are sorted by length together. Default 2,048. */
  readonly window?: number;
}

/** What was found for a source. */
export interface Translation {
  /** Number of the source. */
  readonly index: number;
  /** Best first; at most `beam`. */
  readonly hypotheses: readonly Hypothesis[];
}

function paddedLength(length: number, lengths: readonly number[], most: number): number {
  const known = lengths.filter((one) => one >= length).toSorted((a, b) => a - b)[0];
  const step = lengths.length === 0 ? 8 : 16;
  return Math.min(known ?? Math.ceil(length / step) * step, most);
}

/**
 * Sources, `</s>` included, side by side.
 *
 * @param rows Rows of the batch; the last ones are padding where there are fewer sources.
 */
export function padSources(
  sources: readonly Int32Array[],
  rows: number,
  width: number,
  side: "left" | "right",
): SourceBatch {
  const tokens = new Int32Array(rows * width).fill(PAD_ID);
  sources.forEach((source, row) =>
    tokens.set(source, row * width + (side === "left" ? width - source.length : 0))
  );
  return { tokens, rows, width, sentences: sources.length };
}

/** Numbers of the sources of every batch, short sources first. */
function batchesOf(
  sources: readonly Int32Array[],
  numbers: readonly number[],
  widthOf: (source: Int32Array) => number,
  { maxTokens = 4096, maxSentences = 64 }: TranslateOptions,
): number[][] {
  const sorted = numbers.toSorted((a, b) => sources[a].length - sources[b].length || a - b);
  const batches: number[][] = [];
  let at = 0;
  while (at < sorted.length) {
    const width = widthOf(sources[sorted[at]]);
    const fitting = Math.max(1, Math.min(maxSentences, Math.floor(maxTokens / width)));
    const most = 2 ** Math.floor(Math.log2(fitting));
    let count = 1;
    while (
      count < most && at + count < sorted.length && widthOf(sources[sorted[at + count]]) === width
    ) count++;
    batches.push(sorted.slice(at, at + count));
    at += count;
  }
  return batches;
}

/**
 * Translates sources, each ending in `</s>`; gives the results in order, as soon as all earlier ones are
 * there.
 *
 * @throws {UserError} when a source is longer than the model reads.
 */
export async function* translate(
  runner: DecodeRunner,
  config: TranslationConfig,
  sources: readonly Int32Array[],
  options: TranslateOptions,
): AsyncGenerator<Translation, void, undefined> {
  const { sourceLengths = [], window = 2048, sourcePadding, prefix } = options;
  const { source: most } = positionLimits(config);
  const long = sources.findIndex(({ length }) => length > most);
  if (long >= 0) {
    throw new UserError(
      `sentence ${long + 1}: ${sources[long].length} tokens, the model reads at most ${most}`,
    );
  }
  const widthOf = ({ length }: Int32Array) => paddedLength(length, sourceLengths, most);
  for (let start = 0; start < sources.length; start += window) {
    const end = Math.min(start + window, sources.length);
    const numbers = Array.from({ length: end - start }, (_, i) => start + i);
    const found = new Map<number, readonly Hypothesis[]>();
    let next = start;
    for (const batch of batchesOf(sources, numbers, widthOf, options)) {
      const members = batch.map((index) => sources[index]);
      const padded = padSources(
        members,
        powerOfTwo(batch.length),
        widthOf(members[0]),
        sourcePadding,
      );
      const search = {
        ...options,
        ...(prefix === undefined
          ? {}
          : { prefix: batch.map((index) => prefix[index] ?? new Int32Array(0)) }),
      };
      const results = await searchBatch(runner, config, padded, search, options);
      batch.forEach((index, i) => found.set(index, results[i]));
      for (let hypotheses; (hypotheses = found.get(next)) !== undefined; next++) {
        found.delete(next);
        yield { index: next, hypotheses };
      }
    }
  }
}
