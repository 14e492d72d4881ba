/** Counter-based random numbers and dropout; nothing is stored, masks are recomputed where needed. */
import {
  type InlineOperation,
  type Shape,
  ShapeError,
  type Tensor,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { less, mul, sub } from "../elementwise/mod.ts";
import { shapeAttr } from "../view/attrs.ts";
import { philoxHelper } from "./philox_wgsl.ts";

/**
 * `uniform`: numbers in [0, 1) keyed by (seed, step, stream, linear position). One Philox block
 * serves four positions that lie a quarter of the tensor apart, so that a kernel which computes those
 * four together (see `quarterKey`) needs one block for all of them.
 */
export const uniformOperation: InlineOperation = {
  name: "uniform",
  kind: "generate",
  weight: 120,
  infer: (_inputs, attrs) => [{ shape: shapeAttr(attrs), dtype: "f32" }],
  emit: (node, _output, index, ctx) => {
    ctx.require(philoxHelper.name, philoxHelper.source);
    const info = ctx.stepInfo();
    const stream = `${Number(node.attrs.stream)}u`;
    const { linear, block } = index;
    const quarter = Math.ceil(node.outputs[0].size / 4);
    const key = `${info}[0], ${info}[1], ${info}[2]`;
    const part = block.recall(quarterKey(linear, quarter));
    if (part === undefined) {
      return `philox_uniform(${linear} % ${quarter}u, ${linear} / ${quarter}u, ${stream}, ${key})`;
    }
    const [counter, word] = part.split(" ");
    const words = block.outermost.bind("vec4<u32>", `philox(${counter}, ${stream}, ${key})`);
    return `philox_unit(${words}.${word})`;
  },
  vjp: () => [],
  reference: () => {
    throw new Error("uniform: depends on the seed and the step of the run");
  },
  cost: () => ({ flops: 0, bytes: 0 }),
};

/**
 * Memo key under which a kernel announces that `linear` is one of four positions that share the Philox
 * block of a tensor with quarters of the given size. The value is "COUNTER WORD".
 */
export function quarterKey(linear: string, quarter: number): string {
  return `quarter ${quarter}@${linear}`;
}

/** Uniform numbers in [0, 1). Different uses in one program need different `stream` numbers. */
export function uniform(shape: Shape, stream: number): Tensor {
  return apply1(uniformOperation, [], { shape: [...shape], stream });
}

/**
 * Inverted dropout: zero with probability `rate`, else scaled by 1/(1 − rate).
 *
 * @param maskShape Shape of the mask when whole slices are dropped together (extent 1 where shared).
 * @throws {ShapeError} when the rate is outside [0, 1).
 */
export function dropout(x: Tensor, rate: number, stream: number, maskShape = x.shape): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new ShapeError("dropout", `rate ${rate} is not in [0, 1)`);
  if (rate === 0) return x;
  const dropped = less(uniform(maskShape, stream), rate);
  return mul(x, mul(sub(1, dropped), 1 / (1 - rate)));
}
