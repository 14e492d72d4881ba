/** What the kernel suite measures: the shapes of training and the classical ones. */
import type { DType, Shape, Tensor } from "../src/graph/contract.ts";
import { attention, type AttentionKind } from "../kernels/attention/mod.ts";
import { add, mul, silu, toF32 } from "../kernels/elementwise/mod.ts";
import { emaScan } from "../kernels/ema/ema_scan.ts";
import { emaScanWithState } from "../kernels/ema/ema_scan_state.ts";
import { fftConv } from "../kernels/fft/fft_conv.ts";
import { gather, scatterAdd } from "../kernels/gather/mod.ts";
import { matmul, type MatmulOptions } from "../kernels/matmul/mod.ts";
import { normalize } from "../kernels/norm/mod.ts";
import { projectedCrossEntropy } from "../kernels/projected_cross_entropy/mod.ts";
import { sum } from "../kernels/reduce/mod.ts";
import { slotAttention } from "../kernels/slot_attention/mod.ts";
import { softmax } from "../kernels/softmax/mod.ts";
import { topK } from "../kernels/topk/mod.ts";
import { gradients } from "../src/compiler/gradient.ts";
import type { PeerTask } from "./peers/peer.ts";

/** Values of all operands, by name. */
export type Values = Readonly<Record<string, Float32Array>>;

/** An operand of a spec; f32 operands are uniform in [low, high), default [−1, 1). */
export interface SpecOperand {
  readonly shape: Shape;
  readonly dtype?: DType;
  readonly low?: number;
  readonly high?: number;
}

/** One kernel at one shape. */
export interface KernelSpec {
  readonly kernel: string;
  readonly shape: Readonly<Record<string, number>>;
  readonly operands: Readonly<Record<string, SpecOperand>>;
  readonly build: (tensors: Readonly<Record<string, Tensor>>) => Tensor | readonly Tensor[];
  /**
   * Expected value of one element of the only result in float64, for results that would take long
   * to compute completely. Without it the reference implementations compute everything.
   */
  readonly expected?: (values: Values, index: number) => number;
  /** The same work for other libraries. */
  readonly peerTask?: (values: Values) => PeerTask;
}

function product(
  kernel: string,
  m: number,
  n: number,
  k: number,
  { transposeA = false, transposeB = false }: MatmulOptions = {},
  batch?: number,
): KernelSpec {
  const lead = batch === undefined ? [] : [batch];
  const operands = {
    a: { shape: [...lead, ...(transposeA ? [k, m] : [m, k])] },
    b: { shape: [...lead, ...(transposeB ? [n, k] : [k, n])] },
  };
  return {
    kernel,
    shape: { ...(batch === undefined ? {} : { batch }), m, n, k },
    operands,
    build: ({ a, b }) => matmul(a, b, { transposeA, transposeB }),
    expected: ({ a, b }, index) => {
      const z = Math.floor(index / (m * n));
      const row = Math.floor(index / n) % m;
      const column = index % n;
      let total = 0;
      for (let i = 0; i < k; i++) {
        total += a[z * m * k + (transposeA ? i * m + row : row * k + i)] *
          b[z * k * n + (transposeB ? column * k + i : i * n + column)];
      }
      return total;
    },
    peerTask: ({ a, b }) => ({
      kind: "matmul",
      a: { shape: operands.a.shape, data: a },
      b: { shape: operands.b.shape, data: b },
      transposeA,
      transposeB,
    }),
  };
}

const NT: MatmulOptions = { transposeB: true };
const TN: MatmulOptions = { transposeA: true };

const products: readonly KernelSpec[] = [
  product("matmul", 768, 512, 512),
  product("matmul", 1024, 1024, 1024),
  product("matmul", 3200, 232, 40),
  product("matmul", 3200, 40, 80),
  product("matmul", 3200, 10, 40),
  product("matmul", 1, 512, 512),
  product("matmul transposed B", 768, 512, 512, NT),
  product("matmul transposed B", 3200, 40, 232, NT),
  product("matmul transposed B", 100, 100, 32, NT, 32),
  product("matmul transposed A", 768, 512, 512, TN),
  product("matmul transposed A", 40, 80, 3200, TN),
  product("matmul transposed A", 40, 232, 3200, TN),
];

const linear: KernelSpec = {
  kernel: "linear with bias and SiLU",
  shape: { rows: 3200, inputs: 40, outputs: 232 },
  operands: { x: { shape: [3200, 40] }, w: { shape: [232, 40] }, bias: { shape: [232] } },
  build: ({ x, w, bias }) => {
    const hidden = add(matmul(x, w, NT), bias);
    return [hidden, silu(hidden)];
  },
};

function rowwise(rows: number, columns: number): KernelSpec[] {
  const shape = { rows, columns };
  const operands = { x: { shape: [rows, columns], low: -4, high: 4 } };
  return [
    {
      kernel: "softmax",
      shape,
      operands,
      build: ({ x }) => softmax(x),
      peerTask: ({ x }) => ({ kind: "softmax", x: { shape: [rows, columns], data: x } }),
    },
    {
      kernel: "layer norm",
      shape,
      operands,
      build: ({ x }) => normalize(x, "layer"),
      peerTask: ({ x }) => ({
        kind: "layerNorm",
        x: { shape: [rows, columns], data: x },
        epsilon: 1e-5,
      }),
    },
  ];
}

function reduction(kernel: string, rows: number, columns: number, axis: number): KernelSpec {
  return {
    kernel,
    shape: { rows, columns },
    operands: { x: { shape: [rows, columns] } },
    build: ({ x }) => sum(x, [axis]),
  };
}

function attentionSpec(
  kind: AttentionKind,
  batch: number,
  length: number,
  backward = false,
): KernelSpec {
  const [width, values] = [32, 64];
  return {
    kernel: `attention ${kind}${backward ? " with gradients" : ""}`,
    shape: { batch, length, width, values },
    operands: {
      q: { shape: [batch, length, width], low: -0.2, high: 0.2 },
      k: { shape: [batch, length, width] },
      v: { shape: [batch, length, values] },
      bias: { shape: [2 * length - 1] },
      ...(backward ? { g: { shape: [batch, length, values] } } : {}),
    },
    build: ({ q, k, v, bias, g }) => {
      const result = attention(q, k, v, { kind, bias });
      if (!backward) return result;
      return [result, ...gradients(sum(mul(result, g)), [q, k, v, bias])];
    },
  };
}

/** An EMA from zero or, with `carried`, from a state; `backward` adds the gradients of all operands. */
function emaSpec(
  batch: number,
  length: number,
  width: number,
  { carried = false, backward = false } = {},
): KernelSpec {
  const states = 16;
  const weights = [width, states];
  const series = [batch, length, width];
  const differentiated = (y: Tensor, dy: Tensor, operands: readonly Tensor[]) => [
    y,
    ...gradients(sum(mul(y, dy)), operands),
  ];
  const shared = {
    kernel: `EMA scan${carried ? " with state" : ""}${backward ? " with gradients" : ""}`,
    shape: { batch, length, width, states },
  };
  const operands: Record<string, SpecOperand> = {
    x: { shape: series },
    c: { shape: weights },
    q: { shape: weights, low: 0.05, high: 0.98 },
    ...(backward ? { dy: { shape: series } } : {}),
  };
  if (!carried) {
    return {
      ...shared,
      operands,
      build: ({ x, c, q, dy }) => {
        const y = emaScan(x, c, q);
        return backward ? differentiated(y, dy, [x, c, q]) : y;
      },
    };
  }
  const state = { shape: [batch, ...weights] };
  return {
    ...shared,
    operands: {
      ...operands,
      g: { shape: weights },
      state,
    },
    build: ({ x, c, q, g, state, dy }) => {
      const next = emaScanWithState(x, c, q, g, state);
      // The next state is carried over without its gradient, as when training on a stream.
      return backward
        ? [next.state, ...differentiated(next.y, dy, [x, c, q, g, state])]
        : [next.y, next.state];
    },
  };
}

/** The same scan without and with state. */
function emaPair(batch: number, length: number, width: number, backward: boolean): KernelSpec[] {
  return [false, true].map((carried) => emaSpec(batch, length, width, { carried, backward }));
}

function convolutionSpec(batch: number, length: number, width: number): KernelSpec {
  return {
    kernel: "FFT convolution",
    shape: { batch, length, width },
    operands: {
      x: { shape: [batch, length, width] },
      kernel: { shape: [width, length] },
    },
    build: ({ x, kernel }) => fftConv(x, kernel),
  };
}

function lookups(rows: number, width: number, count: number): KernelSpec[] {
  const shape = { rows, width, count };
  const operands = {
    table: { shape: [rows, width] },
    ids: { shape: [count], dtype: "i32" as const, low: 0, high: rows },
  };
  return [
    { kernel: "gather", shape, operands, build: ({ table, ids }) => gather(table, ids) },
    {
      kernel: "scatter-add",
      shape,
      operands: { ...operands, g: { shape: [count, width] } },
      build: ({ table, ids, g }) => gradients(sum(mul(gather(table, ids), g)), [table]),
    },
  ];
}

/** The gradient of an embedding, without the table, which would take the reference too long. */
function embeddingGradient(rows: number, width: number, count: number): KernelSpec {
  return {
    kernel: "scatter-add",
    shape: { rows, width, count },
    operands: {
      ids: { shape: [count], dtype: "i32", low: 0, high: rows },
      g: { shape: [count, width] },
    },
    build: ({ ids, g }) => scatterAdd(ids, g, rows),
    expected: ({ ids, g }, index) => {
      const row = Math.floor(index / width);
      return ids.reduce(
        (total, id, t) => id === row ? total + g[t * width + index % width] : total,
        0,
      );
    },
  };
}

function vocabularyLoss(count: number, width: number, words: number): KernelSpec {
  return {
    kernel: "projected cross entropy",
    shape: { count, width, words },
    operands: {
      x: { shape: [count, width] },
      w: { shape: [words, width] },
      labels: { shape: [count], dtype: "i32", low: 0, high: words },
    },
    build: ({ x, w, labels }) => projectedCrossEntropy(x, w, labels).loss,
    expected: ({ x, w, labels }, t) => {
      let total = 0;
      let target = 0;
      for (let word = 0; word < words; word++) {
        let logit = 0;
        for (let k = 0; k < width; k++) logit += x[t * width + k] * w[word * width + k];
        total += Math.exp(logit);
        if (word === labels[t]) target = logit;
      }
      return Math.log(total) - target;
    },
  };
}

function vocabularyGradients(count: number, width: number, words: number): KernelSpec {
  const { operands, shape } = vocabularyLoss(count, width, words);
  return {
    kernel: "projected cross entropy with gradients",
    shape,
    operands,
    build: ({ x, w, labels }) => {
      const { loss } = projectedCrossEntropy(x, w, labels);
      return [loss, ...gradients(sum(loss), [x, w])];
    },
  };
}

/** The candidates of a step of beam search: the best 2 · beam of beam · words, per sentence. */
function selection(sentences: number, beam: number, words: number): KernelSpec {
  const shape = { rows: sentences, columns: beam * words, k: 2 * beam };
  return {
    kernel: "top k",
    shape,
    operands: { x: { shape: [shape.rows, shape.columns] } },
    build: ({ x }) => {
      const { values, indices } = topK(x, shape.k);
      return [values, indices];
    },
  };
}

/** A step of decoding: one position of every beam, the last of its slots. */
function decodingStep(sentences: number, beam: number, slots: number): KernelSpec {
  const [rows, width, values] = [sentences * beam, 32, 128];
  return {
    kernel: "attention to slots",
    shape: { rows, slots, width, values },
    operands: {
      q: { shape: [rows, width], low: -0.2, high: 0.2 },
      keys: { shape: [slots, rows, width] },
      newKeys: { shape: [rows, width] },
      values: { shape: [slots, rows, values] },
      newValues: { shape: [rows, values] },
      place: { shape: [1], low: slots - 1, high: slots - 1 },
      owners: { shape: [rows, slots], dtype: "i32", low: 0, high: beam },
      bias: { shape: [slots] },
    },
    build: ({ q, keys, newKeys, values, newValues, place, owners, bias }) =>
      slotAttention(
        { q, keys, newKeys, values, newValues, place, owners: toF32(owners), bias },
        { kind: "softmax", heads: 1, group: beam },
      ),
  };
}

/** Every spec, in the order of the report. */
export const kernelSpecs: readonly KernelSpec[] = [
  ...products,
  linear,
  ...rowwise(3200, 40),
  ...rowwise(3200, 100),
  ...rowwise(1024, 1024),
  reduction("sum over rows", 3200, 232, 0),
  reduction("sum over columns", 3200, 232, 1),
  attentionSpec("softmax", 32, 128),
  attentionSpec("softmax", 2, 512),
  attentionSpec("softmax", 1, 2048),
  attentionSpec("laplace", 32, 128),
  attentionSpec("laplace", 2, 512),
  attentionSpec("laplace", 1, 2048),
  attentionSpec("softmax", 32, 128, true),
  attentionSpec("laplace", 1, 1024, true),
  emaSpec(32, 128, 40),
  emaSpec(4, 2048, 40),
  ...emaPair(8, 1024, 64, false),
  ...emaPair(8, 1024, 64, true),
  convolutionSpec(32, 128, 40),
  convolutionSpec(4, 2048, 40),
  ...lookups(32, 40, 3200),
  ...lookups(8192, 64, 3200),
  embeddingGradient(267_744, 64, 6144),
  embeddingGradient(20_000, 1024, 6144),
  vocabularyLoss(512, 64, 20_000),
  vocabularyGradients(256, 32, 8192),
  selection(32, 5, 3_000),
  selection(8, 5, 33_000),
  decodingStep(32, 5, 64),
];
