/** Sentences side by side, filled up to the same length. */
export interface TokenRows {
  /** [B, L] row-major. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** B. */
  readonly batch: number;
  /** L. */
  readonly length: number;
}

/** How sentences become rows. */
export interface CollateOptions {
  /** The id that fills rows up. */
  readonly pad: number;
  /** Padding comes before a sentence instead of after it (default false). */
  readonly leftPad?: boolean;
  /**
   * The last token of each row is left out and this id, or that token itself with `"last"`, comes
   * first: what a decoder reads when it has to predict the row.
   */
  readonly first?: number | "last";
  /** Least length of rows (default 0). */
  readonly padToLength?: number;
}

/** Puts sentences into rows as long as the longest (`fairseq/data/data_utils.py: collate_tokens`). */
export function collateTokens(
  sentences: readonly ArrayLike<number>[],
  { pad, leftPad = false, first, padToLength = 0 }: CollateOptions,
): TokenRows {
  const length = sentences.reduce((most, each) => Math.max(most, each.length), padToLength);
  const tokens = new Int32Array(sentences.length * length).fill(pad);
  for (const [row, sentence] of sentences.entries()) {
    const size = sentence.length;
    const at = row * length + (leftPad ? length - size : 0);
    tokens.set(sentence, at);
    if (first === undefined || size === 0) continue;
    tokens.copyWithin(at + 1, at, at + size - 1);
    tokens[at] = first === "last" ? sentence[size - 1] : first;
  }
  return { tokens, batch: sentences.length, length };
}
