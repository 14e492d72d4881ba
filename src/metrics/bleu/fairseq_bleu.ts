import { splitWords } from "../../data/lm/words.ts";
import { BOS_ID, EOS_ID, PAD_ID, UNK_ID } from "../../data/vocabulary.ts";
import { UserError } from "../../errors.ts";
import { formatFixed } from "../fixed.ts";
import { type BleuStatistics, MAX_ORDER, sentenceStatistics } from "./statistics.ts";

/** BLEU of summed statistics up to some order. */
export interface FairseqBleuScore {
  /** 0 to 100; 0 when an order has no match, since nothing is smoothed. */
  readonly score: number;
  /** Precision of each order, 0 to 1. */
  readonly precisions: readonly number[];
  /** What a text that is too short is multiplied by, 0 to 1. */
  readonly brevityPenalty: number;
  /** Length of the hypotheses in lengths of the references. */
  readonly ratio: number;
  /** The line of `fairseq-score`: `BLEU4 = 27.30, 58.9/33.1/21.0/13.8 (BP=1.000, ...)`. */
  format(): string;
}

/**
 * Counts that a single sentence starts from instead of none, so that orders above the first always
 * match (`--sentence-bleu`): add them to the sentence's own.
 */
export const SENTENCE_PLUS_ONE: BleuStatistics = {
  matches: [0, 1, 1, 1],
  totals: [0, 1, 1, 1],
  hypothesisLength: 0,
  referenceLength: 0,
};

/** Stands in references where the word is unknown; no hypothesis has it. */
const NEVER_MATCHES = -1;

/** Ids that are no words, by default those of `Dictionary`. */
export interface SpecialIds {
  readonly pad?: number | undefined;
  readonly eos?: number | undefined;
  readonly unk?: number | undefined;
}

/**
 * Statistics of one sentence of ids, 0 or more (`fairseq/scoring/bleu.py`,
 * `fairseq/clib/libbleu`). Pads at the start and `</s>` and pads at the end do not count, except
 * for a last remaining token: an empty sentence is one `</s>`. An unknown word of the reference
 * matches nothing.
 */
export function idStatistics(
  hypothesis: ArrayLike<number>,
  reference: ArrayLike<number>,
  { pad = PAD_ID, eos = EOS_ID, unk = UNK_ID }: SpecialIds = {},
): BleuStatistics {
  const known = trimIds(reference, pad, eos).map((id) => id === unk ? NEVER_MATCHES : id);
  return sentenceStatistics(trimIds(hypothesis, pad, eos), [known]);
}

function trimIds(ids: ArrayLike<number>, pad: number, eos: number): number[] {
  let start = 0;
  while (start < ids.length && ids[start] === pad) start++;
  let end = ids.length;
  while (end > start + 1 && (ids[end - 1] === eos || ids[end - 1] === pad)) end--;
  return Array.from({ length: end - start }, (_, i) => ids[start + i]);
}

/**
 * Statistics of lines of tokenised text, one pair after the other (`fairseq_cli/score.py`). Equal
 * words get equal ids; the literal `<pad>`, `</s>` and `<unk>` are those of the dictionary. Lines
 * that only the longer list has are left out.
 */
export function textStatistics(
  hypotheses: readonly string[],
  references: readonly string[],
  { ignoreCase = false }: { readonly ignoreCase?: boolean } = {},
): BleuStatistics[] {
  const ids = new Map([["<s>", BOS_ID], ["<pad>", PAD_ID], ["</s>", EOS_ID], ["<unk>", UNK_ID]]);
  const encode = (line: string): number[] => {
    const words = splitWords(ignoreCase ? line.toLowerCase() : line);
    const encoded = words.map((word) => {
      const id = ids.get(word) ?? ids.size;
      ids.set(word, id);
      return id;
    });
    return [...encoded, EOS_ID];
  };
  const pairs = Math.min(hypotheses.length, references.length);
  return Array.from(
    { length: pairs },
    (_, i) => idStatistics(encode(hypotheses[i]), encode(references[i])),
  );
}

/**
 * BLEU of summed statistics as fairseq computes it: without smoothing, and 0 where an order has no
 * match or no n-gram.
 *
 * @param order Longest n-grams, 1 to 4 (else RangeError).
 * @throws {UserError} when there is no token to score.
 */
export function fairseqBleu(statistics: BleuStatistics, order = MAX_ORDER): FairseqBleuScore {
  if (!Number.isInteger(order) || order < 1 || order > MAX_ORDER) {
    throw new RangeError(`BLEU of order ${order}: expected 1 to ${MAX_ORDER}`);
  }
  const { matches, totals, hypothesisLength, referenceLength } = statistics;
  if (hypothesisLength === 0 || referenceLength === 0) {
    throw new UserError("BLEU: no hypotheses, or no references");
  }
  const precisions = totals.slice(0, order)
    .map((total, i) => total === 0 ? 0 : matches[i] / total);
  const brevityPenalty = Math.min(1, Math.exp(1 - referenceLength / hypothesisLength));
  const sum = precisions.reduce((sum, precision) => sum + Math.log(precision), 0);
  const score = brevityPenalty * Math.exp(sum / order) * 100;
  const ratio = hypothesisLength / referenceLength;
  const format = () =>
    `BLEU${order} = ${formatFixed(score, 2)}, ` +
    precisions.map((precision) => formatFixed(precision * 100, 1)).join("/") +
    ` (BP=${formatFixed(brevityPenalty, 3)}, ratio=${formatFixed(ratio, 3)}, ` +
    `syslen=${hypothesisLength}, reflen=${referenceLength})`;
  return { score, precisions, brevityPenalty, ratio, format };
}
