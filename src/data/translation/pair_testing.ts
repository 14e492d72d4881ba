import type { SplitName } from "../dataset.ts";
import { Dictionary, SymbolCounter } from "../lm/dictionary.ts";
import { perSplit } from "../packed_cache.ts";
import { EOS_ID } from "../vocabulary.ts";
import { parallelHash } from "./limit_parallel.ts";
import {
  type Direction,
  EN_DE,
  type Language,
  type ParallelSplit,
  type TokenSentences,
  type TranslationData,
} from "./parallel_corpus.ts";
import { textPipeline } from "./text_pipeline.ts";
import type { TextPipelineSpec } from "./text_pipeline_spec.ts";

/** Sentences in memory, for tests. */
export function sentencesOf(sentences: readonly Int32Array[]): TokenSentences {
  return {
    count: sentences.length,
    lengths: Int32Array.from(sentences, ({ length }) => length),
    sentence: (index) => sentences[index].slice(),
  };
}

/** A split of pairs with given lengths; the ids of a sentence tell its number and its side. */
export function splitOfLengths(lengths: readonly (readonly [number, number])[]): ParallelSplit {
  const side = (place: 0 | 1) =>
    sentencesOf(lengths.map((pair, i) => {
      const sentence = new Int32Array(pair[place]).fill(10 + 2 * i + place);
      sentence[sentence.length - 1] = EOS_ID;
      return sentence;
    }));
  return { source: side(0), target: side(1) };
}

/** Lines of English and German that belong together. */
export type LinePair = readonly [en: string, de: string];

/** What {@link dataOfLines} may be told. */
export interface LineDataOptions {
  readonly id?: string;
  readonly direction?: Direction;
  readonly pipeline?: TextPipelineSpec;
}

/** Whole words between spaces. */
export const plainPipeline: TextPipelineSpec = {
  tokenizer: { name: "none" },
  lowercase: false,
  codes: null,
};

/** A parallel text in memory, for tests; the dictionary has the words of the training split. */
export function dataOfLines(
  lines: Readonly<Record<SplitName, readonly LinePair[]>>,
  { id = "tiny", direction = EN_DE, pipeline: pipelineSpec = plainPipeline }: LineDataOptions = {},
): TranslationData {
  const pipeline = textPipeline(pipelineSpec);
  const counter = new SymbolCounter();
  for (const [en, de] of lines.train) {
    counter.addLine(pipeline.encode(en, "en"));
    counter.addLine(pipeline.encode(de, "de"));
  }
  const dictionary = Dictionary.fromCounts(counter.counts, { paddingFactor: 1 });
  const splits = perSplit((name): ParallelSplit => {
    const textOf = (language: Language) =>
      lines[name].map(([en, de]) => language === "en" ? en : de);
    const side = (language: Language) =>
      sentencesOf(
        textOf(language).map((line) => dictionary.encodeLine(pipeline.encode(line, language))),
      );
    const { source, target } = direction;
    return {
      source: side(source),
      target: side(target),
      ...(name === "train" ? {} : { text: { source: textOf(source), target: textOf(target) } }),
    };
  });
  return {
    kind: "translation",
    id,
    version: "1",
    origin: "generated",
    source: "a test",
    direction,
    quotable: true,
    dictionary,
    pipeline,
    pipelineSpec,
    splits,
    hash: perSplit((name) => parallelHash(splits[name])),
    [Symbol.dispose]() {},
  };
}
