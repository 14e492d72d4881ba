import FFT from "npm:fft.js@4.0.4";
import assert from "node:assert/strict";
import { adapterClasses } from "../../src/device/adapter_class.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { input } from "../source/mod.ts";
import {
  assertClose,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { derivativeOperations } from "../../src/compiler/gradient.ts";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { type ConvolutionMethod, fftConv } from "./fft_conv.ts";

interface Case {
  readonly shape: readonly [number, number, number];
  readonly channels?: number;
  readonly taps: number;
  readonly reverseTaps?: number;
  readonly offset?: number;
  readonly probes?: number;
}

function check(one: Case, method: ConvolutionMethod): Promise<void> {
  const rows = (one.channels ?? 1) * one.shape[2];
  const reverse = one.reverseTaps ?? 0;
  return checkOperation({
    inputs: {
      x: { shape: one.shape },
      k: { shape: [rows, one.taps] },
      ...(reverse > 0 ? { r: { shape: [rows, reverse] } } : {}),
    },
    build: ({ x, k, r }) =>
      fftConv(x, k, {
        method,
        ...(r ? { reverse: { kernel: r, offset: one.offset ?? 0 } } : {}),
      }),
    probes: one.probes ?? 3,
  });
}

const both: readonly ConvolutionMethod[] = ["fft", "direct"];
const cases: readonly [Case, readonly ConvolutionMethod[]][] = [
  [{ shape: [1, 1, 1], taps: 1, reverseTaps: 1 }, both],
  [{ shape: [2, 7, 7], taps: 7 }, ["fft"]],
  [{ shape: [3, 63, 7], taps: 63, reverseTaps: 63 }, both],
  [{ shape: [2, 65, 4], taps: 20, reverseTaps: 64, offset: 1, channels: 2 }, both],
  [{ shape: [1, 127, 65], taps: 5, reverseTaps: 9, probes: 0 }, ["direct"]],
];
for (const [one, methods] of cases) {
  for (const method of methods) {
    const name = `[${one.shape}], ${one.taps} + ${one.reverseTaps ?? 0} taps (${method})`;
    Deno.test(`fftConv matches the defining sum for x ${name}`, () => check(one, method));
  }
}

Deno.test("fftConv matches the defining sum for 1000 steps", () =>
  check({ shape: [2, 1000, 3], taps: 1000, reverseTaps: 300, probes: 0 }, "fft"));

/** Causal convolution of two rows by a float64 transform of another library. */
function convolveWithFftJs(x: Float64Array, kernel: Float64Array): number[] {
  const fft = new FFT(2 * x.length);
  const spectrum = (row: Float64Array) => {
    const padded = new Array<number>(2 * x.length).fill(0);
    row.forEach((value, i) => padded[i] = value);
    const out = fft.createComplexArray();
    fft.realTransform(out, padded);
    fft.completeSpectrum(out);
    return out;
  };
  const [a, b] = [spectrum(x), spectrum(kernel)];
  const product = fft.createComplexArray();
  for (let i = 0; i < product.length; i += 2) {
    product[i] = a[i] * b[i] - a[i + 1] * b[i + 1];
    product[i + 1] = a[i] * b[i + 1] + a[i + 1] * b[i];
  }
  const y = fft.createComplexArray();
  fft.inverseTransform(y, product);
  return Array.from(x, (_, t) => y[2 * t]);
}

Deno.test("fftConv keeps a relative error below 1e-6 over 16384 steps", async () => {
  const length = 16384;
  const [x, k] = [testNormals(length, 1), testNormals(length, 2)];
  const expected = convolveWithFftJs(x, k);
  const power = expected.reduce((sum, value) => sum + value ** 2, 0);
  assert.ok(power > 0);
  const y = freshGraph(() => fftConv(input("x", [1, length, 1]), input("k", [1, length])));
  for (const adapterClass of adapterClasses) {
    const device = await testDevice(adapterClass);
    const [actual] = await evaluate(device, [y], new Map([["x", x], ["k", k]]), { poison: true });
    const error = expected.reduce((sum, value, t) => sum + (actual[t] - value) ** 2, 0);
    assert.ok(Math.sqrt(error / power) < 1e-6, `${adapterClass}: ${Math.sqrt(error / power)}`);
  }
});

Deno.test("fftConv and its gradients give the same bits on every run", async () => {
  const feeds = new Map([
    ["x", testNormals(3 * 63 * 7, 1)],
    ["k", testNormals(7 * 63, 2)],
    ["r", testNormals(7 * 63, 3)],
  ]);
  const outputs = freshGraph(() => {
    const x = input("x", [3, 63, 7]);
    const y = fftConv(x, input("k", [7, 63]), { reverse: { kernel: input("r", [7, 63]) } });
    return [y, ...y.node.op.vjp(y.node, [x], derivativeOperations)].filter((t): t is Tensor =>
      t !== undefined
    );
  });
  assert.equal(outputs.length, 4);
  for (const adapterClass of adapterClasses) {
    const device = await testDevice(adapterClass);
    const first = await evaluate(device, outputs, feeds, { poison: true });
    const second = await evaluate(device, outputs, feeds, { poison: true });
    first.forEach((data, i) => assert.deepEqual(second[i], data));
  }
});

Deno.test("fftConv takes the defining sum for few taps and agrees with the transforms", async () => {
  const feeds = new Map([["x", testNormals(2 * 50 * 3, 1)], ["k", testNormals(3 * 17, 2)]]);
  const [chosen, direct, fft] = freshGraph(() => {
    const [x, k] = [input("x", [2, 50, 3]), input("k", [3, 17])];
    return [
      fftConv(x, k),
      fftConv(x, k, { method: "direct" }),
      fftConv(x, k, { method: "fft" }),
    ];
  });
  assert.equal(chosen.id, direct.id);
  const [a, b] = await evaluate(await testDevice("software"), [direct, fft], feeds);
  assertClose("direct against transforms", a, b, 2e-6);
});

Deno.test("fftConv names the kernel that does not fit", () => {
  freshGraph(() => {
    const x = input("x", [2, 5, 3]);
    const k = input("k", [3, 5]);
    assert.throws(() => fftConv(x, input("long", [3, 6])), ShapeError);
    assert.throws(() => fftConv(x, input("rows", [4, 5])), ShapeError);
    assert.throws(() => fftConv(x, k, { reverse: { kernel: k, offset: 1 } }), ShapeError);
    assert.throws(() => fftConv(x, k, { reverse: { kernel: input("r", [6, 5]) } }), ShapeError);
  });
});
