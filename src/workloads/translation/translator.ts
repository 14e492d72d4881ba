/** Translation of many sentences: batches of similar lengths, results in the order of the sources. */
import { PAD_ID } from "../../data/vocabulary.ts";
import { UserError } from "../../errors.ts";
import { positionLimits, type TranslationConfig } from "../../models/translation_config.ts";
import type { DecodeRunner } from "../../train/workload.ts";
import type { BeamOptions, Hypothesis } from "./beam_search.ts";
import {
  searchBatch,
  type SearchTuning,
  shrunkRows,
  type SourceBatch,
  sourcePositions,
} from "./search_batch.ts";

/** How sentences are translated. */
export interface TranslateOptions extends BeamOptions, SearchTuning {
  /** Side on which sources are padded, as in training. */
  readonly sourcePadding: "left" | "right";
  /** Most positions of the sources of a batch, padded as steps see them. Default 4,096. */
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
  /** Best first; at most `beam`, and none when the scores of the model are no numbers. */
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

/** Sources of a batch, by number, and the rows of its program. */
interface Batch {
  readonly numbers: readonly number[];
  readonly rows: number;
  readonly width: number;
}

/** Batches of sources that are padded to the same length, short ones first. */
function batchesOf(
  sources: readonly Int32Array[],
  numbers: readonly number[],
  widthOf: (source: Int32Array) => number,
  config: TranslationConfig,
  { maxTokens = 4096, maxSentences = 64 }: TranslateOptions,
): Batch[] {
  const byWidth = new Map<number, number[]>();
  for (const number of numbers.toSorted((a, b) => sources[a].length - sources[b].length || a - b)) {
    const width = widthOf(sources[number]);
    const members = byWidth.get(width);
    if (members === undefined) byWidth.set(width, [number]);
    else members.push(number);
  }
  return [...byWidth].flatMap(([width, members]) => {
    const fitting = Math.min(maxSentences, Math.floor(maxTokens / sourcePositions(width, config)));
    const most = 2 ** Math.floor(Math.log2(Math.max(1, fitting)));
    const batches: Batch[] = [];
    for (let at = 0; at < members.length; at += most) {
      const part = members.slice(at, at + most);
      batches.push({ numbers: part, rows: shrunkRows(most, part.length), width });
    }
    return batches;
  });
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
    for (
      const { numbers: batch, rows, width } of batchesOf(
        sources,
        numbers,
        widthOf,
        config,
        options,
      )
    ) {
      const members = batch.map((index) => sources[index]);
      const padded = padSources(members, rows, width, sourcePadding);
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
