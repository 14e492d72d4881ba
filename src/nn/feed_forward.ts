/**
 * Feed-forward layer with norm and residual (`fairseq/modules/normalized_feedforward_network.py` of
 * facebookresearch/mega).
 */
import type { Tensor } from "../graph/contract.ts";
import { add } from "../../kernels/elementwise/mod.ts";
import { activate, type ActivationName } from "./activations.ts";
import type { ModelContext } from "./context.ts";
import { sequenceDropout } from "./dropout.ts";
import { linear } from "./linear.ts";
import { type NormOptions, sequenceNorm } from "./norm.ts";

/** Options of {@link normalizedFeedForward}. */
export interface FeedForwardOptions {
  /** F, inner width. */
  readonly hidden: number;
  readonly activation: ActivationName;
  readonly norm: NormOptions;
  /** Of the output. */
  readonly dropout: number;
  /** Of the inner values. */
  readonly hiddenDropout: number;
  /** Drops features of whole sequences instead of elements. */
  readonly featureDropout: boolean;
}

/** x + fc2(act(fc1(norm x))), or norm(x + fc2(act(fc1 x))); x [B, L, D]. */
export function normalizedFeedForward(
  ctx: ModelContext,
  x: Tensor,
  options: FeedForwardOptions,
): Tensor {
  const { norm, featureDropout: feature } = options;
  const normalize = (value: Tensor) =>
    ctx.scope("norm", () => sequenceNorm(ctx, norm.kind, value, norm.affine));
  const inner = linear(ctx, "fc1", norm.before ? normalize(x) : x, options.hidden);
  const hidden = sequenceDropout(
    ctx,
    activate(options.activation, inner),
    { rate: options.hiddenDropout, feature },
  );
  const outer = linear(ctx, "fc2", hidden, x.shape[2]);
  const y = add(x, sequenceDropout(ctx, outer, { rate: options.dropout, feature }));
  return norm.before ? y : normalize(y);
}
