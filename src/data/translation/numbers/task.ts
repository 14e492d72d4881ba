import { Sha256 } from "../../../util/sha256.ts";
import type { SplitName } from "../../dataset.ts";
import { Dictionary, SymbolCounter } from "../../lm/dictionary.ts";
import { perSplit } from "../../packed_cache.ts";
import { BpeCodes } from "../bpe/codes.ts";
import { learnBpe } from "../bpe/learn.ts";
import { WordCounter } from "../bpe/word_counts.ts";
import type {
  Direction,
  ParallelSplit,
  TokenSentences,
  TranslationData,
} from "../parallel_corpus.ts";
import { textPipeline, type TextPipelineSpec } from "../text_pipeline.ts";
import { SentencesInMemory } from "../token_sentences.ts";
import { generatePairs, NUMBERS_VERSION, type NumbersPair } from "./generate.ts";
import type { NumbersParams } from "./profiles.ts";

/** Makes a data set of sentences about numbers. */
export function numbersData(
  params: NumbersParams,
  seed: number | bigint,
  direction: Direction,
): TranslationData {
  const pairs = perSplit((name): readonly NumbersPair[] => [
    ...generatePairs(params[name], params.digits, name, seed),
  ]);
  const words = new WordCounter();
  for (const { en, de } of pairs.train) {
    words.add(en);
    words.add(de);
  }
  const codes = learnBpe(words.counts, { symbols: params.merges });
  const spec: TextPipelineSpec = {
    tokenizer: { name: "none" },
    lowercase: false,
    codes: BpeCodes.parse(codes).toText(),
  };
  const pipeline = textPipeline(spec);
  const counter = new SymbolCounter();
  for (const { en, de } of pairs.train) {
    counter.addLine(pipeline.encode(en, "en"));
    counter.addLine(pipeline.encode(de, "de"));
  }
  const dictionary = Dictionary.fromCounts(counter.counts);
  const side = (name: SplitName, language: "en" | "de"): TokenSentences =>
    new SentencesInMemory(
      pairs[name].map((pair) => dictionary.encodeLine(pipeline.encode(pair[language], language))),
    );
  const splits = perSplit((name): ParallelSplit => {
    const sentences = {
      source: side(name, direction.source),
      target: side(name, direction.target),
    };
    if (name === "train") return sentences;
    const text = {
      source: pairs[name].map((pair) => pair[direction.source]),
      target: pairs[name].map((pair) => pair[direction.target]),
    };
    return { ...sentences, text };
  });
  return {
    kind: "translation",
    id: "numbers",
    version: String(NUMBERS_VERSION),
    source: "sentences about numbers, generated here",
    direction,
    dictionary,
    pipeline,
    pipelineSpec: spec,
    splits,
    hash: perSplit((name) => hashOf(splits[name])),
    [Symbol.dispose]() {},
  };
}

function hashOf({ source, target }: ParallelSplit): string {
  const hash = new Sha256();
  for (const side of [source, target]) {
    for (let i = 0; i < side.count; i++) hash.update(new Uint8Array(side.sentence(i).buffer));
  }
  return hash.digest();
}
