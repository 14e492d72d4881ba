import assert from "node:assert/strict";
import {
  assertClose,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { gradients } from "../../src/compiler/gradient.ts";
import { evaluate, sourcesOf } from "../../src/compiler/evaluate.ts";
import { compile } from "../../src/compiler/program.ts";
import { crossEntropy } from "../cross_entropy/mod.ts";
import { mul } from "../elementwise/mod.ts";
import { compactRows } from "../gather/compact.ts";
import { gather, scatterAdd } from "../gather/mod.ts";
import { matmul } from "../matmul/mod.ts";
import { sum } from "../reduce/mod.ts";
import { input } from "../source/mod.ts";
import { reshape } from "../view/mod.ts";
import { projectedCrossEntropy } from "./mod.ts";

const labelsFor = (rows: number, words: number) =>
  Array.from({ length: rows }, (_, t) => (t * 7919 + 3) % words);

Deno.test("scores rows against smoothed labels, with gradients through both results", () =>
  checkOperation({
    inputs: {
      x: { shape: [5, 7] },
      w: { shape: [37, 7] },
      labels: { shape: [5], dtype: "i32", values: labelsFor(5, 37) },
      weights: { shape: [5], values: [1, 0, 2, 1, 0.5], gradient: false },
    },
    build: ({ x, w, labels, weights }) => {
      const { loss, logSumExp } = projectedCrossEntropy(x, w, labels, { smoothing: 0.1, weights });
      return [loss, logSumExp];
    },
  }));

Deno.test("scores the first rows only, over a vocabulary of several chunks", () =>
  checkOperation({
    inputs: {
      x: { shape: [700, 6] },
      w: { shape: [5003, 6] },
      // Labels of rows that are not scored may be anything.
      labels: {
        shape: [700],
        dtype: "i32",
        values: labelsFor(700, 5003).map((label, t) => t < 333 ? label : -1 - t),
      },
      count: { shape: [1], dtype: "i32", values: [333] },
    },
    build: ({ x, w, labels, count }) => {
      const { loss, logSumExp } = projectedCrossEntropy(x, w, labels, { count });
      return [loss, logSumExp];
    },
    probes: 3,
  }));

Deno.test("refuses operands that do not fit", () =>
  freshGraph(() => {
    const x = input("x", [3, 5]);
    const w = input("w", [9, 5]);
    const labels = input("labels", [3], "i32");
    assert.throws(() => projectedCrossEntropy(x, input("v", [9, 4]), labels), ShapeError);
    assert.throws(() => projectedCrossEntropy(x, w, input("few", [2], "i32")), ShapeError);
    assert.throws(() => projectedCrossEntropy(x, w, labels, { smoothing: 1 }), ShapeError);
    const count = input("count", [3], "i32");
    assert.throws(() => projectedCrossEntropy(x, w, labels, { count }), ShapeError);
  }));

for (const adapterClass of ["software", "gpu"] as const) {
  Deno.test(`agrees with the cross entropy of stored logits (${adapterClass})`, async () => {
    const [rows, width, words] = [33, 48, 70_001];
    const roots = freshGraph(() => {
      const x = input("x", [rows, width]);
      const w = input("w", [words, width]);
      const labels = input("labels", [rows], "i32");
      const { loss } = projectedCrossEntropy(x, w, labels);
      const stored = crossEntropy(matmul(x, w, { transposeB: true }), labels);
      return [loss, stored].flatMap((y) => [y, ...gradients(sum(y), [x, w])]);
    });
    const feeds = new Map<string, ArrayLike<number>>([
      ["x", testNormals(rows * width, 1)],
      ["w", testNormals(words * width, 2)],
      ["labels", labelsFor(rows, words)],
    ]);
    const values = await evaluate(await testDevice(adapterClass), roots, feeds, { poison: true });
    ["loss", "dx", "dW"].forEach((name, k) => assertClose(name, values[k], values[k + 3], 5e-5));
  });

  Deno.test(`scores a cluster as if the other rows weighed nothing (${adapterClass})`, async () => {
    const [rows, width, words] = [37, 6, 11];
    const roots = freshGraph(() => {
      const x = input("x", [rows, width]);
      const w = input("w", [words, width]);
      const labels = input("labels", [rows], "i32");
      const mask = input("mask", [rows]);
      const { order, count } = compactRows(mask);
      const own = reshape(gather(reshape(labels, [rows, 1]), order), [rows]);
      const { loss } = projectedCrossEntropy(gather(x, order), w, own, { count });
      const placed = reshape(scatterAdd(order, reshape(loss, [rows, 1]), rows), [rows]);
      const masked = mul(crossEntropy(matmul(x, w, { transposeB: true }), labels), mask);
      return [placed, masked].flatMap((y) => [y, ...gradients(sum(y), [x, w])]);
    });
    const labels = labelsFor(rows, words);
    const feeds = new Map<string, ArrayLike<number>>([
      ["x", testNormals(rows * width, 1)],
      ["w", testNormals(words * width, 2)],
      ["labels", labels],
      ["mask", labels.map((label) => label % 3 === 1 ? 1 : 0)],
    ]);
    const values = await evaluate(await testDevice(adapterClass), roots, feeds, { poison: true });
    ["loss", "dx", "dW"].forEach((name, k) => assertClose(name, values[k], values[k + 3], 2e-5));
  });

  Deno.test(`rows beyond a count of 0 cost no gradient (${adapterClass})`, async () => {
    const roots = freshGraph(() => {
      const x = input("x", [5, 7]);
      const w = input("w", [37, 7]);
      const count = input("count", [1], "i32");
      const { loss } = projectedCrossEntropy(x, w, input("labels", [5], "i32"), { count });
      return [loss, ...gradients(sum(loss), [x, w])];
    });
    const feeds = new Map<string, ArrayLike<number>>([
      ["x", testNormals(35, 1)],
      ["w", testNormals(259, 2)],
      ["labels", [0, 0, 0, 0, 0]],
      ["count", [0]],
    ]);
    const values = await evaluate(await testDevice(adapterClass), roots, feeds, { poison: true });
    for (const data of values) assert.ok(data.every((value) => value === 0));
  });

  Deno.test(`keeps logits out of memory (${adapterClass})`, async () => {
    const [rows, width, words] = [512, 32, 20_000];
    const device = await testDevice(adapterClass);
    const roots = freshGraph(() => {
      const x = input("x", [rows, width]);
      const w = input("w", [words, width]);
      const { loss } = projectedCrossEntropy(x, w, input("labels", [rows], "i32"));
      return [loss, ...gradients(sum(loss), [x, w])];
    });
    const places = new Map<Tensor, GPUBuffer>(
      sourcesOf(roots).map((t) => [t, device.createBuffer("source", 4 * t.size)]),
    );
    const program = compile(device, {
      label: "loss",
      roots,
      place: (tensor) => {
        const buffer = places.get(tensor);
        return buffer && { buffer, offset: 0, bytes: 4 * tensor.size };
      },
    });
    try {
      const logits = 4 * rows * words;
      const { peakBytes } = program.statistics;
      assert.ok(peakBytes < logits / 2, `${peakBytes} bytes, the logits would be ${logits}`);
    } finally {
      program.destroy();
      for (const buffer of places.values()) device.destroyBuffer(buffer);
    }
  });
}
