/** Float64 references of the convolutions: the defining sums. */
import type { RefArray } from "../../src/graph/contract.ts";
import type { Convolution } from "./convolution.ts";

/** Calls `visit` for every (tap, output, input) with linear positions in kernel, y and x. */
function visitTaps(
  c: Convolution,
  visit: (reverse: boolean, tap: number, y: number, x: number) => void,
): void {
  for (let m = 0; m < c.rows; m++) {
    for (let b = 0; b < c.batch; b++) {
      for (let t = 0; t < c.length; t++) {
        const y = (b * c.length + t) * c.rows + m;
        const x = (s: number) => (b * c.length + s) * c.features + m % c.features;
        for (let j = 0; j < Math.min(c.taps, t + 1); j++) {
          visit(false, m * c.taps + j, y, x(t - j));
        }
        for (let j = 0; j < c.reverseTaps && t + j + c.offset < c.length; j++) {
          visit(true, m * c.reverseTaps + j, y, x(t + j + c.offset));
        }
      }
    }
  }
}

/** y from x and the kernels. */
export function referenceConvolution(
  c: Convolution,
  x: RefArray,
  kernel: RefArray,
  reverse: RefArray | undefined,
): RefArray {
  const data = new Float64Array(c.batch * c.length * c.rows);
  visitTaps(c, (back, tap, y, at) => {
    data[y] += (back ? reverse?.data[tap] ?? 0 : kernel.data[tap]) * x.data[at];
  });
  return { shape: [c.batch, c.length, c.rows], data };
}

/** dx from dy and the kernels. */
export function referenceAdjoint(
  c: Convolution,
  dy: RefArray,
  kernel: RefArray,
  reverse: RefArray | undefined,
): RefArray {
  const data = new Float64Array(c.batch * c.length * c.features);
  visitTaps(c, (back, tap, y, at) => {
    data[at] += (back ? reverse?.data[tap] ?? 0 : kernel.data[tap]) * dy.data[y];
  });
  return { shape: [c.batch, c.length, c.features], data };
}

/** Gradients of the kernels from x and dy. */
export function referenceCorrelation(c: Convolution, x: RefArray, dy: RefArray): RefArray[] {
  const kernel = new Float64Array(c.rows * c.taps);
  const reverse = new Float64Array(c.rows * c.reverseTaps);
  visitTaps(c, (back, tap, y, at) => {
    (back ? reverse : kernel)[tap] += dy.data[y] * x.data[at];
  });
  const results: RefArray[] = [{ shape: [c.rows, c.taps], data: kernel }];
  if (c.reverseTaps > 0) results.push({ shape: [c.rows, c.reverseTaps], data: reverse });
  return results;
}
