/** Translating a split, and scoring it. */
import { UserError } from "../../errors.ts";
import type { TranslationData } from "../../data/translation/parallel_corpus.ts";
import type { SplitName } from "../../data/dataset.ts";
import type { DecodedSplit, DecodeRunner, Decoding } from "../../train/workload.ts";
import { textScores, textScoreSpecs } from "./text_scores.ts";
import { translate } from "./translator.ts";
import type { TranslationSource } from "./source.ts";

/** Sentences of a split that are translated, and their texts. */
function sentencesOf(data: TranslationData, split: SplitName) {
  const { source, text } = data.splits[split];
  if (text === undefined) throw new UserError(`${data.id}: ${split}: no text to compare with`);
  const ids = Array.from({ length: source.count }, (_, i) => source.sentence(i));
  return { ids, sources: text.source, references: text.target };
}

/** How the text of a run is made and scored. */
export function translationDecoding(
  { config, data, batching, shapes }: TranslationSource,
): Decoding {
  const { pipeline, dictionary, direction } = data;
  return {
    scores: textScoreSpecs(data),
    splits: ["test"],
    async run(runner: DecodeRunner, split, purpose, signal): Promise<DecodedSplit> {
      const { ids, sources, references } = sentencesOf(data, split);
      const started = performance.now();
      const words: string[] = new Array(ids.length).fill("");
      let tokens = 0;
      const options = {
        ...batching[purpose],
        sourcePadding: batching.sourcePadding,
        maxTokens: batching.maxTokens,
        sourceLengths: [...new Set(shapes.map(({ source }) => source))],
        ...(signal === undefined ? {} : { signal }),
      };
      for await (const { index, hypotheses } of translate(runner, config, ids, options)) {
        const best = hypotheses.at(0);
        // A model whose scores are no numbers finds nothing: its sentence counts as empty.
        if (best === undefined) continue;
        tokens += best.tokens.length;
        words[index] = pipeline.join(dictionary.string(best.tokens));
      }
      const seconds = (performance.now() - started) / 1000;
      const hypotheses = words.map((line) => pipeline.detokenize(line, direction.target));
      return {
        split,
        ...textScores(data, { words, hypotheses, references }, purpose === "final"),
        quotable: data.quotable,
        sources,
        references,
        hypotheses,
        tokens,
        seconds,
      };
    },
  };
}
