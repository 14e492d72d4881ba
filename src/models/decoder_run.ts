/** What decoders of language models have in common. */
import type { Tensor } from "../graph/contract.ts";
import { ShapeError } from "../graph/contract.ts";
import type { ModelContext } from "../nn/context.ts";
import { type CacheFrame, cacheFrame } from "../nn/key_value_cache.ts";

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
  readonly step?: { readonly capacity: number };
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
  return cacheFrame(ctx, step.capacity, tokens.shape[1]);
}
