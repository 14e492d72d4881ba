/** Affine map of the last axis. */
import type { Tensor } from "../graph/contract.ts";
import { add } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import type { ModelContext } from "./context.ts";
import { type Initializer, normal, zeros } from "./initializers.ts";

/** Options of {@link linear}. */
export interface LinearOptions {
  /** Default N(0, 0.02), as all linear maps of Mega. */
  readonly weight?: Initializer;
  /** Default zero; `null` for a map without bias. */
  readonly bias?: Initializer | null;
}

/** x [..., in] to [..., features] with `name.weight` [features, in] and `name.bias` [features]. */
export function linear(
  ctx: ModelContext,
  name: string,
  x: Tensor,
  features: number,
  options: LinearOptions = {},
): Tensor {
  return ctx.scope(name, () => {
    const shape = [features, x.shape[x.rank - 1]];
    const weight = ctx.parameter("weight", shape, options.weight ?? normal(0.02));
    const product = matmul(x, weight, { transposeB: true });
    if (options.bias === null) return product;
    return add(product, ctx.parameter("bias", [features], options.bias ?? zeros));
  });
}
