/** What the layers of Transformer encoders and decoders are made of (`fairseq/modules/transformer_layer.py`). */
import type { Tensor } from "../graph/contract.ts";
import { add } from "../../kernels/elementwise/mod.ts";
import { activate, type ActivationName } from "./activations.ts";
import type { ModelContext } from "./context.ts";
import { dropout } from "./dropout.ts";
import { linear, type LinearOptions } from "./linear.ts";
import { layerNorm } from "./norm.ts";

/** Where a sublayer has its norm, and what is dropped of its output. */
export interface SublayerOptions {
  readonly normBefore: boolean;
  readonly dropout: number;
}

/** x + body(LN x), or LN(x + body(x)); the norm has the parameters `name`. */
export function sublayer(
  ctx: ModelContext,
  name: string,
  x: Tensor,
  { normBefore, dropout: rate }: SublayerOptions,
  body: (rows: Tensor) => Tensor,
): Tensor {
  const rows = normBefore ? layerNorm(ctx, name, x) : x;
  const total = add(x, dropout(ctx, body(rows), rate));
  return normBefore ? total : layerNorm(ctx, name, total);
}

/** Options of {@link feedForwardRows}. */
export interface FeedForwardOptions {
  /** Inner width. */
  readonly hidden: number;
  readonly activation: ActivationName;
  /** Of the inner values. */
  readonly hiddenDropout: number;
  /** Initial values of a map from so many features. */
  readonly initial: (fanIn: number) => LinearOptions;
}

/** fc2(act(fc1 x)). */
export function feedForwardRows(
  ctx: ModelContext,
  x: Tensor,
  { hidden, activation, hiddenDropout, initial }: FeedForwardOptions,
): Tensor {
  const width = x.shape[2];
  const inner = linear(ctx, "fc1", x, hidden, initial(width));
  const active = dropout(ctx, activate(activation, inner), hiddenDropout);
  return linear(ctx, "fc2", active, width, initial(hidden));
}
