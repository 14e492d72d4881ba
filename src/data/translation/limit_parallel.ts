import { Sha256 } from "../../util/sha256.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { perSplit } from "../packed_cache.ts";
import type { ParallelSplit, TokenSentences, TranslationData } from "./parallel_corpus.ts";

/**
 * The first sentences of each split. Hashes are those of what is left, and the version says what was
 * left out.
 */
export function limitParallel(
  data: TranslationData,
  most: Readonly<Partial<Record<SplitName, number>>>,
): TranslationData {
  const cut = SPLIT_NAMES.filter((name) =>
    data.splits[name].source.count > (most[name] ?? Infinity)
  );
  if (cut.length === 0) return data;
  const splits = perSplit((name) =>
    cut.includes(name) ? firstPairs(data.splits[name], most[name] ?? 0) : data.splits[name]
  );
  const words = cut.map((name) => `${name} to ${splits[name].source.count} sentences`).join(", ");
  return {
    ...data,
    version: `${data.version}; cut: ${words}`,
    splits,
    hash: perSplit((name) => cut.includes(name) ? parallelHash(splits[name]) : data.hash[name]),
    [Symbol.dispose]: () => data[Symbol.dispose](),
  };
}

function firstPairs({ source, target, text }: ParallelSplit, count: number): ParallelSplit {
  return {
    source: firstSentences(source, count),
    target: firstSentences(target, count),
    ...(text === undefined ? {} : {
      text: { source: text.source.slice(0, count), target: text.target.slice(0, count) },
    }),
  };
}

function firstSentences(whole: TokenSentences, count: number): TokenSentences {
  return {
    count,
    lengths: whole.lengths.slice(0, count),
    sentence(index) {
      if (index >= count) throw new RangeError(`sentence ${index} of ${count}`);
      return whole.sentence(index);
    },
  };
}

/** sha256 of the ids of all sources, then of all targets, as little-endian 32-bit numbers. */
export function parallelHash({ source, target }: ParallelSplit): string {
  const hash = new Sha256();
  for (const side of [source, target]) {
    for (let i = 0; i < side.count; i++) {
      const ids = side.sentence(i);
      hash.update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
    }
  }
  return hash.digest();
}
