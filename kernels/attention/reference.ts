/** Float64 attention and its gradients, straight from the definitions, one pair at a time. */
import type { RefArray } from "../../src/graph/contract.ts";
import { erf } from "../elementwise/erf.ts";
import type { Problem } from "./problem.ts";

/** Weights of all pairs [G, T, S] and the derivative of each with respect to its own score. */
export interface ReferenceWeights {
  readonly weights: Float64Array;
  /** For softmax: the weights again (the derivative also needs the row's mean). */
  readonly slopes: Float64Array;
  /** Row maximum and sum of exponentials [G, T, 2] of softmax. */
  readonly statistics: Float64Array;
}

function maskRow(p: Problem, g: number): number {
  if (p.mask === undefined) return 0;
  const { lead } = p.mask;
  let rest = g;
  const position: number[] = [];
  for (let axis = p.lead.length - 1; axis >= 0; axis--) {
    position.unshift(rest % p.lead[axis]);
    rest = Math.floor(rest / p.lead[axis]);
  }
  const skipped = p.lead.length - lead.length;
  return lead.reduce(
    (row, extent, axis) => row * extent + (extent === 1 ? 0 : position[axis + skipped]),
    0,
  );
}

/** Which keys each group may see; softmax ignores the mask of a group without any valid key. */
function visibleKeys(p: Problem, inputs: readonly RefArray[], g: number): boolean[] {
  const all: boolean[] = new Array(p.keys).fill(true);
  if (p.mask === undefined) return all;
  const values = inputs[p.mask.input].data;
  const start = maskRow(p, g) * p.keys;
  const visible = all.map((_, j) => values[start + j] !== 0);
  return p.kind === "softmax" && !visible.includes(true) ? all : visible;
}

/** Attention weights before dropout, of inputs [q, k, ...]. */
export function referenceWeights(p: Problem, inputs: readonly RefArray[]): ReferenceWeights {
  const { queries, keys, depth } = p;
  const [q, k] = inputs.map((t) => t.data);
  const scores = referenceProduct(
    p.groups,
    queries,
    depth,
    keys,
    (g, i, c) => q[(g * queries + i) * depth + c],
    (g, c, j) => k[(g * keys + j) * depth + c],
  );
  return referenceWeightsOfScores(p, inputs, scores);
}

/** Attention weights before dropout, from scores without bias; `inputs` hold bias and mask. */
export function referenceWeightsOfScores(
  p: Problem,
  inputs: readonly RefArray[],
  rawScores: Float64Array,
): ReferenceWeights {
  const { queries: T, keys: S } = p;
  const weights = new Float64Array(p.groups * T * S);
  const slopes = new Float64Array(weights.length);
  const statistics = new Float64Array(p.groups * T * 2);
  const bias = p.bias === undefined ? undefined : inputs[p.bias].data;
  for (let g = 0; g < p.groups; g++) {
    const visible = visibleKeys(p, inputs, g);
    for (let i = 0; i < T; i++) {
      const row = (g * T + i) * S;
      const seen = visible.map((ok, j) => ok && (!p.causal || j <= i));
      const scores = rawScores.slice(row, row + S).map((s, j) => s + (bias?.[T - 1 + j - i] ?? 0));
      if (p.kind === "softmax") {
        const top = Math.max(-3e38, ...scores.filter((_, j) => seen[j]));
        const powers = scores.map((s, j) => (seen[j] ? Math.exp(s - top) : 0));
        const sum = powers.reduce((a, b) => a + b, 0);
        powers.forEach((power, j) => {
          weights[row + j] = sum > 0 ? power / sum : 0;
          slopes[row + j] = weights[row + j];
        });
        statistics[(g * T + i) * 2] = top;
        statistics[(g * T + i) * 2 + 1] = sum;
        continue;
      }
      scores.forEach((s, j) => {
        if (!seen[j]) return;
        const u = (s - 0.707107) / 0.282095;
        weights[row + j] = p.kind === "relu2"
          ? Math.max(s, 0) ** 2
          : 0.5 * (1 + erf(u / Math.SQRT2));
        slopes[row + j] = p.kind === "relu2"
          ? 2 * Math.max(s, 0)
          : Math.exp(-u * u / 2) / (0.282095 * Math.sqrt(2 * Math.PI));
      });
    }
  }
  return { weights, slopes, statistics };
}

/** Throws when a float64 reference is asked for random weights. */
export function refuseDropout(rate: number): void {
  if (rate > 0) throw new Error("attention: dropout depends on the seed and the step of the run");
}

/** Gradients of the scores [G, T, S] from gradients of the weights [G, T, S]. */
export function referenceScoreGradients(
  p: Problem,
  { weights, slopes }: ReferenceWeights,
  weightGradients: Float64Array,
): Float64Array {
  const result = slopes.map((slope, at) => slope * weightGradients[at]);
  if (p.kind !== "softmax") return result;
  for (let row = 0; row < result.length; row += p.keys) {
    let mean = 0;
    for (let j = 0; j < p.keys; j++) mean += result[row + j];
    for (let j = 0; j < p.keys; j++) result[row + j] -= weights[row + j] * mean;
  }
  return result;
}

/** Batched C = A B with optional transpositions, A [G, n, m] as stored after transposition. */
export function referenceProduct(
  groups: number,
  n: number,
  m: number,
  l: number,
  a: (g: number, row: number, inner: number) => number,
  b: (g: number, inner: number, column: number) => number,
): Float64Array {
  const result = new Float64Array(groups * n * l);
  for (let g = 0; g < groups; g++) {
    for (let row = 0; row < n; row++) {
      for (let inner = 0; inner < m; inner++) {
        const factor = a(g, row, inner);
        for (let column = 0; column < l; column++) {
          result[(g * n + row) * l + column] += factor * b(g, inner, column);
        }
      }
    }
  }
  return result;
}

/** Sums of score gradients along diagonals: the gradient of the relative bias. */
export function referenceBiasGradient(p: Problem, scoreGradients: Float64Array): Float64Array {
  const result = new Float64Array(p.queries + p.keys - 1);
  scoreGradients.forEach((value, at) => {
    const j = at % p.keys;
    const i = Math.floor(at / p.keys) % p.queries;
    result[p.queries - 1 + j - i] += value;
  });
  return result;
}
