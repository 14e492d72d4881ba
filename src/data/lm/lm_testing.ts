/** Small texts of language models, for tests. */
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { perSplit } from "../packed_cache.ts";
import { sumOf } from "./blocks.ts";
import type { CorpusSplit } from "./corpus.ts";
import type { CorpusRecipe } from "./corpus_cache.ts";
import type { LanguageModelBatch } from "./rows.ts";
import { bytesSource } from "./text_source.ts";

/** A corpus of words in memory. */
export function recipeOf(
  texts: Readonly<Record<SplitName, string | Uint8Array>>,
  changes: Partial<CorpusRecipe> = {},
): CorpusRecipe {
  const encoder = new TextEncoder();
  return {
    id: "tiny",
    version: "1",
    source: "a test",
    unit: "word",
    limits: { paddingFactor: 1 },
    fingerprint: SPLIT_NAMES.map((name) => texts[name]).join("|"),
    splits: perSplit((name) => {
      const text = texts[name];
      return bytesSource(`tiny.${name}`, typeof text === "string" ? encoder.encode(text) : text);
    }),
    ...changes,
  };
}

/** A split whose token at position p is 10 + p, or 2 at the end of a line. */
export function countingSplit(sizes: readonly number[]): CorpusSplit {
  const lineSizes = Int32Array.from(sizes);
  const ids = Int32Array.from({ length: sumOf(sizes) }, (_, p) => 10 + p);
  let at = 0;
  for (const size of sizes) ids[(at += size) - 1] = 2;
  return {
    tokens: { length: ids.length, slice: (start, end) => ids.slice(start, end) },
    lines: sizes.length,
    lineSizes: () => lineSizes,
  };
}

/** One row of a batch: what it reads and what it has to predict. */
export interface BatchRow {
  readonly tokens: number[];
  readonly targets: number[];
  readonly weights: number[];
}

/** The rows of a batch. */
export function rowsOf({ feeds, extents: { batch, length } }: LanguageModelBatch): BatchRow[] {
  const row = (name: "tokens" | "targets" | "weights", i: number) =>
    Array.from(feeds.get(name) ?? []).slice(i * length, (i + 1) * length);
  return Array.from({ length: batch }, (_, i) => ({
    tokens: row("tokens", i),
    targets: row("targets", i),
    weights: row("weights", i),
  }));
}

/** The targets of a batch that count. */
export function countedTargets(batch: LanguageModelBatch): number[] {
  return rowsOf(batch).flatMap(({ targets, weights }) => targets.filter((_, i) => weights[i] > 0));
}
