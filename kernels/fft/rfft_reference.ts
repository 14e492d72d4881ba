/** Float64 references of the real Fourier transforms: the defining sums. */
import type { RefArray } from "../../src/graph/contract.ts";
import type { BinWeights } from "./rfft_lowering.ts";

function weigh(weights: BinWeights, length: number, bin: number): number {
  if (weights === "unit") return 1;
  return (bin === 0 || 2 * bin === length ? 1 : 2) / length;
}

/** Visits every (bin, time) with the cosine and sine of 2π · bin · time / length. */
function visit(length: number, body: (f: number, t: number, cos: number, sin: number) => void) {
  for (let f = 0; 2 * f <= length; f++) {
    for (let t = 0; t < length; t++) {
      const angle = 2 * Math.PI * ((f * t) % length) / length;
      const alone = f === 0 || 2 * f === length;
      body(f, t, Math.cos(angle), alone ? 0 : Math.sin(angle));
    }
  }
}

/** Real and imaginary part of the weighted transform of the rows of x. */
export function referenceReal(x: RefArray, weights: BinWeights): RefArray[] {
  const [rows, length] = x.shape;
  const bins = Math.floor(length / 2) + 1;
  const [re, im] = [new Float64Array(rows * bins), new Float64Array(rows * bins)];
  visit(length, (f, t, cos, sin) => {
    const w = weigh(weights, length, f);
    for (let r = 0; r < rows; r++) {
      re[r * bins + f] += w * cos * x.data[r * length + t];
      im[r * bins + f] -= w * sin * x.data[r * length + t];
    }
  });
  return [re, im].map((data) => ({ shape: [rows, bins], data }));
}

/** y[r, t] = Re Σ_f w_f (re + i im) e^{2πi f t / l}. */
export function referenceRealAdjoint(
  re: RefArray,
  im: RefArray,
  length: number,
  weights: BinWeights,
): RefArray[] {
  const [rows, bins] = re.shape;
  const data = new Float64Array(rows * length);
  visit(length, (f, t, cos, sin) => {
    const w = weigh(weights, length, f);
    for (let r = 0; r < rows; r++) {
      data[r * length + t] += w * (re.data[r * bins + f] * cos - im.data[r * bins + f] * sin);
    }
  });
  return [{ shape: [rows, length], data }];
}
