import { UserError } from "../../../errors.ts";
import type { SplitName } from "../../dataset.ts";
import { perSplit } from "../../packed_cache.ts";
import { BpeCodes } from "../bpe/codes.ts";
import { learnBpe } from "../bpe/learn.ts";
import { WordCounter } from "../bpe/word_counts.ts";
import type { ParallelRecipe, PreparedText } from "../parallel_recipe.ts";
import { textPipeline } from "../text_pipeline.ts";
import type { TextPipelineSpec } from "../text_pipeline_spec.ts";
import { generatePairs, NUMBERS_VERSION, type NumbersPair } from "./generate.ts";
import type { NumbersParams } from "./profiles.ts";

/** @throws {UserError} unless the parameters describe a possible data set. */
export function checkNumbersParams(params: NumbersParams): void {
  for (const [name, value] of Object.entries(params)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UserError(`numbers: ${name} is ${value}, expected a whole number from 1`);
    }
  }
}

/** The pairs of a split; data sets that differ in their sizes alone share their first ones. */
export function numbersPairs(
  params: NumbersParams,
  split: SplitName,
  seed: number | bigint,
): Generator<NumbersPair, void, void> {
  return generatePairs(params[split], params.digits, split, seed);
}

/**
 * Sentences about numbers: joint byte pair encoding and dictionary from the training split.
 *
 * @throws {UserError} for impossible parameters.
 */
export function numbersRecipe(params: NumbersParams, seed: number | bigint): ParallelRecipe {
  checkNumbersParams(params);
  const { train, valid, test, digits, merges } = params;
  return {
    id: "numbers",
    version: `${NUMBERS_VERSION} (${merges} merges, up to ${digits} digits)`,
    origin: () => ({
      origin: "generated",
      source: "sentences about numbers, dates and times in English and German, generated here",
    }),
    quotable: true,
    fingerprint: JSON.stringify({ train, valid, test, digits, merges, seed: String(seed) }),
    prepare: () => Promise.try(() => prepare(params, seed)),
  };
}

function prepare(params: NumbersParams, seed: number | bigint): PreparedText {
  const pairs = perSplit((name) => [...numbersPairs(params, name, seed)]);
  const words = new WordCounter();
  for (const { en, de } of pairs.train) {
    words.add(en);
    words.add(de);
  }
  const codes = BpeCodes.parse(learnBpe(words.counts, { symbols: params.merges })).toText();
  const spec: TextPipelineSpec = { tokenizer: { name: "none" }, lowercase: false, codes };
  const pipeline = textPipeline(spec);
  const pieces = perSplit((name) =>
    pairs[name].map(({ en, de }): NumbersPair => ({
      en: pipeline.encode(en, "en"),
      de: pipeline.encode(de, "de"),
    }))
  );
  return {
    pipeline: spec,
    lines: {},
    pieces: (split, language) => pieces[split].values().map((pair) => pair[language]),
    text: (split, language) => pairs[split].values().map((pair) => pair[language]),
  };
}
