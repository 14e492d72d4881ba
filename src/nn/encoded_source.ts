/** What an encoder hands to the layers of a decoder. */
import type { Tensor } from "../graph/contract.ts";
import type { ModelContext } from "./context.ts";

/** An encoded source; its padding may stand on either side. */
export interface EncodedSource {
  /** [B, S, D] */
  readonly encoded: Tensor;
  /** [B, S], 0 at padding; absent for sources without padding. */
  readonly valid?: Tensor;
}

/** Result of attention to an encoded source. */
export interface SourceAttention {
  /** [B, T, D] */
  readonly y: Tensor;
  /** Builds the attention weights [B, T, S] before dropout, for inspection. */
  readonly weights: () => Tensor;
}

/**
 * Attention of a decoder layer to a source: x [B, T, D] to [B, T, D], with parameters in the present
 * scope.
 */
export type CrossAttention = (ctx: ModelContext, x: Tensor) => Tensor;
