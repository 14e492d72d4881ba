/** The EMA of a stream that arrives in pieces (Mega, equation 2; `MultiHeadEMA.step`). */
import type { Tensor } from "../graph/contract.ts";
import { add, mul, silu } from "../../kernels/elementwise/mod.ts";
import { emaScanWithState } from "../../kernels/ema/ema_scan_state.ts";
import { emaStep } from "../../kernels/ema/ema_step.ts";
import type { ModelContext } from "./context.ts";
import { emaCoefficients, type EmaOptions } from "./ema.ts";
import { zeroPadding } from "./embedding.ts";

/** Fewest positions that are worth dividing among the lanes of the scan. */
const scanLength = 16;

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
  const [batch, length, width] = x.shape;
  const options: EmaOptions = { dimensions, bidirectional: false, truncation: null };
  const { q, input, output, omega } = emaCoefficients(ctx, width, options);
  const before = ctx.carried("ema_state", [batch, width, dimensions]);
  const masked = zeroPadding(x, valid);
  const { y, state } = length < scanLength
    ? emaStep(masked, before, input, q, output)
    : emaScanWithState(masked, input, q, output, before);
  ctx.carry("ema_state", state);
  return silu(add(y, mul(x, omega)));
}
