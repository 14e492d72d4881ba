/**
 * Damped exponential moving average as a scan in linear time (Mega, equations 2 and 3).
 *
 *   u[t, n] = q_n u[t − 1, n] + x[t] − q_n^K x[t − K]      (last term only when truncated to K taps)
 *   y[b, t, d] = Σ_n c[d, n] u[b, t, d, n]
 *
 * x [B, L, D]; c, q [sweeps · D, N] with 0 < q < 1; y [B, L, D]. Several sweeps are added up; a
 * reverse sweep runs from the end, and every sweep includes lag 0.
 */
import { apply, apply1 } from "../../src/graph/build.ts";
import {
  type Attrs,
  type KernelOperation,
  ShapeError,
  sizeOf,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";
import { lowerGradient } from "./gradient_lowering.ts";
import { referenceGradient, referenceScan } from "./reference.ts";
import { lowerScan } from "./scan_lowering.ts";
import { emaGeometry, type Sweep, sweepsOf } from "./sweeps.ts";

/** Options of {@link emaScan}. */
export interface EmaScanOptions {
  /** Directions, each with its own D rows of `c` and `q`; one forward sweep by default. */
  readonly sweeps?: readonly Sweep[];
  /** Number of taps K after which the kernel is cut; the whole length by default. */
  readonly truncation?: number;
}

function checkWeights(op: string, c: TensorType, q: TensorType): void {
  if (c.dtype !== "f32" || c.shape.join() !== q.shape.join()) {
    throw new ShapeError(op, `c [${c.shape}] and q [${q.shape}] must have the same shape`);
  }
}

function scanCost(inputs: readonly TensorType[], attrs: Attrs, perState: number, moved: number) {
  const [x] = inputs;
  const q = inputs[inputs.length - 1];
  const geometry = emaGeometry("emaScan", x, q, attrs);
  const steps = sizeOf(x.shape) * geometry.states * geometry.sweeps.length;
  return {
    flops: steps * (perState + (geometry.truncation > 0 ? perState / 2 : 0)),
    bytes: 4 * (moved * sizeOf(x.shape) + 3 * sizeOf(q.shape)),
  };
}

const scanOperation: KernelOperation = {
  name: "emaScan",
  kind: "kernel",
  infer(inputs, attrs) {
    requireTypes("emaScan", inputs, ["f32"]);
    const [x, c, q] = inputs;
    emaGeometry("emaScan", x, q, attrs);
    checkWeights("emaScan", c, q);
    return [{ shape: x.shape, dtype: "f32" }];
  },
  vjp(node, [dy]) {
    if (dy === undefined) return [];
    const [x, c, q] = node.inputs;
    const opposite = sweepsOf(node.attrs).map((s) => s === "reverse" ? "forward" : "reverse");
    const dx = apply1(scanOperation, [dy, c, q], { ...node.attrs, sweeps: opposite });
    return [dx, ...apply(gradientOperation, [x, dy, c, q], node.attrs).outputs];
  },
  reference: referenceScan,
  cost: (inputs, _outputs, attrs) => scanCost(inputs, attrs, 4, 2),
  fusesInput: (input, node) =>
    input === 0 && node.attrs.truncation === 0 && sweepsOf(node.attrs).length === 1,
  fusesOutput: () => true,
  lower: (node, ctx) =>
    lowerScan(emaGeometry("emaScan", node.inputs[0], node.inputs[2], node.attrs), ctx),
};

const gradientOperation: KernelOperation = {
  name: "emaScanGradient",
  kind: "kernel",
  infer(inputs, attrs) {
    requireTypes("emaScanGradient", inputs, ["f32"]);
    const [x, dy, c, q] = inputs;
    emaGeometry("emaScanGradient", x, q, attrs);
    checkWeights("emaScanGradient", c, q);
    if (dy.shape.join() !== x.shape.join()) {
      throw new ShapeError("emaScanGradient", `dy [${dy.shape}] and x [${x.shape}] must agree`);
    }
    return [{ shape: c.shape, dtype: "f32" }, { shape: q.shape, dtype: "f32" }];
  },
  vjp() {
    throw new Error("emaScanGradient: second derivatives are not available");
  },
  reference: referenceGradient,
  cost: (inputs, _outputs, attrs) => scanCost(inputs, attrs, 8, 2),
  fusesInput: () => false,
  fusesOutput: () => true,
  lower: (node, ctx) =>
    lowerGradient(emaGeometry("emaScanGradient", node.inputs[0], node.inputs[3], node.attrs), ctx),
};

/**
 * Exact EMA of `x` [B, L, D] with output weights `c` and decays `q` [sweeps · D, N]; gradients reach
 * all three.
 *
 * @throws {ShapeError} when shapes do not fit or the truncation is not a whole number.
 */
export function emaScan(x: Tensor, c: Tensor, q: Tensor, options: EmaScanOptions = {}): Tensor {
  const attrs = {
    sweeps: [...(options.sweeps ?? (["forward"] as const))],
    truncation: options.truncation ?? 0,
  };
  return apply1(scanOperation, [x, c, q], attrs);
}

/**
 * Sum of a forward and a reverse EMA in one operation: the first D rows of `c` and `q` [2D, N] run
 * forward, the last D backward, both with lag 0 (`MultiHeadEMA` of the reference).
 *
 * @throws {ShapeError} as {@link emaScan}.
 */
export function emaScanBidirectional(
  x: Tensor,
  c: Tensor,
  q: Tensor,
  options: Pick<EmaScanOptions, "truncation"> = {},
): Tensor {
  return emaScan(x, c, q, { ...options, sweeps: ["forward", "reverse"] });
}
