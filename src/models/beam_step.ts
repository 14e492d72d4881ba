/**
 * A step of beam search on the device (`fairseq/sequence_generator.py` and `fairseq/search.py` of
 * facebookresearch/mega): from logits to the best continuations and the next beams, without the host.
 */
import type { Tensor } from "../graph/contract.ts";
import {
  add,
  equal,
  less,
  lessEqual,
  maximum,
  mul,
  sub,
  toF32,
  toI32,
  where,
} from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { iota } from "../../kernels/source/generate.ts";
import { topK } from "../../kernels/topk/mod.ts";
import { logSoftmax } from "../nn/projected_loss.ts";
import { broadcastTo, concat, reshape } from "../../kernels/view/mod.ts";

/** Score of what is not allowed; its sum with any log-probability is finite. */
export const forbiddenScore = -3e38;
/** Scores at or below this belong to what is not allowed. */
export const impossibleScore = -1e38;

/** The words that search treats in another way. */
export interface SpecialWords {
  readonly padding: number;
  readonly end: number;
  readonly unknown: number;
}

/** What a step is restricted by; f32 [1] each. */
export interface StepLimits {
  /** Number of the step, from 0. */
  readonly step: Tensor;
  /** `</s>` is not allowed before this step. */
  readonly minLength: Tensor;
  /** Nothing but `</s>` is allowed from this step on. */
  readonly maxLength: Tensor;
  /** Taken from the score of the unknown word. */
  readonly unknownPenalty: Tensor;
}

/** Beams of N sentences. */
export interface Beams {
  /** Cumulative log-probabilities, [N, b]. */
  readonly scores: Tensor;
  /** Last words, f32 [N, b]. */
  readonly tokens: Tensor;
  /** Beams of the step before that they continue, f32 [N, b]. */
  readonly parents: Tensor;
}

/** 1 for words that may come next, broadcastable to [N, b, V]. */
function allowedWords(
  vocabulary: number,
  forced: Tensor,
  { padding, end }: SpecialWords,
  { step, minLength, maxLength }: StepLimits,
): Tensor {
  const word = iota([1, 1, vocabulary], 2);
  const not = (mask: Tensor) => sub(1, mask);
  const isEnd = equal(word, end);
  const last = lessEqual(maxLength, step);
  const prefix = toF32(reshape(forced, [forced.size, 1, 1]));
  const free = maximum(equal(prefix, padding), last);
  const tooEarly = mul(mul(less(step, minLength), not(last)), free);
  const open = mul(not(equal(word, padding)), not(mul(last, not(isEnd))));
  return mul(mul(open, not(mul(tooEarly, isEnd))), maximum(free, equal(word, prefix)));
}

/** The best 2b continuations of every sentence as beams, best first. */
export function bestContinuations(
  logits: Tensor,
  before: Pick<Beams, "scores">,
  forced: Tensor,
  words: SpecialWords,
  limits: StepLimits,
): Beams {
  const [sentences, beam] = before.scores.shape;
  const vocabulary = logits.shape[1];
  const shape = [sentences, beam, vocabulary];
  const gains = reshape(logSoftmax(logits), shape);
  const scores = reshape(before.scores, [sentences, beam, 1]);
  const penalty = mul(equal(iota([1, 1, vocabulary], 2), words.unknown), limits.unknownPenalty);
  const possible = mul(
    allowedWords(vocabulary, forced, words, limits),
    less(impossibleScore, scores),
  );
  const totals = where(
    broadcastTo(possible, shape),
    sub(add(scores, gains), penalty),
    forbiddenScore,
  );
  const { values, indices } = topK(reshape(totals, [sentences, beam * vocabulary]), 2 * beam);
  let parents = mul(indices, 0);
  for (let row = 1; row < beam; row++) {
    parents = add(parents, toI32(lessEqual(row * vocabulary, indices)));
  }
  return {
    scores: maximum(values, forbiddenScore),
    tokens: toF32(sub(indices, mul(parents, vocabulary))),
    parents: toF32(parents),
  };
}

/** The first b of 2b continuations that do not end their sentence, in their order. */
export function nextBeams({ scores, tokens, parents }: Beams, { end }: SpecialWords): Beams {
  const [sentences, candidates] = scores.shape;
  const beam = candidates / 2;
  const goesOn = sub(1, mul(equal(tokens, end), less(impossibleScore, scores)));
  const row = (x: Tensor) => reshape(x, [sentences, 1, candidates]);
  const earlier = less(iota([1, 1, candidates], 2), iota([1, candidates, 1], 1));
  const rank = sum(mul(row(goesOn), earlier), [2]);
  const chosen = mul(row(goesOn), equal(row(rank), iota([1, beam, 1], 1)));
  const pick = (x: Tensor) => sum(mul(chosen, row(x)), [2]);
  return { scores: pick(scores), tokens: pick(tokens), parents: pick(parents) };
}

/** Continuations [N, 2b] as one record [1, N, 3, 2b]: scores, words, parents. */
export function recordOf({ scores, tokens, parents }: Beams): Tensor {
  const [sentences, candidates] = scores.shape;
  const part = (x: Tensor) => reshape(x, [1, sentences, 1, candidates]);
  return concat([part(scores), part(tokens), part(parents)], 2);
}
