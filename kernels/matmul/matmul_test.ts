import assert from "node:assert/strict";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError } from "../../src/graph/contract.ts";
import { add, mul, silu } from "../elementwise/mod.ts";
import { input } from "../source/mod.ts";
import { Device } from "../../src/device/device.ts";
import { derivativeOperations } from "../../src/compiler/gradient.ts";
import { evaluate, interpret } from "../../src/compiler/evaluate.ts";
import {
  assertClose,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { broadcastTo, concat, slice, transpose } from "../view/mod.ts";
import { matmul } from "./mod.ts";

const forms = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB }))
);
const nameOf = (form: { transposeA: boolean; transposeB: boolean }) =>
  `${form.transposeA ? "T" : "N"}${form.transposeB ? "T" : "N"}`;

/** [M, N, K]: awkward extents on every axis, a split contraction, tiny and narrow results. */
const shapes: readonly (readonly [number, number, number])[] = [
  [65, 7, 63],
  [7, 63, 1000],
  [1, 1, 1],
  [7, 1, 63],
  [1, 65, 127],
  [127, 65, 1],
  [2, 1000, 3],
];

/** Batch axes of both operands. */
const batches: readonly (readonly [number[], number[]])[] = [
  [[2, 1], [1, 3]],
  [[2, 3], []],
  [[], [3]],
  [[2, 3], [2, 3]],
];

for (const form of forms) {
  // The gradients of NN products are NT and TN products, so those need fewer shapes of their own.
  const plain = nameOf(form) === "NN";

  Deno.test(`matmul ${nameOf(form)} matches its reference on awkward shapes`, async () => {
    for (const [m, n, k] of plain ? shapes : shapes.slice(0, 2)) {
      await checkOperation({
        inputs: {
          a: { shape: form.transposeA ? [k, m] : [m, k] },
          b: { shape: form.transposeB ? [n, k] : [k, n] },
        },
        build: ({ a, b }) => matmul(a, b, form),
        probes: m * n * k < 5000 ? 3 : 0,
      });
    }
  });

  Deno.test(`matmul ${nameOf(form)} broadcasts batch axes`, async () => {
    const a = form.transposeA ? [5, 9] : [9, 5];
    const b = form.transposeB ? [6, 5] : [5, 6];
    for (const [left, right] of plain ? batches : batches.slice(0, 1)) {
      await checkOperation({
        inputs: { a: { shape: [...left, ...a] }, b: { shape: [...right, ...b] } },
        build: (t) => matmul(t.a, t.b, form),
        probes: 3,
      });
    }
  });
}

Deno.test("matmul reads strided views in place and other views through functions", async () => {
  await checkOperation({
    inputs: { a: { shape: [4, 6, 10] }, b: { shape: [4, 9, 8] }, c: { shape: [4, 6, 2] } },
    build: ({ a, b, c }) => [
      matmul(slice(a, 2, 1, 8), slice(b, 1, 1, 8)),
      matmul(
        transpose(slice(a, 2, 2, 8), [1, 0, 2]),
        broadcastTo(slice(b, 0, 1, 1), [6, 9, 8]),
        { transposeB: true },
      ),
      matmul(concat([slice(a, 2, 0, 6), c], 2), b, { transposeB: true }),
    ],
    probes: 3,
  });
});

Deno.test("matmul multiplies a tensor by itself", async () => {
  await checkOperation({
    inputs: { a: { shape: [3, 17, 6] } },
    build: ({ a }) => matmul(a, a, { transposeB: true }),
    probes: 3,
  });
});

Deno.test("matmul splits long contractions with the same result", async () => {
  await checkOperation({
    inputs: { a: { shape: [3200, 40] }, b: { shape: [3200, 12] } },
    build: ({ a, b }) => matmul(a, b, { transposeA: true }),
    probes: 0,
  });
});

Deno.test("matmul computes large results in the largest tiles, whole and ragged", async () => {
  for (const [m, n] of [[2048, 2048], [2050, 1030], [4100, 64]]) {
    await checkOperation({
      inputs: { a: { shape: [m, 5] }, b: { shape: [5, n] } },
      build: ({ a, b }) => matmul(a, b),
      probes: 0,
    });
  }
});

Deno.test("matmul fuses bias, activation and residual and stores every wanted result", async () => {
  for (const [m, n, k] of [[33, 20, 12], [8, 4, 700]]) {
    await checkOperation({
      inputs: {
        x: { shape: [m, k] },
        w: { shape: [n, k] },
        bias: { shape: [n] },
        residual: { shape: [m, n] },
      },
      build: ({ x, w, bias, residual }) => {
        const hidden = add(matmul(x, w, { transposeB: true }), bias);
        const active = silu(hidden);
        return [hidden, active, mul(add(active, residual), hidden)];
      },
      probes: 0,
    });
  }
});

Deno.test("matmul on software adapters works without subgroup operations", async () => {
  const shared = await testDevice("software");
  const adapter = await navigator.gpu.requestAdapter();
  const gpu = await adapter?.requestDevice();
  if (!gpu) throw new Error("no adapter");
  const { adapterInfo, limits, subgroupSize } = shared;
  const device = new Device(gpu, adapterInfo, limits, subgroupSize, "software");
  const feeds = new Map([["a", testNormals(13 * 70, 1)], ["b", testNormals(70 * 21, 2)]]);
  const product = freshGraph(() =>
    silu(matmul(input("a", [70, 13]), input("b", [21, 70]), {
      transposeA: true,
      transposeB: true,
    }))
  );
  try {
    assert.equal(device.hasSubgroups, false);
    const [actual] = await evaluate(device, [product], feeds, { poison: true });
    const [expected] = interpret([product], feeds);
    assertClose("product", actual, expected.data, 2e-5);
  } finally {
    device.destroy();
  }
});

Deno.test("matmul refuses operands that do not fit", () => {
  freshGraph(() => {
    const a = input("a", [2, 3, 4]);
    assert.throws(() => matmul(a, input("b", [5, 6])), ShapeError);
    assert.throws(() => matmul(a, input("c", [3, 4, 5])), ShapeError);
    assert.throws(() => matmul(a, input("d", [4])), ShapeError);
    assert.throws(() => matmul(a, input("e", [4, 5], "i32")), ShapeError);
  });
});

Deno.test("matmul by a shared matrix is one product, and so is its gradient", () => {
  freshGraph(() => {
    const product = matmul(input("a", [4, 5, 6]), input("w", [6, 7]));
    assert.deepEqual(product.shape, [4, 5, 7]);
    const { node } = product.node.inputs[0];
    assert.equal(node.op.name, "matmul");
    assert.deepEqual(node.outputs[0].shape, [20, 7]);
    const [, dw] = node.op.vjp(node, [input("g", [20, 7])], derivativeOperations);
    assert.equal(dw?.node.op.name, "matmul");
    assert.deepEqual(dw?.shape, [6, 7]);
  });
});
