/** What the encoders and decoders of translation models have in common. */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import type { ModelContext } from "../nn/context.ts";
import type { CrossAttention, SourceAttention } from "../nn/encoded_source.ts";
import type { DecoderInput } from "./decoder_run.ts";

/** Words of sentences i32 [B, L], of which shorter ones are padded. */
export interface SentenceInput extends DecoderInput {
  /** Word that is padding. */
  readonly padding: number;
}

/** What a decoder makes of a target, given a source. */
export interface DecodedTarget {
  /** [B, T, D] */
  readonly features: Tensor;
  /**
   * Builds the attention of the last layer to the source before dropout, [B, T, S]; a mean over heads
   * where there are some.
   */
  readonly attention: () => Tensor;
}

/** Attention to a source that remembers the weights of the layer that used it last. */
export class ObservedAttention {
  #weights: (() => Tensor) | undefined;

  constructor(
    private readonly attend: (ctx: ModelContext, x: Tensor) => SourceAttention,
  ) {}

  /** For the layers of a decoder. */
  readonly cross: CrossAttention = (ctx, x) => {
    const { y, weights } = this.attend(ctx, x);
    this.#weights = weights;
    return y;
  };

  /** Builds the weights [B, T, S] of the last layer. @throws {ShapeError} when no layer attended. */
  weights(): Tensor {
    if (this.#weights === undefined) throw new ShapeError("attention", "no layer has attended yet");
    return this.#weights();
  }
}
