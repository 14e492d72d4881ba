import FFT from "npm:fft.js@4.0.4";
import assert from "node:assert/strict";
import { adapterClasses } from "../../src/device/adapter_class.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError } from "../../src/graph/contract.ts";
import { input } from "../source/mod.ts";
import {
  assertClose,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { irfft, rfft } from "./rfft.ts";

for (
  const [rows, length] of [[1, 1], [3, 2], [2, 7], [5, 25], [3, 28], [4, 63], [1, 64], [2, 90]]
) {
  Deno.test(`rfft and irfft match the defining sums for [${rows}, ${length}]`, async () => {
    const bins = Math.floor(length / 2) + 1;
    await checkOperation({
      inputs: { x: { shape: [rows, length] } },
      build: ({ x }) => {
        const { re, im } = rfft(x);
        return [re, im];
      },
      probes: 3,
    });
    await checkOperation({
      inputs: { re: { shape: [rows, bins] }, im: { shape: [rows, bins] } },
      build: ({ re, im }) => irfft({ re, im }, length),
      probes: 3,
    });
  });
}

Deno.test("rfft takes the defining sum when a prime factor is large", async () => {
  await checkOperation({
    inputs: { x: { shape: [3, 74] } },
    build: ({ x }) => irfft(rfft(x), 74),
    probes: 3,
  });
});

Deno.test("rfft agrees with fft.js and irfft undoes it at 4096 points", async () => {
  const [rows, length] = [3, 4096];
  const values = testNormals(rows * length, 5);
  const roots = freshGraph(() => {
    const spectrum = rfft(input("x", [rows, length]));
    return [spectrum.re, spectrum.im, irfft(spectrum, length)];
  });
  const fft = new FFT(length);
  for (const adapterClass of adapterClasses) {
    const device = await testDevice(adapterClass);
    const [re, im, back] = await evaluate(device, roots, new Map([["x", values]]), {
      poison: true,
    });
    assertClose("inverse", back, values, 2e-6);
    for (let r = 0; r < rows; r++) {
      const out = fft.createComplexArray();
      fft.realTransform(out, Array.from(values.subarray(r * length, (r + 1) * length)));
      const bins = length / 2 + 1;
      const part = (offset: number) => Array.from({ length: bins }, (_, f) => out[2 * f + offset]);
      assertClose("real part", re.slice(r * bins, (r + 1) * bins), part(0), 2e-6);
      assertClose("imaginary part", im.slice(r * bins, (r + 1) * bins), part(1), 2e-6);
    }
  }
});

Deno.test("irfft names a number of bins that does not fit", () => {
  freshGraph(() => {
    const part = input("part", [2, 5]);
    assert.throws(() => irfft({ re: part, im: part }, 7), ShapeError);
    assert.throws(() => rfft(input("x", [2, 3, 4])), ShapeError);
  });
});
