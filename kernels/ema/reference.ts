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
  [x, start, w, q, g]: readonly RefArray[],
  dy: RefArray,
  dState: RefArray,
) {
  const [batch, length, features] = x.shape;
  const states = q.shape[1];
  const [dx, dStart, dw, dq, dg] = [x, start, w, q, g].map(zerosLike);
  for (let b = 0; b < batch; b++) {
    for (let d = 0; d < features; d++) {
      const at = (t: number) => (b * length + t) * features + d;
      for (let n = 0; n < states; n++) {
        const row = d * states + n;
        const own = (b * features + d) * states + n;
        const h = [start.data[own]];
        for (let t = 0; t < length; t++) h.push(q.data[row] * h[t] + w.data[row] * x.data[at(t)]);
        let a = dState.data[own];
        for (let t = length - 1; t >= 0; t--) {
          a += g.data[row] * dy.data[at(t)];
          dg.data[row] += dy.data[at(t)] * h[t + 1];
          dx.data[at(t)] += w.data[row] * a;
          dw.data[row] += x.data[at(t)] * a;
          dq.data[row] += a * h[t];
          a *= q.data[row];
        }
        dStart.data[own] = a;
      }
    }
  }
  return { dx, dStart, dw, dq, dg };
}

function zerosLike({ shape, data }: RefArray): RefArray {
  return { shape, data: new Float64Array(data.length) };
}

/** Inputs dy, dh_L, w, q, g; outputs dx, dh_0, which depend on neither x nor h_0. */
export function referenceAdjoint(inputs: readonly RefArray[]): RefArray[] {
  const [dy, dState, w, q, g] = inputs;
  const operands = [zerosLike(dy), zerosLike(dState), w, q, g];
  const { dx, dStart } = stateGradients(operands, dy, dState);
  return [dx, dStart];
}

/** Inputs dy, x, h_0, w, q, g; outputs dw, dq, dg when dh_L is zero. */
export function referenceWeights(inputs: readonly RefArray[]): RefArray[] {
  const [dy, x, start, w, q, g] = inputs;
  const { dw, dq, dg } = stateGradients([x, start, w, q, g], dy, zerosLike(start));
  return [dw, dq, dg];
}

/** Inputs x, h_0, dh_L, w, q; outputs dw, dq when dy is zero. */
export function referenceLastState(inputs: readonly RefArray[]): RefArray[] {
  const [x, start, dState, w, q] = inputs;
  const { dw, dq } = stateGradients([x, start, w, q, zerosLike(q)], zerosLike(x), dState);
  return [dw, dq];
}
