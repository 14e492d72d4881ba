/** Complex arithmetic on pairs of tensors. */
import type { Shape, Tensor } from "../../graph/contract.ts";
import { add, div, mul, neg, type Operand, square, sub } from "../../../kernels/elementwise/mod.ts";
import type { ComplexTensor } from "../../../kernels/fft/rfft.ts";
import { sum } from "../../../kernels/reduce/mod.ts";
import { reshape, split } from "../../../kernels/view/mod.ts";

export type { ComplexTensor };

/** From a tensor whose last axis holds real and imaginary part. */
export function fromPairs(pairs: Tensor): ComplexTensor {
  const shape = pairs.shape.slice(0, -1);
  const [re, im] = split(pairs, pairs.rank - 1, [1, 1]).map((part) => reshape(part, shape));
  return { re, im };
}

/** Applies a view to both parts. */
export function viewed(z: ComplexTensor, view: (part: Tensor) => Tensor): ComplexTensor {
  return { re: view(z.re), im: view(z.im) };
}

/** Both parts under another shape. */
export function reshaped(z: ComplexTensor, shape: Shape): ComplexTensor {
  return viewed(z, (part) => reshape(part, shape));
}

/** a · b, broadcasting. */
export function times(a: ComplexTensor, b: ComplexTensor): ComplexTensor {
  return {
    re: sub(mul(a.re, b.re), mul(a.im, b.im)),
    im: add(mul(a.re, b.im), mul(a.im, b.re)),
  };
}

/** a · b for a real b, broadcasting. */
export function scaled(a: ComplexTensor, b: Operand): ComplexTensor {
  return { re: mul(a.re, b), im: mul(a.im, b) };
}

/** a + b, broadcasting. */
export function plus(a: ComplexTensor, b: ComplexTensor): ComplexTensor {
  return { re: add(a.re, b.re), im: add(a.im, b.im) };
}

/** a − b, broadcasting. */
export function minus(a: ComplexTensor, b: ComplexTensor): ComplexTensor {
  return { re: sub(a.re, b.re), im: sub(a.im, b.im) };
}

/** Complex conjugate. */
export function conjugate(z: ComplexTensor): ComplexTensor {
  return { re: z.re, im: neg(z.im) };
}

/** 1/z */
export function reciprocal(z: ComplexTensor): ComplexTensor {
  const scale = div(1, add(square(z.re), square(z.im)));
  return { re: mul(z.re, scale), im: neg(mul(z.im, scale)) };
}

/** 2 Re Σ a b over the last axis, kept with extent 1: the sum over pairs and their conjugates. */
export function pairSum(a: ComplexTensor, b: ComplexTensor): Tensor {
  const products = sub(mul(a.re, b.re), mul(a.im, b.im));
  return mul(sum(products, [products.rank - 1], true), 2);
}
