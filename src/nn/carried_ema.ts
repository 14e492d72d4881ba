/** The EMA of a stream that arrives in pieces (Mega, equation 2; `MultiHeadEMA.step`). */
import type { Tensor } from "../graph/contract.ts";
import type { ModelContext } from "./context.ts";
import { type EmaOptions, statefulEma } from "./ema.ts";

/**
 * Causal EMA of the next positions x [B, L, D], continued from the carried state `ema_state`
 * [B, D, N], which it advances. The state reaches back without limit: truncation does not apply. No
 * gradient flows to earlier pieces.
 *
 * @param valid [B, L], 0 at padding: zeroes the input of the moving average, not the residual; the
 *   state decays there.
 */
export function carriedEma(
  ctx: ModelContext,
  x: Tensor,
  dimensions: number,
  valid?: Tensor,
): Tensor {
  const [batch, , width] = x.shape;
  const options: EmaOptions = { dimensions, bidirectional: false, truncation: null };
  const before = ctx.carried("ema_state", [batch, width, dimensions]);
  const { y, state } = statefulEma(ctx, x, before, options, valid);
  ctx.carry("ema_state", state);
  return y;
}
