/**
 * The bookkeeping of beam search (`fairseq/sequence_generator.py` of facebookresearch/mega). The device
 * extends the beams by itself; this replays its records of candidates afterwards, so that nothing has
 * to wait for the host in every step.
 */
import { EOS_ID } from "../../data/vocabulary.ts";
import { impossibleScore } from "../../models/beam_step.ts";

/** How translations are searched for. */
export interface BeamOptions {
  /** Hypotheses that are kept; 1 is greedy search. */
  readonly beam: number;
  /** Scores are divided by length ** lengthPenalty; the length counts `</s>`. */
  readonly lengthPenalty: number;
  /** Most tokens before `</s>`: ⌊maxLengthA · padded source length + maxLengthB⌋. */
  readonly maxLengthA: number;
  readonly maxLengthB: number;
  /** Least tokens before `</s>`. Default 1. */
  readonly minLength?: number;
  /** Taken from the log-probability of the unknown word in every step. Default 0. */
  readonly unknownPenalty?: number;
  /** Whether scores are divided by a power of the length at all. Default true. */
  readonly normalizeScores?: boolean;
  /** Tokens that every hypothesis of a source starts with, without `</s>`, by source. */
  readonly prefix?: readonly Int32Array[];
}

/** A finished translation. */
export interface Hypothesis {
  /** Ids, the last one is `</s>`. */
  readonly tokens: Int32Array;
  /** Sum of log-probabilities in nats, divided by a power of the length. */
  readonly score: number;
  /** Log-probability of each token in nats. */
  readonly positionalScores: Float32Array;
}

/** The best 2 · beam continuations of one sentence in one step, best first. */
export interface Candidates {
  /** Cumulative log-probabilities. */
  readonly scores: ArrayLike<number>;
  readonly tokens: ArrayLike<number>;
  /** Beam that each continues. */
  readonly parents: ArrayLike<number>;
}

/** Beams after a step. */
interface BeamStep {
  readonly scores: readonly number[];
  readonly tokens: readonly number[];
  readonly parents: readonly number[];
}

/** The search for the translations of one sentence, step by step. */
export class SentenceSearch {
  readonly #steps: BeamStep[] = [];
  readonly #finished: Hypothesis[] = [];
  #done = false;

  /** @param maxLength Most tokens before `</s>`. */
  constructor(
    private readonly options: Pick<BeamOptions, "beam" | "lengthPenalty" | "normalizeScores">,
    private readonly maxLength: number,
  ) {}

  /** Whether nothing more can be found. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes the candidates of the next step: those that end the sentence count when they are among the
   * first `beam`; the best others go on.
   */
  advance({ scores, tokens, parents }: Candidates): void {
    if (this.#done) return;
    const { beam } = this.options;
    const next = { scores: [] as number[], tokens: [] as number[], parents: [] as number[] };
    for (let rank = 0; rank < 2 * beam; rank++) {
      const possible = scores[rank] > impossibleScore;
      if (tokens[rank] === EOS_ID && possible) {
        if (rank < beam && this.#finished.length < beam) {
          this.#finished.push(this.#hypothesis(parents[rank], scores[rank]));
        }
      } else if (next.tokens.length < beam) {
        next.scores.push(scores[rank]);
        next.tokens.push(tokens[rank]);
        next.parents.push(parents[rank]);
      }
    }
    this.#done = this.#finished.length === beam || this.#steps.length === this.maxLength;
    this.#steps.push(next);
  }

  #hypothesis(parent: number, score: number): Hypothesis {
    const { lengthPenalty, normalizeScores = true } = this.options;
    const length = this.#steps.length + 1;
    const tokens = new Int32Array(length);
    const cumulative = new Float32Array(length);
    tokens[length - 1] = EOS_ID;
    cumulative[length - 1] = score;
    let row = parent;
    for (let step = length - 2; step >= 0; step--) {
      const beams = this.#steps[step];
      tokens[step] = beams.tokens[row];
      cumulative[step] = beams.scores[row];
      row = beams.parents[row];
    }
    return {
      tokens,
      score: normalizeScores ? score / length ** lengthPenalty : score,
      positionalScores: cumulative.map((value, i) => i === 0 ? value : value - cumulative[i - 1]),
    };
  }

  /** What was found, best first; among equal scores the earlier one. */
  get hypotheses(): readonly Hypothesis[] {
    return this.#finished.toSorted((a, b) => b.score - a.score);
  }
}

/** Most tokens before `</s>` for sources that are padded to `sourceLength`. */
export function maxTargetLength(
  { maxLengthA, maxLengthB }: Pick<BeamOptions, "maxLengthA" | "maxLengthB">,
  sourceLength: number,
  maxTargetPositions: number,
): number {
  return Math.min(Math.trunc(maxLengthA * sourceLength + maxLengthB), maxTargetPositions - 1);
}
