import { Sha256 } from "../../util/sha256.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { perSplit } from "../packed_cache.ts";
import type { CorpusSplit, LanguageModelData } from "./corpus.ts";

const PIECE = 1 << 16;

/**
 * The first lines of each split: as many as have at most so many tokens, at least one. Hashes are
 * those of what is left, and the version says what was left out.
 */
export function limitCorpus(
  data: LanguageModelData,
  most: Readonly<Partial<Record<SplitName, number>>>,
): LanguageModelData {
  const splits = perSplit((name) => firstLines(data.splits[name], most[name] ?? Infinity));
  const cut = SPLIT_NAMES.filter((name) => splits[name] !== data.splits[name]);
  if (cut.length === 0) return data;
  const words = cut.map((name) => `${name} to ${splits[name].tokens.length} tokens`).join(", ");
  return {
    ...data,
    version: `${data.version}; cut: ${words}`,
    splits,
    hash: perSplit((name) => cut.includes(name) ? hashOf(splits[name]) : data.hash[name]),
    [Symbol.dispose]: () => data[Symbol.dispose](),
  };
}

function firstLines(split: CorpusSplit, most: number): CorpusSplit {
  if (split.tokens.length <= most) return split;
  const sizes = split.lineSizes();
  let lines = 1;
  let length = sizes[0];
  while (lines < sizes.length && length + sizes[lines] <= most) length += sizes[lines++];
  const slice = (start: number, end: number) => {
    if (end > length) throw new RangeError(`tokens ${start} to ${end} of ${length}`);
    return split.tokens.slice(start, end);
  };
  return { tokens: { length, slice }, lines, lineSizes: () => sizes.slice(0, lines) };
}

function hashOf({ tokens }: CorpusSplit): string {
  const hash = new Sha256();
  for (let at = 0; at < tokens.length; at += PIECE) {
    hash.update(new Uint8Array(tokens.slice(at, Math.min(tokens.length, at + PIECE)).buffer));
  }
  return hash.digest();
}
