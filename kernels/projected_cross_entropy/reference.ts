/** Float64 references of the projected cross entropy and of its gradients, with all logits. */
import type { Attrs, RefArray } from "../../src/graph/contract.ts";

function logitsOf(x: RefArray, projection: RefArray, row: number): Float64Array {
  const width = x.shape[1];
  return Float64Array.from({ length: projection.shape[0] }, (_, word) => {
    let total = 0;
    for (let k = 0; k < width; k++) {
      total += x.data[row * width + k] * projection.data[word * width + k];
    }
    return total;
  });
}

/** Losses and log-sum-exps of x, projection, labels and perhaps the row count. */
export function forwardReference(inputs: readonly RefArray[], attrs: Attrs): RefArray[] {
  const [x, projection, labels] = inputs;
  const rows = x.shape[0];
  const smoothing = Number(attrs.smoothing);
  const loss = new Float64Array(rows);
  const normaliser = new Float64Array(rows);
  for (let row = 0; row < (inputs[3]?.data[0] ?? rows); row++) {
    const logits = logitsOf(x, projection, row);
    const top = logits.reduce((a, b) => Math.max(a, b));
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
    normaliser[row] = top + Math.log(total);
    const losses = logits.map((logit) => normaliser[row] - logit);
    const mean = losses.reduce((a, b) => a + b) / losses.length;
    loss[row] = (1 - smoothing) * losses[labels.data[row]] + smoothing * mean;
  }
  return [loss, normaliser].map((data) => ({ shape: [rows], data }));
}

/** Gradients of x and the projection; operands as in `lowerBackward`. */
export function backwardReference(inputs: readonly RefArray[], attrs: Attrs): RefArray[] {
  const [x, projection, labels, normaliser, ofLikelihood, ofLabel] = inputs;
  const [rows, width] = x.shape;
  const smoothing = Number(attrs.smoothing);
  const dx = new Float64Array(x.data.length);
  const dProjection = new Float64Array(projection.data.length);
  for (let row = 0; row < (inputs[6]?.data[0] ?? rows); row++) {
    logitsOf(x, projection, row).forEach((logit, word, all) => {
      const target = (word === labels.data[row] ? 1 - smoothing : 0) + smoothing / all.length;
      const gradient = Math.exp(logit - normaliser.data[row]) * ofLikelihood.data[row] -
        target * ofLabel.data[row];
      for (let k = 0; k < width; k++) {
        dx[row * width + k] += gradient * projection.data[word * width + k];
        dProjection[word * width + k] += gradient * x.data[row * width + k];
      }
    });
  }
  return [{ shape: x.shape, data: dx }, { shape: projection.shape, data: dProjection }];
}
