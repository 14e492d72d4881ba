/** Scores of translations (the paper's Table 7: tokenised BLEU and sacreBLEU). */
import { splitWords } from "../../data/lm/words.ts";
import type { TranslationData } from "../../data/translation/parallel_corpus.ts";
import { type BleuOptions, corpusBleu } from "../../metrics/bleu/corpus_bleu.ts";
import { compoundSplit } from "../../metrics/bleu/compound_split.ts";
import { sacreBleu } from "../../metrics/bleu/sacrebleu.ts";
import {
  type BleuStatistics,
  countsOf,
  sentenceStatistics,
  sumStatistics,
} from "../../metrics/bleu/statistics.ts";
import { bootstrapInterval } from "../../metrics/bootstrap.ts";
import type { TextScore, TextScoreSpec } from "../../train/workload.ts";

/** Translations of a split. */
export interface TranslatedText {
  /** Words with spaces between, word pieces joined. */
  readonly words: readonly string[];
  /** The same as plain text. */
  readonly hypotheses: readonly string[];
  /** Reference lines as they were read. */
  readonly references: readonly string[];
}

/** Scores, and what of them can be resampled. */
export interface ScoredText {
  readonly scores: TextScore[];
  /** See `DecodedSplit`. */
  readonly statistics: number[][];
}

const bleu: TextScoreSpec = { name: "bleu", unit: "bleu", higherIsBetter: true };
const sacre: TextScoreSpec = { name: "sacrebleu", unit: "bleu", higherIsBetter: true };
const exact: TextScoreSpec = { name: "exact-match", unit: "fraction", higherIsBetter: true };

/**
 * The scores of a text; the first one chooses the best checkpoint. Exact matches are counted where
 * every source has one right translation.
 */
export function textScoreSpecs({ id }: TranslationData): readonly TextScoreSpec[] {
  return id === "numbers" ? [bleu, sacre, exact] : [bleu, sacre];
}

/** Seed of the resampled test sets: intervals are functions of the text alone. */
const bootstrapSeed = 1;

const unsmoothed: BleuOptions = { smooth: "none" };

/**
 * Tokenised BLEU without smoothing, with compounds split where the words are those of Moses
 * (`scripts/compound_split_bleu.sh` of fairseq); sacreBLEU of plain text; and the share of sentences
 * that are right to the letter.
 *
 * @param resample Whether intervals are computed.
 */
export function textScores(
  data: TranslationData,
  { words, hypotheses, references }: TranslatedText,
  resample: boolean,
): ScoredText {
  const { pipeline, direction, pipelineSpec } = data;
  const lowercase = pipelineSpec.lowercase === true;
  const moses = pipelineSpec.tokenizer.name === "moses";
  const split = moses ? compoundSplit : (line: string) => line;
  const tokenised = words.map((line, i) =>
    sentenceStatistics(splitWords(split(line)), [
      splitWords(split(pipeline.tokenize(references[i], direction.target))),
    ])
  );
  const sacreScore = sacreBleu(hypotheses, [references], { lowercase });
  const interval = (sentences: readonly BleuStatistics[], bleu?: BleuOptions) => {
    if (!resample) return {};
    const { lower, upper } = bootstrapInterval(sentences, { seed: bootstrapSeed, bleu });
    return { interval: { low: lower, high: upper } };
  };
  const scores: TextScore[] = [
    {
      spec: bleu,
      value: corpusBleu(sumStatistics(tokenised), unsmoothed).score,
      signature: `nrefs:1|case:${lowercase ? "lc" : "mixed"}|tok:${moses ? "moses" : "space"}|` +
        `compounds:${moses ? "split" : "whole"}|smooth:none`,
      ...interval(tokenised, unsmoothed),
    },
    {
      spec: sacre,
      value: sacreScore.score,
      signature: sacreScore.signature,
      ...interval(sacreScore.sentences),
    },
  ];
  if (textScoreSpecs(data).includes(exact)) {
    const right = hypotheses.filter((line, i) => line === references[i]).length;
    scores.push({ spec: exact, value: right / hypotheses.length, hits: right });
  }
  return { scores, statistics: sacreScore.sentences.map(countsOf) };
}
