import { PAD_ID } from "../vocabulary.ts";
import { blockItem } from "./blocks.ts";
import type { TokenStream } from "./corpus.ts";

/**
 * A batch for a language model. Position t of a row holds the token before the one that has to be
 * predicted: the text's previous token, `</s>` at its very start. Padding is to the right of all
 * tokens of a row, so a causal model needs no mask.
 */
export interface LanguageModelBatch {
  /**
   * `tokens` i32 [B, L]; `targets` i32 [B, L]; `weights` f32 [B, L], 1 where the target counts, 0
   * for context, padding (`PAD_ID`) and filler rows.
   */
  readonly feeds: ReadonlyMap<"tokens" | "targets" | "weights", Int32Array | Float32Array>;
  /** B and L. */
  readonly extents: { readonly batch: number; readonly length: number };
  readonly units: {
    /** Blocks, lanes or windows; documents in the batch that they begin in. */
    readonly sentences: number;
    /** Targets that count. */
    readonly tokens: number;
  };
  /** B L. */
  readonly positions: number;
  /** The carried state of the model starts from zero before this batch. */
  readonly fresh: boolean;
}

/** The targets [start, end) of a text in one row, of which those from `counted` on have weight. */
export interface Row {
  readonly start: number;
  readonly end: number;
  /** Default `start`; `end` for a row without weight. */
  readonly counted?: number;
}

/** The static shape of a batch and what is known of it beforehand. */
export interface RowsShape {
  readonly batch: number;
  readonly length: number;
  readonly sentences: number;
  readonly fresh: boolean;
}

/** Reads rows, at most `batch` of them with at most `length` targets each, into one batch. */
export function collateRows(
  stream: TokenStream,
  rows: readonly Row[],
  { batch, length, sentences, fresh }: RowsShape,
): LanguageModelBatch {
  if (rows.length > batch) throw new RangeError(`${rows.length} rows in a batch of ${batch}`);
  const tokens = new Int32Array(batch * length).fill(PAD_ID);
  const targets = new Int32Array(batch * length).fill(PAD_ID);
  const weights = new Float32Array(batch * length);
  const read = (start: number, end: number) => stream.slice(start, end);
  let weighted = 0;
  for (const [i, { start, end, counted = start }] of rows.entries()) {
    if (end - start > length) throw new RangeError(`${end - start} tokens in a row of ${length}`);
    if (end === start) continue;
    const { source, target } = blockItem(read, [start, end]);
    const at = i * length;
    tokens.set(source, at);
    targets.set(target, at);
    weights.fill(1, at + counted - start, at + end - start);
    weighted += end - counted;
  }
  const feeds: LanguageModelBatch["feeds"] = new Map<
    "tokens" | "targets" | "weights",
    Int32Array | Float32Array
  >([["tokens", tokens], ["targets", targets], ["weights", weights]]);
  return {
    feeds,
    extents: { batch, length },
    units: { sentences, tokens: weighted },
    positions: batch * length,
    fresh,
  };
}
