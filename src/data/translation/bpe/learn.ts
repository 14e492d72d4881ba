import { compareCodePoints } from "../../lm/words.ts";
import { CODES_VERSION } from "./codes.ts";
import { PairQueue } from "./pair_queue.ts";
import { PairTable } from "./pair_table.ts";
import { type PackedWords, packWords, SymbolTable } from "./symbols.ts";

/** What is learned. */
export interface LearnBpeOptions {
  /** Most merges: new symbols, not counting the characters. */
  readonly symbols: number;
  /** Pairs that occur less often are not merged (default 2, at least 1). */
  readonly minFrequency?: number;
  /** Called after each merge with the number of merges so far. */
  readonly onProgress?: (merges: number) => void;
}

/**
 * Learns byte pair encoding as Sennrich et al. (2016) and `subword_nmt/learn_bpe.py` do: the most
 * frequent pair of neighbouring symbols becomes a symbol, again and again; of equally frequent
 * pairs the one that is last by code points. Counts are kept up to date around each merge, so a
 * merge costs as much as it changes, and they are exact: what a recount would find. The reference
 * replaces pairs with a regular expression, which takes white space inside words (a tab, a no-break
 * space) for the end of a symbol; here it is a character like others.
 *
 * @param counts Words with their counts, at least 1.
 * @returns The lines of a codes file: a version line, then `left right` for each merge.
 * @throws {RangeError} for options that are not whole numbers in their range.
 */
export function learnBpe(
  counts: ReadonlyMap<string, number>,
  { symbols: most, minFrequency = 2, onProgress }: LearnBpeOptions,
): string[] {
  if (!Number.isSafeInteger(most) || most < 0) throw new RangeError(`${most} merges`);
  if (!Number.isSafeInteger(minFrequency) || minFrequency < 1) {
    throw new RangeError(`a least frequency of ${minFrequency}`);
  }
  const symbols = new SymbolTable();
  const words = packWords(counts, symbols);
  const pairs = countPairs(words);
  const compareSymbols = (a: number, b: number) =>
    a === b ? 0 : compareCodePoints(symbols.string(a), symbols.string(b));
  const queue = new PairQueue({
    count: (pair) => pairs.count(pair),
    compare: (a, b) =>
      compareSymbols(pairs.left(a), pairs.left(b)) ||
      compareSymbols(pairs.right(a), pairs.right(b)),
  }, minFrequency);
  for (let pair = 0; pair < pairs.size; pair++) queue.push(pair);

  const codes = [CODES_VERSION];
  while (codes.length <= most) {
    const pair = queue.pop();
    if (pair === undefined) break;
    const [left, right] = [symbols.string(pairs.left(pair)), symbols.string(pairs.right(pair))];
    codes.push(`${left} ${right}`);
    for (const risen of mergePair(words, pairs, pair, symbols.id(left + right))) queue.push(risen);
    onProgress?.(codes.length - 1);
  }
  return codes;
}

function countPairs({ ids, starts, lengths, counts }: PackedWords): PairTable {
  const pairs = new PairTable();
  for (let word = 0; word < starts.length; word++) {
    const last = starts[word] + lengths[word] - 1;
    for (let at = starts[word]; at < last; at++) {
      pairs.add(ids[at], ids[at + 1], counts[word], word);
    }
  }
  return pairs;
}

/** Replaces a pair in all words, from the left; returns the pairs that now may occur more often. */
function mergePair(
  { ids, starts, lengths, counts }: PackedWords,
  pairs: PairTable,
  pair: number,
  merged: number,
): Set<number> {
  const risen = new Set<number>();
  const [left, right] = [pairs.left(pair), pairs.right(pair)];
  pairs.takeWords(pair, (word) => {
    const start = starts[word];
    const end = start + lengths[word];
    const count = counts[word];
    let write = start;
    for (let read = start; read < end;) {
      const found = ids[read] === left && read + 1 < end && ids[read + 1] === right;
      if (!found) {
        ids[write++] = ids[read++];
        continue;
      }
      // One occurrence at a time: what is before is merged already, what follows not yet.
      pairs.remove(left, right, count);
      if (write > start) {
        pairs.remove(ids[write - 1], left, count);
        risen.add(pairs.add(ids[write - 1], merged, count, word));
      }
      if (read + 2 < end) {
        pairs.remove(right, ids[read + 2], count);
        risen.add(pairs.add(merged, ids[read + 2], count, word));
      }
      ids[write++] = merged;
      read += 2;
    }
    lengths[word] = write - start;
  });
  return risen;
}
