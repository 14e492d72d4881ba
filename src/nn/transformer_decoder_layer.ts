/** Decoder layer without cross attention, norms first (`fairseq/modules/transformer_layer.py`). */
import type { Tensor } from "../graph/contract.ts";
import { add } from "../../kernels/elementwise/mod.ts";
import { activate } from "./activations.ts";
import type { ModelContext } from "./context.ts";
import { dropout } from "./dropout.ts";
import { linearDefault } from "./initializers.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norm.ts";
import { selfAttention, type TransformerLayerOptions } from "./self_attention.ts";

/**
 * x [B, L, D] = x + MHA(LN x); x = x + fc2(act(fc1(LN x))), with parameters `self_attn.*`,
 * `self_attn_layer_norm`, `fc1`, `fc2`, `final_layer_norm`.
 *
 * @param valid [B, L], 0 at padding.
 */
export function transformerDecoderLayer(
  ctx: ModelContext,
  x: Tensor,
  options: Omit<TransformerLayerOptions, "causal" | "initialization">,
  valid?: Tensor,
): Tensor {
  const width = x.shape[2];
  const plain = (fanIn: number) => ({ weight: linearDefault(fanIn), bias: linearDefault(fanIn) });
  const first = layerNorm(ctx, "self_attn_layer_norm", x);
  const attended = ctx.scope(
    "self_attn",
    () => selfAttention(ctx, first, { ...options, causal: true, initialization: "default" }, valid),
  );
  const middle = add(x, dropout(ctx, attended, options.dropout));
  const second = layerNorm(ctx, "final_layer_norm", middle);
  const inner = linear(ctx, "fc1", second, options.hidden, plain(width));
  const hidden = dropout(ctx, activate(options.activation, inner), options.hiddenDropout);
  const outer = linear(ctx, "fc2", hidden, width, plain(options.hidden));
  return add(middle, dropout(ctx, outer, options.dropout));
}
