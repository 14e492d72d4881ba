/** The EMA of a stream that arrives in pieces (Mega, equation 2; `MultiHeadEMA.step`). */
import type { Tensor } from "../graph/contract.ts";
import type { ModelContext } from "./context.ts";
import { type EmaOptions, statefulEma } from "./ema.ts";
import { continuedRows, type RowHistory } from "./row_history.ts";

/**
 * Causal EMA of the next positions x [B, L, D], continued from the carried state `ema_state`
 * [B, D, N], which it advances. The state reaches back without limit: truncation does not apply. No
 * gradient flows to earlier pieces.
 *
 * @param valid [B, L], 0 at padding: zeroes the input of the moving average, not the residual; the
 *   state decays there.
 * @param history Rows that the rows of this batch continue, where those are not the same.
 */
export function carriedEma(
  ctx: ModelContext,
  x: Tensor,
  dimensions: number,
  valid?: Tensor,
  history?: RowHistory,
): Tensor {
  const [batch, , width] = x.shape;
  const options: EmaOptions = { dimensions, bidirectional: false, truncation: null };
  const shape = [batch, width, dimensions];
  const before = history === undefined
    ? ctx.carried("ema_state", shape)
    : continuedRows(ctx, "ema_state", shape, history);
  const { y, state } = statefulEma(ctx, x, before, options, valid);
  ctx.carry("ema_state", state);
  return y;
}
