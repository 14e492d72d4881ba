/** Decoder layer with or without attention to a source (`fairseq/modules/transformer_layer.py`). */
import type { Tensor } from "../graph/contract.ts";
import type { ModelContext } from "./context.ts";
import type { CrossAttention } from "./encoded_source.ts";
import { linearDefault } from "./initializers.ts";
import { selfAttention, type TransformerLayerOptions } from "./self_attention.ts";
import { feedForwardRows, sublayer } from "./transformer_sublayers.ts";

/** Options of {@link transformerDecoderLayer}. */
export interface TransformerDecoderLayerOptions
  extends Omit<TransformerLayerOptions, "causal" | "initialization"> {
  /** Norms before the sublayers instead of after their residual sums. Default true. */
  readonly normBefore?: boolean;
  /** Attention to a source, in the scope `encoder_attn`. */
  readonly cross?: CrossAttention;
}

/**
 * x [B, L, D] = x + MHA(LN x); x = x + cross(LN x); x = x + fc2(act(fc1(LN x))), or with the norms of
 * the sums; parameters `self_attn.*`, `self_attn_layer_norm`, `encoder_attn.*`,
 * `encoder_attn_layer_norm`, `fc1`, `fc2`, `final_layer_norm`.
 *
 * @param valid [B, L], 0 at padding.
 */
export function transformerDecoderLayer(
  ctx: ModelContext,
  x: Tensor,
  options: TransformerDecoderLayerOptions,
  valid?: Tensor,
): Tensor {
  const { normBefore = true, dropout, cross } = options;
  const norms = { normBefore, dropout };
  const initial = (fanIn: number) => ({
    weight: linearDefault(fanIn),
    bias: linearDefault(fanIn),
  });
  const causal = { ...options, causal: true, initialization: "default" } as const;
  const attended = sublayer(
    ctx,
    "self_attn_layer_norm",
    x,
    norms,
    (rows) => ctx.scope("self_attn", () => selfAttention(ctx, rows, causal, valid)),
  );
  const informed = cross === undefined ? attended : sublayer(
    ctx,
    "encoder_attn_layer_norm",
    attended,
    norms,
    (rows) => ctx.scope("encoder_attn", () => cross(ctx, rows)),
  );
  return sublayer(
    ctx,
    "final_layer_norm",
    informed,
    norms,
    (rows) => feedForwardRows(ctx, rows, { ...options, initial }),
  );
}
