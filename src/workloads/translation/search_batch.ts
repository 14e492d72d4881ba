/**
 * Beam search over a batch of padded sources. The device goes on by itself for some steps, then the
 * host reads what it has recorded, drops the sentences that are finished, and lets it go on.
 */
import { EOS_ID, PAD_ID } from "../../data/vocabulary.ts";
import { cacheLimit, recordedSteps, type StepExtents } from "../../models/translation_decoding.ts";
import { positionLimits, type TranslationConfig } from "../../models/translation_config.ts";
import type { BlockMove, BlocksOf, DecodeRunner } from "../../train/workload.ts";
import {
  type BeamOptions,
  type Hypothesis,
  maxTargetLength,
  SentenceSearch,
} from "./beam_search.ts";

/** Padded sources, row by row. */
export interface SourceBatch {
  /** [rows, width] */
  readonly tokens: Int32Array;
  readonly rows: number;
  readonly width: number;
  /** Rows that hold a sentence; the others, at the end, are fillers. */
  readonly sentences: number;
}

/** What a search took. */
export interface SearchStatistics {
  /** Steps of the device. */
  steps: number;
  /** Rows that the device extended: sentences in the batch times beam, summed over the steps. */
  rows: number;
  /** Times that the host waited for records. */
  readbacks: number;
  /** Times that state moved to programs of another shape. */
  moves: number;
}

/** Counts of nothing yet. */
export function noStatistics(): SearchStatistics {
  return { steps: 0, rows: 0, readbacks: 0, moves: 0 };
}

/** How {@link searchBatch} uses the device; the results do not depend on it. */
export interface SearchTuning {
  /** Steps between two looks at the records; at most {@link recordedSteps}, the default. */
  readonly readEvery?: number;
  /** Positions that there is memory for at first; it doubles as needed. Default 64. */
  readonly firstCapacity?: number;
  /** Whether batches shrink when half of their sentences are finished. Default true. */
  readonly compaction?: boolean;
  readonly statistics?: SearchStatistics;
  /** Ends the search between two looks at the records; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Carried state that no row owns. */
const shared = /(^|\.)(limits|position|slot|place_in_block|source_bias)$/;

/** Carried keys and values, whose first axis is slots. */
const slotted = /\.prev_(key|value)$/;

function merged(blocks: readonly BlockMove[]): BlockMove[] {
  const result: BlockMove[] = [];
  for (const block of blocks) {
    const last = result.at(-1);
    if (last && last.from + last.length === block.from && last.to + last.length === block.to) {
      result[result.length - 1] = { ...last, length: last.length + block.length };
    } else result.push(block);
  }
  return result;
}

/**
 * The rows of the sentences `kept` (numbers of rows in the old shape), which become the first ones. What
 * a second axis has more in the new shape is left as it is.
 */
export function blocksOfSentences(kept: readonly number[], sentences: number): BlocksOf {
  return (name, from, to) => {
    const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
    const same = from.join() === to.join();
    if (same && kept.every((row, i) => row === i)) return [];
    if (shared.test(name)) return same ? [] : [{ from: 0, to: 0, length: size(from) }];
    if (name.endsWith("records")) return [];
    if (slotted.test(name)) {
      // Slots [C, rows, F]: every slot is a batch of its own.
      const width = from[2];
      const perSlot = from[1] / sentences;
      return merged(
        Array.from({ length: Math.min(from[0], to[0]) }, (_, slot) =>
          kept.map((old, next) => ({
            from: (slot * from[1] + old * perSlot) * width,
            to: (slot * to[1] + next * perSlot) * width,
            length: perSlot * width,
          }))).flat(),
      );
    }
    const rowsPer = from[0] / sentences;
    const [fromRow, toRow] = [size(from.slice(1)), size(to.slice(1))];
    const length = Math.min(fromRow, toRow);
    return merged(kept.flatMap((old, next) =>
      Array.from({ length: rowsPer }, (_, k) => ({
        from: (old * rowsPer + k) * fromRow,
        to: (next * rowsPer + k) * toRow,
        length,
      }))
    ));
  };
}

/** The least power of 2 that is not smaller. */
function powerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}

/** Least positions of a source that programs of steps are made for. */
const leastSource = 32;

/** Positions of a source that steps see: few different ones, as each takes a program. */
export function sourcePositions(width: number, config: TranslationConfig): number {
  return Math.min(Math.max(leastSource, powerOfTwo(width)), positionLimits(config).longest);
}

/** Fewer rows than this (but for a single one) are hardly faster, and programs take time to compile. */
const leastRows = 8;

/** The smallest batch of `rows`, half of them, a quarter …, 8, or 1 row that holds `count` sentences. */
export function shrunkRows(rows: number, count: number): number {
  if (count <= 1) return 1;
  let result = rows;
  while (Math.ceil(result / 2) >= Math.max(count, leastRows)) result = Math.ceil(result / 2);
  return result;
}

class BatchSearch {
  #extents: StepExtents;
  /** Sentence of each row; the programs compute further rows that mean nothing. */
  #rows: number[];
  readonly #searches: readonly SentenceSearch[];
  readonly #maxLength: number;
  readonly #limit: number;
  #step = 0;
  readonly #statistics: SearchStatistics;

  constructor(
    private readonly runner: DecodeRunner,
    private readonly config: TranslationConfig,
    private readonly batch: SourceBatch,
    private readonly options: BeamOptions,
    private readonly settings: SearchTuning,
  ) {
    const { beam } = options;
    const { rows, width, sentences } = batch;
    this.#limit = cacheLimit(config);
    this.#maxLength = maxTargetLength(options, width, positionLimits(config).target);
    this.#rows = Array.from({ length: sentences }, (_, k) => k);
    this.#searches = this.#rows.map(() => new SentenceSearch(options, this.#maxLength));
    this.#statistics = settings.statistics ?? noStatistics();
    const capacity = Math.min(settings.firstCapacity ?? 64, this.#limit);
    const source = sourcePositions(width, config);
    this.#extents = { sentences: rows, beam, source, capacity };
  }

  async run(): Promise<Hypothesis[][]> {
    const { minLength = 1, unknownPenalty = 0 } = this.options;
    const { signal } = this.settings;
    signal?.throwIfAborted();
    const { tokens, width } = this.batch;
    const { sentences, beam, source } = this.#extents;
    this.runner.step({
      feeds: new Map<string, Int32Array | Float32Array>([
        ["source", tokens],
        ["limits", Float32Array.of(minLength, this.#maxLength, unknownPenalty)],
      ]),
      extents: { sentences, beam, source, words: width },
      fresh: false,
    }, "encode");
    while (this.#searches.some(({ done }) => !done)) {
      await this.#goOn();
      signal?.throwIfAborted();
    }
    return this.#searches.map(({ hypotheses }) => [...hypotheses]);
  }

  /** Some steps of the device, and a look at what they gave. */
  async #goOn(): Promise<void> {
    const { readEvery = recordedSteps } = this.settings;
    const from = this.#step;
    const last = Math.min(from + Math.min(readEvery, recordedSteps), this.#maxLength + 1);
    let output: ReturnType<DecodeRunner["step"]> | undefined;
    while (this.#step < last) {
      this.#provide(this.#place() + 1);
      output = this.runner.step({
        feeds: new Map([["forced", this.#forced()]]),
        extents: this.#extents,
        fresh: false,
        slot: this.#place(),
      });
      this.#step++;
      this.#statistics.steps++;
      this.#statistics.rows += this.#extents.sentences * this.#extents.beam;
    }
    if (output === undefined) throw new RangeError("a search went past its last step");
    this.#replay(from, await output.read("records"));
    this.#statistics.readbacks++;
    this.#compact();
  }

  /** Place of the next word within its block of the cache. */
  #place(): number {
    const { decoder } = this.config;
    const chunk = decoder.kind === "mega" ? decoder.chunk : null;
    return chunk === null ? this.#step : this.#step % chunk;
  }

  #forced(): Int32Array {
    const { prefix } = this.options;
    const forced = new Int32Array(this.#extents.sentences).fill(PAD_ID);
    if (prefix !== undefined) {
      this.#rows.forEach((sentence, row) => {
        forced[row] = prefix[sentence]?.[this.#step] ?? PAD_ID;
      });
    }
    return forced;
  }

  /** Caches of at least so many positions. */
  #provide(positions: number): void {
    const { capacity } = this.#extents;
    if (positions <= capacity) return;
    const wanted = Math.min(Math.max(2 * capacity, powerOfTwo(positions)), this.#limit);
    this.#move({ ...this.#extents, capacity: wanted }, this.#rows.map((_, row) => row));
  }

  #replay(from: number, records: ArrayLike<number>): void {
    const { sentences, beam } = this.#extents;
    const width = 2 * beam;
    const values = Float32Array.from(records);
    for (let step = from; step < this.#step; step++) {
      const slot = step % recordedSteps;
      this.#rows.forEach((sentence, row) => {
        const at = (slot * sentences + row) * 3 * width;
        const part = (k: number) => values.subarray(at + k * width, at + (k + 1) * width);
        this.#searches[sentence].advance({ scores: part(0), tokens: part(1), parents: part(2) });
      });
    }
  }

  /** Leaves out finished sentences when a program with half of the rows will do. */
  #compact(): void {
    if (this.settings.compaction === false) return;
    const kept = this.#rows.flatMap((sentence, row) => this.#searches[sentence].done ? [] : [row]);
    const sentences = shrunkRows(this.#extents.sentences, kept.length);
    if (kept.length === 0 || sentences === this.#extents.sentences) return;
    this.#move({ ...this.#extents, sentences }, kept);
    this.#rows = kept.map((row) => this.#rows[row]);
  }

  #move(to: StepExtents, kept: readonly number[]): void {
    const blocks = blocksOfSentences(kept, this.#extents.sentences);
    this.runner.move(this.#extents, to, blocks);
    this.#extents = to;
    this.#statistics.moves++;
  }
}

/**
 * Translates a batch as it is padded.
 *
 * @param runner Runs a model whose modes are `encodeForDecoding` and `decodeStep`.
 * @returns For every sentence what was found, best first.
 * @throws {RangeError} when a prefix holds `</s>` or padding, or a limit makes no sense.
 */
export async function searchBatch(
  runner: DecodeRunner,
  config: TranslationConfig,
  batch: SourceBatch,
  options: BeamOptions,
  settings: SearchTuning = {},
): Promise<Hypothesis[][]> {
  const { beam, minLength = 1, prefix = [] } = options;
  const longest = maxTargetLength(options, batch.width, positionLimits(config).target);
  if (!Number.isInteger(beam) || beam < 1) throw new RangeError(`a beam of ${beam}`);
  if (minLength > longest || longest < 0) {
    throw new RangeError(`translations of ${minLength} to ${longest} tokens`);
  }
  if (prefix.some((words) => words.includes(EOS_ID) || words.includes(PAD_ID))) {
    throw new RangeError("a prefix holds </s> or padding");
  }
  return await new BatchSearch(runner, config, batch, options, settings).run();
}
