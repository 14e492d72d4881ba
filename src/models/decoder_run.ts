/** What decoders of language models have in common. */
import type { Tensor } from "../graph/contract.ts";
import { ShapeError } from "../graph/contract.ts";
import type { ModelContext } from "../nn/context.ts";
import { type CacheFrame, cacheFrame } from "../nn/key_value_cache.ts";
import type { RowHistory } from "../nn/row_history.ts";
import { slotCache } from "../nn/slot_cache.ts";

/** How a decoder reads its tokens. */
export interface DecoderRun {
  /**
   * Tokens continue the stream of the batch before: recurrent state is carried over, keys and values
   * are not. Without effect on a Transformer, which has no such state; S4 carries its state only when
   * it decodes.
   */
  readonly carried: boolean;
  /**
   * Decodes a few tokens at a time, in evaluation and without padding, with all that is needed from
   * earlier tokens carried over: recurrent state, and keys and values of up to so many positions. It
   * must be the chunk of a chunked model; when it is full it is emptied, as at the end of a chunk.
   */
  readonly step?: { readonly capacity: number; readonly beams?: BeamRows };
}

/** One token a step, of rows that continue other ones; the capacity may be below the block. */
export interface BeamRows {
  readonly history: RowHistory;
  /** Positions after which the cache is emptied: the chunk of a chunked model, otherwise `null`. */
  readonly block: number | null;
}

/** Words of a sequence as features. */
export interface DecoderInput {
  /** i32 [B, L] */
  readonly tokens: Tensor;
  /** Word that is padding; `null` for none. */
  readonly padding: number | null;
  /** Features [B, L', ·] of words i32 [B, L']. */
  readonly embed: (tokens: Tensor) => Tensor;
}

/** The cache of a decoding run in the present scope; `undefined` for whole sequences. */
export function stepFrame(
  ctx: ModelContext,
  { step }: DecoderRun,
  { tokens }: DecoderInput,
): CacheFrame | undefined {
  if (step === undefined) return undefined;
  if (ctx.training) throw new ShapeError("decoder", "decoding has no training mode");
  const { capacity, beams } = step;
  return beams === undefined
    ? cacheFrame(ctx, capacity, tokens.shape[1])
    : slotCache(ctx, capacity, beams.block, beams.history);
}
