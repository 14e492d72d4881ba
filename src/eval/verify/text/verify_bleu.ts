/** Scores of translations: BLEU by fairseq's and by sacreBLEU's rules, and chrF. */
import { z } from "zod";
import { compoundSplit, readGenerationLog } from "../../../metrics/bleu/compound_split.ts";
import {
  fairseqBleu,
  idStatistics,
  SENTENCE_PLUS_ONE,
  textStatistics,
} from "../../../metrics/bleu/fairseq_bleu.ts";
import { sacreBleu, sentenceBleu } from "../../../metrics/bleu/sacrebleu.ts";
import {
  addStatistics,
  type BleuStatistics,
  sumStatistics,
} from "../../../metrics/bleu/statistics.ts";
import { BLEU_TOKENIZERS } from "../../../metrics/bleu/tokenizers.ts";
import { chrf } from "../../../metrics/chrf.ts";
import { trimSpaceEnd } from "../../../data/lm/words.ts";
import type { TextGolden } from "./text_golden.ts";

const lines = z.array(z.string());
const ids = z.array(z.int());

const fairseqSchema = z.looseObject({ operation: z.enum(["ids", "text", "compound_split"]) });
const idsConfig = z.looseObject({
  pad: z.int().optional(),
  eos: z.int().optional(),
  unk: z.int().optional(),
});
const idsInput = z.looseObject({ pairs_ref_hyp: z.array(z.tuple([ids, ids])) });
const textInput = z.looseObject({ sys: lines, ref: lines });
const logInput = z.looseObject({ generate_output_lines: lines });

const bleuRun = z.looseObject({
  metric: z.literal("bleu"),
  tokenize: z.enum(["13a", "intl", "char", "none"]).optional(),
  lowercase: z.boolean().optional(),
  smooth_method: z.enum(["exp", "floor", "add-k", "none"]).optional(),
  smooth_value: z.number().nullish(),
  effective_order: z.boolean().optional(),
  sentences: z.boolean().optional(),
});
const chrfRun = z.looseObject({
  metric: z.literal("chrf"),
  char_order: z.int().optional(),
  word_order: z.int().optional(),
  beta: z.number().optional(),
  lowercase: z.boolean().optional(),
  whitespace: z.boolean().optional(),
  eps_smoothing: z.boolean().optional(),
});
const sacreSchema = z.discriminatedUnion("operation", [
  z.looseObject({ operation: z.literal("tokenize") }),
  z.looseObject({
    operation: z.literal("score"),
    runs: z.array(z.discriminatedUnion("metric", [bleuRun, chrfRun])),
  }),
]);
const scoreInput = z.looseObject({
  hypotheses: lines,
  references: z.array(z.array(z.string().nullable())),
});
const tokenizeInput = z.looseObject({ lines });

type ScoreInput = z.infer<typeof scoreInput>;

/** Computes what a file of kind `bleu_fairseq` holds. */
export function verifyFairseqBleu(golden: TextGolden): Record<string, unknown> {
  const { operation } = golden.config(fairseqSchema);
  if (operation === "ids") {
    const specials = golden.config(idsConfig);
    const sentences = golden.input(idsInput).pairs_ref_hyp.map(([reference, hypothesis]) =>
      idStatistics(hypothesis, reference, specials)
    );
    return {
      corpus: described(sumStatistics(sentences)),
      sentence_plus_one: sentences.map((one) => described(addStatistics(SENTENCE_PLUS_ONE, one))),
    };
  }
  if (operation === "text") {
    const { sys, ref } = golden.input(textInput);
    return {
      case: scoredText(textStatistics(sys, ref)),
      ignore_case: scoredText(textStatistics(sys, ref, { ignoreCase: true })),
    };
  }
  const log = readGenerationLog(golden.input(logInput).generate_output_lines);
  if (log === undefined) return { sys: [], ref: [], printed: ["not done generating"] };
  const sys = log.hypotheses.map(compoundSplit);
  const ref = log.references.map(compoundSplit);
  const sum = sumStatistics(textStatistics(sys, ref));
  return { sys, ref, printed: [fairseqBleu(sum).format()], stats: described(sum) };
}

function scoredText(sentences: readonly BleuStatistics[]): Record<string, unknown> {
  const sum = sumStatistics(sentences);
  const single = (sentence: BleuStatistics) =>
    fairseqBleu(addStatistics(SENTENCE_PLUS_ONE, sentence));
  return {
    stats: described(sum),
    printed: [fairseqBleu(sum).format()],
    printed_order_2: [fairseqBleu(sum, 2).format()],
    printed_sentence_bleu: sentences.map((sentence, i) => `${i} ${single(sentence).format()}`),
  };
}

function described(statistics: BleuStatistics): Record<string, unknown> {
  const bleu = fairseqBleu(statistics);
  return {
    match: statistics.matches,
    count: statistics.totals,
    syslen: statistics.hypothesisLength,
    reflen: statistics.referenceLength,
    precisions: bleu.precisions,
    brevity_penalty: bleu.brevityPenalty,
    score_by_order: [1, 2, 3, 4].map((order) => fairseqBleu(statistics, order).score),
    result_string: bleu.format(),
  };
}

/** Computes what a file of kind `sacrebleu` holds. */
export function verifySacreBleu(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(sacreSchema);
  if (config.operation === "tokenize") {
    const texts = golden.input(tokenizeInput).lines.map(trimSpaceEnd);
    return Object.fromEntries(
      Object.entries(BLEU_TOKENIZERS).map(([name, tokenize]) => [name, texts.map(tokenize)]),
    );
  }
  const input = golden.input(scoreInput);
  return {
    runs: config.runs.map((run) =>
      run.metric === "bleu" ? runBleu(input, run) : runChrf(input, run)
    ),
  };
}

function runBleu(
  { hypotheses, references }: ScoreInput,
  run: z.infer<typeof bleuRun>,
): Record<string, unknown> {
  const options = {
    tokenize: run.tokenize,
    lowercase: run.lowercase,
    smooth: run.smooth_method,
    smoothValue: run.smooth_value ?? undefined,
  };
  const bleu = sacreBleu(hypotheses, references, {
    ...options,
    effectiveOrder: run.effective_order,
  });
  return {
    score: bleu.score,
    counts: bleu.matches,
    totals: bleu.totals,
    precisions: bleu.precisions,
    bp: bleu.brevityPenalty,
    sys_len: bleu.hypothesisLength,
    ref_len: bleu.referenceLength,
    ratio: bleu.ratio,
    format: bleu.format(),
    signature: bleu.signature,
    short_signature: bleu.shortSignature,
    sentence_scores_effective_order: hypotheses.map((line, i) =>
      sentenceBleu(line, references.map((stream) => stream[i]), options).score
    ),
  };
}

function runChrf(
  { hypotheses, references }: ScoreInput,
  run: z.infer<typeof chrfRun>,
): Record<string, unknown> {
  const { score, name, signature, sentences, ...result } = chrf(hypotheses, references, {
    charOrder: run.char_order,
    wordOrder: run.word_order,
    beta: run.beta,
    lowercase: run.lowercase,
    whitespace: run.whitespace,
    epsSmoothing: run.eps_smoothing,
  });
  return { score, name, signature, format: result.format(), sentence_scores: sentences };
}
