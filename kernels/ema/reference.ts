/** Float64 references of the EMA operations: convolutions with the explicit kernel. */
import type { Attrs, RefArray } from "../../src/graph/contract.ts";
import { sweepsOf } from "./sweeps.ts";

interface Problem {
  readonly batch: number;
  readonly length: number;
  readonly features: number;
  readonly states: number;
  readonly taps: number;
  readonly signs: readonly number[];
}

function problem(x: RefArray, q: RefArray, attrs: Attrs): Problem {
  const [batch, length, features] = x.shape;
  const truncation = Number(attrs.truncation);
  const taps = truncation === 0 ? length : Math.min(length, truncation);
  const signs = sweepsOf(attrs).map((sweep) => sweep === "reverse" ? 1 : -1);
  return { batch, length, features, states: q.shape[1], taps, signs };
}

/** y[b, t, d] = Σ_sweeps Σ_j k[d, j] x[b, t ∓ j, d] with k[d, j] = Σ_n c[d, n] q[d, n]^j. */
export function referenceScan(inputs: readonly RefArray[], attrs: Attrs): RefArray[] {
  const [x, c, q] = inputs;
  const { batch, length, features, states, taps, signs } = problem(x, q, attrs);
  const y = new Float64Array(x.data.length);
  signs.forEach((sign, sweep) => {
    for (let d = 0; d < features; d++) {
      const kernel = new Float64Array(taps);
      for (let n = 0; n < states; n++) {
        const at = (sweep * features + d) * states + n;
        for (let j = 0; j < taps; j++) kernel[j] += c.data[at] * q.data[at] ** j;
      }
      for (let b = 0; b < batch; b++) {
        for (let t = 0; t < length; t++) {
          for (let j = 0; j < taps; j++) {
            const from = t + sign * j;
            if (from < 0 || from >= length) break;
            y[(b * length + t) * features + d] += kernel[j] *
              x.data[(b * length + from) * features + d];
          }
        }
      }
    }
  });
  return [{ shape: x.shape, data: y }];
}

/** dc and dq from the correlation of dy with x: inputs x, dy, c, q. */
export function referenceGradient(inputs: readonly RefArray[], attrs: Attrs): RefArray[] {
  const [x, dy, c, q] = inputs;
  const { batch, length, features, states, taps, signs } = problem(x, q, attrs);
  const dc = new Float64Array(c.data.length);
  const dq = new Float64Array(q.data.length);
  signs.forEach((sign, sweep) => {
    for (let d = 0; d < features; d++) {
      for (let j = 0; j < taps; j++) {
        let tap = 0;
        for (let b = 0; b < batch; b++) {
          for (let t = 0; t < length; t++) {
            const from = t + sign * j;
            if (from < 0 || from >= length) continue;
            tap += dy.data[(b * length + t) * features + d] *
              x.data[(b * length + from) * features + d];
          }
        }
        for (let n = 0; n < states; n++) {
          const at = (sweep * features + d) * states + n;
          dc[at] += tap * q.data[at] ** j;
          if (j > 0) dq[at] += tap * c.data[at] * j * q.data[at] ** (j - 1);
        }
      }
    }
  });
  return [{ shape: c.shape, data: dc }, { shape: q.shape, data: dq }];
}

/** h_t = q h_{t-1} + w x_t, y_t = Σ_n g h_t: inputs x, h0, w, q, g; outputs y and the last h. */
export function referenceStep(inputs: readonly RefArray[]): RefArray[] {
  const [x, h0, w, q, g] = inputs;
  const [batch, length, features] = x.shape;
  const states = q.shape[1];
  const y = new Float64Array(x.data.length);
  const state = Float64Array.from(h0.data);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < length; t++) {
      for (let d = 0; d < features; d++) {
        const at = (b * length + t) * features + d;
        for (let n = 0; n < states; n++) {
          const row = d * states + n;
          const h = (b * features + d) * states + n;
          state[h] = q.data[row] * state[h] + w.data[row] * x.data[at];
          y[at] += g.data[row] * state[h];
        }
      }
    }
  }
  return [{ shape: x.shape, data: y }, { shape: h0.shape, data: state }];
}

/** All gradients of {@link referenceStep}, step by step backwards through stored states. */
function stateGradients(
  x: RefArray,
  dy: RefArray,
  start: Float64Array,
  dState: RefArray,
  [w, q, g]: readonly RefArray[],
) {
  const [batch, length, features] = x.shape;
  const states = q.shape[1];
  const empty = (like: RefArray): RefArray => ({
    shape: like.shape,
    data: new Float64Array(like.data.length),
  });
  const [dx, dStart, dw, dq, dg] = [x, dState, w, q, g].map(empty);
  for (let b = 0; b < batch; b++) {
    for (let d = 0; d < features; d++) {
      const at = (t: number) => (b * length + t) * features + d;
      for (let n = 0; n < states; n++) {
        const row = d * states + n;
        const h = [start[(b * features + d) * states + n]];
        for (let t = 0; t < length; t++) h.push(q.data[row] * h[t] + w.data[row] * x.data[at(t)]);
        let a = dState.data[(b * features + d) * states + n];
        for (let t = length - 1; t >= 0; t--) {
          a += g.data[row] * dy.data[at(t)];
          dg.data[row] += dy.data[at(t)] * h[t + 1];
          dx.data[at(t)] += w.data[row] * a;
          dw.data[row] += x.data[at(t)] * a;
          dq.data[row] += a * h[t];
          a *= q.data[row];
        }
        dStart.data[(b * features + d) * states + n] = a;
      }
    }
  }
  return { dx, dStart, dw, dq, dg };
}

/** Inputs dy, dh_L, x, w, q, g; outputs dx, dh_0, dw, none of which depends on h_0. */
export function referenceAdjoint(inputs: readonly RefArray[]): RefArray[] {
  const [dy, dState, x, ...weights] = inputs;
  const start = new Float64Array(dState.data.length);
  const { dx, dStart, dw } = stateGradients(x, dy, start, dState, weights);
  return [dx, dStart, dw];
}

/** Inputs x, dy, h_0, dh_L, w, q, g; outputs dg, dq. */
export function referenceWeights(inputs: readonly RefArray[]): RefArray[] {
  const [x, dy, start, dState, ...weights] = inputs;
  const { dg, dq } = stateGradients(x, dy, Float64Array.from(start.data), dState, weights);
  return [dg, dq];
}
