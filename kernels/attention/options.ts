/** Options of attention and their encoding as attributes and operands. */
import type { Attrs, Tensor } from "../../src/graph/contract.ts";
import { type AttentionKind, storedLengthLimit, wholeWidthLimit } from "./problem.ts";

/** Options of `attention` and `attentionWeights`. */
export interface AttentionOptions {
  readonly kind: AttentionKind;
  /** Relative bias w [T + S − 1]: the score of query i and key j gets w[T − 1 + j − i]. */
  readonly bias?: Tensor;
  /**
   * 1 for valid keys, 0 for padding; [..., S] with leading axes that broadcast to those of q. Softmax
   * ignores the mask of a group without any valid key; Laplace and squared ReLU give zeros there.
   */
  readonly keyMask?: Tensor;
  /** Query i sees keys 0 … i only; needs T = S. A row that sees no valid key gives zeros. */
  readonly causal?: boolean;
  /** Dropout of the weights. `stream` numbers the use within the program. */
  readonly dropout?: { readonly rate: number; readonly stream: number };
  /** Longest sequence whose T x S matrices may be kept in scratch memory (default 512). */
  readonly storedLength?: number;
  /**
   * Widest values that a GPU workgroup sums up as a whole (default 384); wider ones are divided among
   * workgroups, each of which computes the weights again.
   */
  readonly wholeWidth?: number;
}

/** Attributes and trailing inputs of the options. */
export function encodeOptions(options: AttentionOptions): { attrs: Attrs; extra: Tensor[] } {
  const { kind, bias, keyMask, causal = false, dropout } = options;
  const { storedLength = storedLengthLimit, wholeWidth = wholeWidthLimit } = options;
  const rate = dropout?.rate ?? 0;
  return {
    attrs: {
      kind,
      bias: bias !== undefined,
      mask: keyMask !== undefined,
      causal,
      rate,
      stream: rate > 0 ? dropout?.stream ?? 0 : 0,
      storedLength,
      wholeWidth,
    },
    extra: [bias, keyMask].filter((t) => t !== undefined),
  };
}
