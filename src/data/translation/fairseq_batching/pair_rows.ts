import { EOS_ID, PAD_ID } from "../../vocabulary.ts";
import { collateTokens, type TokenRows } from "../collate_tokens.ts";

/** A sentence and its translation, both with the `</s>` at their end. */
export interface TokenPair {
  readonly id: number;
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}

/** How pairs become a batch. */
export interface PairRowsOptions {
  /** Id of padding (default `<pad>`). */
  readonly pad?: number;
  /** Id that the decoder reads first (default `</s>`). */
  readonly eos?: number;
  /** Padding before sources (default true). */
  readonly leftPadSource?: boolean;
  /** Padding before targets (default false). */
  readonly leftPadTarget?: boolean;
}

/** A batch of pairs, the longest source first. */
export interface PairRows {
  readonly ids: readonly number[];
  /** [B, S]. */
  readonly source: TokenRows;
  /** [B] tokens of each source. */
  readonly sourceLengths: Int32Array;
  /** [B, T] what is predicted. */
  readonly target: TokenRows;
  /** [B, T] what the decoder reads: the target without its last token, after `eos`. */
  readonly previous: TokenRows;
  /** Tokens of all targets, without padding. */
  readonly targetTokens: number;
}

/**
 * Puts pairs into rows (`fairseq/data/language_pair_dataset.py: collate`); sources that are equally
 * long stay in their order. Only `verify` uses it, see `batchBySize`; training batches come from
 * `collatePairs`.
 */
export function pairRows(
  pairs: readonly TokenPair[],
  { pad = PAD_ID, eos = EOS_ID, leftPadSource = true, leftPadTarget = false }: PairRowsOptions = {},
): PairRows {
  const sorted = pairs.toSorted((a, b) => b.source.length - a.source.length);
  const targets = sorted.map(({ target }) => target);
  const source = collateTokens(sorted.map(({ source }) => source), {
    pad,
    leftPad: leftPadSource,
  });
  return {
    ids: sorted.map(({ id }) => id),
    source,
    sourceLengths: Int32Array.from(sorted, ({ source }) => source.length),
    target: collateTokens(targets, { pad, leftPad: leftPadTarget }),
    previous: collateTokens(targets, { pad, leftPad: leftPadTarget, first: eos }),
    targetTokens: targets.reduce((sum, { length }) => sum + length, 0),
  };
}
