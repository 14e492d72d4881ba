/**
 * Cross entropy with label smoothing: loss[r] = (1 − ε) nll[r] + ε / C Σ_c (n[r] − x[r, c]) over all
 * classes, with the log-sum-exp n[r] = log Σ_c exp(x[r, c]) and nll[r] = n[r] − x[r, label[r]]
 * (`fairseq/criterions/label_smoothed_cross_entropy.py`). The gradient of the loss is
 * (softmax(x) − (1 − ε) onehot − ε / C) g, built from the stored log-sum-exp.
 */
import { type KernelOperation, ShapeError, sizeOf, type Tensor } from "../../src/graph/contract.ts";
import { apply } from "../../src/graph/build.ts";
import { add, mul, sub } from "../elementwise/mod.ts";
import { rowwise } from "../rowwise.ts";
import { classTerms, logSumExp, requireLogits, rowsOf } from "./parts.ts";

const smoothedOperation: KernelOperation = {
  name: "smoothedCrossEntropy",
  kind: "kernel",
  infer: (inputs, { smoothing }) => {
    requireLogits("smoothedCrossEntropy", inputs);
    if (!(Number(smoothing) >= 0 && Number(smoothing) < 1)) {
      throw new ShapeError("smoothedCrossEntropy", `smoothing ${smoothing} is not in [0, 1)`);
    }
    const row = { shape: [inputs[0].shape[0]], dtype: "f32" } as const;
    return [row, row, row];
  },
  fusesInput: (input) => input === 0,
  fusesOutput: (output) => output < 2,
  lower: (node, ctx) => {
    const [rows, columns] = node.inputs[0].shape;
    const smoothing = Number(node.attrs.smoothing);
    const operands = { name: "rows", inputs: [0, 1], outputs: [0, 1, 2] };
    return [rowwise(ctx, { rows, columns }, operands, (row) => {
      row.reduce("max", "top", "in0(row, c)");
      row.reduce("sum", "total", "exp(in0(row, c) - top)");
      // Differences to the largest logit, whose sum is exact to more digits than that of the logits.
      row.reduce("sum", "below", "top - in0(row, c)");
      row.all("let tail = log(total);\nlet normaliser = top + tail;");
      row.once(`let nll = normaliser - in0(row, min(u32(in1(row)), ${columns - 1}u));
out0(row, ${1 - smoothing} * nll + ${smoothing} * (tail + below / ${columns}.0));
out1(row, nll);
out2(row, normaliser);`);
    })];
  },
  vjp: (node, [ofLoss, ofNll, ofNormaliser]) => {
    if (ofNormaliser !== undefined) {
      throw new Error("smoothedCrossEntropy: the normaliser is internal");
    }
    const { column, likelihood, onehot } = classTerms(node.inputs, node.outputs[2]);
    const smoothing = Number(node.attrs.smoothing);
    const target = add(mul(onehot, 1 - smoothing), smoothing / node.inputs[0].shape[1]);
    const ofSmoothed = ofLoss && mul(sub(likelihood, target), column(ofLoss));
    const ofPlain = ofNll && mul(sub(likelihood, onehot), column(ofNll));
    return [ofSmoothed && ofPlain ? add(ofSmoothed, ofPlain) : ofSmoothed ?? ofPlain, undefined];
  },
  reference: ([x, labels], { smoothing }) => {
    const [rows, columns] = x.shape;
    const epsilon = Number(smoothing);
    const logits = rowsOf(x);
    const normaliser = Float64Array.from(logits, logSumExp);
    const nll = normaliser.map((value, r) => value - logits[r][labels.data[r]]);
    const loss = nll.map((value, r) => {
      const all = logits[r].reduce((total, v) => total + normaliser[r] - v, 0);
      return (1 - epsilon) * value + epsilon / columns * all;
    });
    return [loss, nll, normaliser].map((data) => ({ shape: [rows], data }));
  },
  cost: ([x]) => ({ flops: 14 * sizeOf(x.shape), bytes: 4 * sizeOf(x.shape) }),
};

/** Result of {@link smoothedCrossEntropy}; both [R], nats. */
export interface SmoothedCrossEntropy {
  /** With smoothing. */
  readonly loss: Tensor;
  /** Without. */
  readonly nll: Tensor;
}

/**
 * Losses of every row with and without smoothing, natural logarithm.
 *
 * @param logits [R, C]. @param labels i32 [R], each in [0, C). @param smoothing ε in [0, 1).
 * @throws {ShapeError} when the operands do not fit or the smoothing is not in [0, 1).
 */
export function smoothedCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  smoothing: number,
): SmoothedCrossEntropy {
  const [loss, nll] = apply(smoothedOperation, [logits, labels], { smoothing }).outputs;
  return { loss, nll };
}
