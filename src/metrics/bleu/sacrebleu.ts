import { splitWords, trimSpaceEnd } from "../../data/lm/words.ts";
import { formatFixed } from "../fixed.ts";
import { bySentence } from "../references.ts";
import { type BleuOptions, type BleuScore, corpusBleu, defaultSmoothValue } from "./corpus_bleu.ts";
import { type BleuStatistics, sentenceStatistics, sumStatistics } from "./statistics.ts";
import { BLEU_TOKENIZERS, type BleuTokenizer } from "./tokenizers.ts";

/**
 * The version of sacreBLEU whose rules are followed and whose numbers are reproduced. It stands in
 * signatures, because a signature says which rules made a score, not which program.
 */
export const SACREBLEU_VERSION = "2.6.0";

/** How detokenised text is scored. */
export interface SacreBleuOptions extends BleuOptions {
  /** Default `13a`. */
  readonly tokenize?: BleuTokenizer | undefined;
  /** Ignores the case of letters (default false). */
  readonly lowercase?: boolean | undefined;
}

/** BLEU of a text, which rules made it, and what each sentence contributes. */
export interface SacreBleuScore extends BleuScore {
  /** sacreBLEU's signature: `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`. */
  readonly signature: string;
  /** The same with short names: `#:1|c:mixed|e:no|tok:13a|s:exp|v:2.6.0`. */
  readonly shortSignature: string;
  /** Statistics of each sentence, for `bootstrapInterval` and `pairedBootstrap`. */
  readonly sentences: readonly BleuStatistics[];
  /** sacreBLEU's line: `BLEU|<signature> = 27.30 58.9/33.1/21.0/13.8 (BP = 1.000 ...)`. */
  format(): string;
}

/**
 * BLEU of detokenised lines as sacreBLEU computes it (Post 2018, "A Call for Clarity in Reporting
 * BLEU Scores").
 *
 * @param hypotheses One line for each sentence.
 * @param references One stream or several, each with a line for every hypothesis; `null` where a
 * stream has none for a sentence.
 * @throws {UserError} without hypotheses, when numbers of lines differ, and when a sentence has no
 * reference.
 */
export function sacreBleu(
  hypotheses: readonly string[],
  references: readonly (readonly (string | null)[])[],
  options: SacreBleuOptions = {},
): SacreBleuScore {
  const sets = bySentence("BLEU", hypotheses, references);
  const tokens = tokenizer(options);
  const sentences = hypotheses.map((hypothesis, i) =>
    sentenceStatistics(tokens(hypothesis), sets.bySentence[i].map(tokens))
  );
  const score = corpusBleu(sumStatistics(sentences), options);
  const signature = signed(sets.count, options, ["nrefs", "case", "eff", "smooth", "version"]);
  return {
    ...score,
    signature,
    shortSignature: signed(sets.count, options, ["#", "c", "e", "s", "v"]),
    sentences,
    format: () => `BLEU|${signature} = ${formatScore(score)}`,
  };
}

/**
 * BLEU of one line. `effectiveOrder` is on unless the options say otherwise, since few lines share
 * four words in a row with their reference.
 *
 * @throws {UserError} without a reference.
 */
export function sentenceBleu(
  hypothesis: string,
  references: readonly (string | null)[],
  options: SacreBleuOptions = {},
): BleuScore {
  const tokens = tokenizer(options);
  const statistics = sentenceStatistics(
    tokens(hypothesis),
    references.map((reference) => reference === null ? null : tokens(reference)),
  );
  return corpusBleu(statistics, { ...options, effectiveOrder: options.effectiveOrder ?? true });
}

function tokenizer(
  { tokenize = "13a", lowercase = false }: SacreBleuOptions,
): (line: string) => string[] {
  const apply = BLEU_TOKENIZERS[tokenize];
  return (line) => splitWords(apply(trimSpaceEnd(lowercase ? line.toLowerCase() : line)));
}

function signed(
  count: string,
  { tokenize = "13a", lowercase = false, smooth = "exp", smoothValue, effectiveOrder }:
    SacreBleuOptions,
  [references, letters, effective, smoothing, version]: readonly string[],
): string {
  const defaultValue = defaultSmoothValue(smooth);
  const value = defaultValue === undefined
    ? ""
    : `[${formatFixed(smoothValue ?? defaultValue, 2)}]`;
  return [
    `${references}:${count}`,
    `${letters}:${lowercase ? "lc" : "mixed"}`,
    `${effective}:${effectiveOrder ? "yes" : "no"}`,
    `tok:${tokenize}`,
    `${smoothing}:${smooth}${value}`,
    `${version}:${SACREBLEU_VERSION}`,
  ].join("|");
}

function formatScore(score: BleuScore): string {
  const precisions = score.precisions.map((value) => formatFixed(value, 1)).join("/");
  return `${formatFixed(score.score, 2)} ${precisions} ` +
    `(BP = ${formatFixed(score.brevityPenalty, 3)} ratio = ${formatFixed(score.ratio, 3)} ` +
    `hyp_len = ${score.hypothesisLength} ref_len = ${score.referenceLength})`;
}
