/** Decoder layer with or without attention to a source (`fairseq/modules/transformer_layer.py`). */
import type { Tensor } from "../graph/contract.ts";
import { add } from "../../kernels/elementwise/mod.ts";
import { activate } from "./activations.ts";
import type { ModelContext } from "./context.ts";
import { dropout } from "./dropout.ts";
import type { CrossAttention } from "./encoded_source.ts";
import { linearDefault } from "./initializers.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norm.ts";
import { selfAttention, type TransformerLayerOptions } from "./self_attention.ts";

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
  const width = x.shape[2];
  const { normBefore = true, cross } = options;
  const plain = (fanIn: number) => ({ weight: linearDefault(fanIn), bias: linearDefault(fanIn) });
  const sublayer = (name: string, value: Tensor, body: (rows: Tensor) => Tensor): Tensor => {
    const before = normBefore ? layerNorm(ctx, name, value) : value;
    const total = add(value, dropout(ctx, body(before), options.dropout));
    return normBefore ? total : layerNorm(ctx, name, total);
  };
  const causal = { ...options, causal: true, initialization: "default" } as const;
  const attended = sublayer(
    "self_attn_layer_norm",
    x,
    (rows) => ctx.scope("self_attn", () => selfAttention(ctx, rows, causal, valid)),
  );
  const informed = cross === undefined ? attended : sublayer(
    "encoder_attn_layer_norm",
    attended,
    (rows) => ctx.scope("encoder_attn", () => cross(ctx, rows)),
  );
  return sublayer("final_layer_norm", informed, (rows) => {
    const inner = linear(ctx, "fc1", rows, options.hidden, plain(width));
    const hidden = dropout(ctx, activate(options.activation, inner), options.hiddenDropout);
    return linear(ctx, "fc2", hidden, width, plain(options.hidden));
  });
}
