import { UserError } from "../../errors.ts";
import { PhiloxStream } from "../../util/philox.ts";
import { RANDOM_STREAMS } from "../../util/random_streams.ts";
import type { PairShape } from "./buckets.ts";
import { collatePairs, type PairBatch, type SourcePadding } from "./collate_pairs.ts";
import { shapeOfPair } from "./pair_batches.ts";
import type { ParallelSplit } from "./parallel_corpus.ts";

/** How a split is evaluated. */
export interface PairEvaluationOptions {
  readonly sourcePadding: SourcePadding;
  /** Give every target the source of another pair: tells whether a model reads its source. */
  readonly shuffledSources?: boolean;
}

/** Seed of the exchanged sources; the same for every run, so that losses can be compared. */
const SHUFFLE_SEED = 0;

/**
 * Another sentence for each of `count`, each used once: one random cycle through all of them
 * (Sattolo's algorithm). @throws {UserError} for fewer than two.
 */
export function otherSentences(count: number): Int32Array {
  if (count < 2) throw new UserError("sources can be exchanged from two sentence pairs on only");
  const random = new PhiloxStream(SHUFFLE_SEED, RANDOM_STREAMS.shuffledSources);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.uniformInt(i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Every pair of a split once, the shortest first: shape by shape, within a shape by the lengths of
 * source and target. What is left of a shape and would fill less than half a batch goes to the next
 * one. The last batch of a shape is filled up with rows that do not count.
 *
 * @param shapes Must hold every pair: see `coverPairShapes`. @throws {UserError} when they do not.
 */
export function* pairEvaluation(
  split: ParallelSplit,
  shapes: readonly PairShape[],
  { sourcePadding, shuffledSources = false }: PairEvaluationOptions,
): Generator<PairBatch, void, undefined> {
  const { source, target } = split;
  const others = shuffledSources ? otherSentences(source.count) : undefined;
  const sourceOf = (pair: number) => others?.[pair] ?? pair;
  const sourceLength = (pair: number) => source.lengths[sourceOf(pair)];
  const groups: number[][] = shapes.map(() => []);
  for (let pair = 0; pair < source.count; pair++) {
    const place = shapeOfPair(shapes, sourceLength(pair), target.lengths[pair]);
    if (place < 0) {
      throw new UserError(
        `sentence pair ${pair + 1} has ${sourceLength(pair)} and ${target.lengths[pair]} tokens, ` +
          "more than any batch holds: raise the longest sentence",
      );
    }
    groups[place].push(pair);
  }
  const byLength = (a: number, b: number) =>
    sourceLength(a) - sourceLength(b) || target.lengths[a] - target.lengths[b] || a - b;
  for (const [i, group] of groups.entries()) {
    group.sort(byLength);
    const { rows } = shapes[i];
    const next = groups.findIndex(({ length }, at) => at > i && length > 0);
    const rest = group.length % rows;
    if (next >= 0 && rest < rows / 2 && holds(shapes[next], shapes[i])) {
      groups[next].push(...group.splice(group.length - rest));
    }
    for (let at = 0; at < group.length; at += rows) {
      const pairs = Int32Array.from(group.slice(at, at + rows));
      yield collatePairs(split, pairs, shapes[i], sourcePadding, sourceOf);
    }
  }
}

/** Whether every pair of one shape fits another. */
function holds(larger: PairShape, smaller: PairShape): boolean {
  return larger.source >= smaller.source && larger.target >= smaller.target;
}
