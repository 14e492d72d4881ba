import assert from "node:assert/strict";
import { adapterClasses } from "../../src/device/adapter_class.ts";
import { derivativeOperations } from "../../src/compiler/gradient.ts";
import { evaluate, interpret } from "../../src/compiler/evaluate.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { input } from "../source/mod.ts";
import {
  assertClose,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { cauchy } from "./cauchy.ts";
import { holomorphic, holomorphicNames } from "./holomorphic.ts";
import { powers } from "./powers.ts";

/** Values between `low` and `high`. */
function between(count: number, low: number, high: number, seed: number): Float64Array {
  return testNormals(count, seed).map((v) => Math.fround(low + (high - low) / (1 + Math.exp(v))));
}

for (const [rows, count, stride] of [[1, 1, 1], [7, 63, 1], [65, 7, 5], [3, 127, 8]]) {
  Deno.test(`powers of ${rows} rates to ${count} multiples of ${stride}`, () =>
    checkOperation({
      inputs: {
        re: { shape: [rows], values: between(rows, -0.05, -0.001, 1) },
        im: { shape: [rows], values: between(rows, -1, 1, 2) },
      },
      build: ({ re, im }) => {
        const z = powers({ re, im }, count, stride);
        return [z.re, z.im];
      },
      difference: 1e-5,
    }));
}

// Half a unit in the last place of the fastest rate alone would move the phase by 0.25.
for (
  const [speed, rates, tolerance] of [
    ["slow", [3e-4, -2e-3, 0.031, -0.6, 1, 2.5, -3.1], 1.5e-5],
    ["fast", [13, 130, -400], 5e-5],
  ] as const
) {
  Deno.test(`powers keep their phase over 16384 steps of ${speed} rotations`, async () => {
    const im = Float64Array.from(rates, Math.fround);
    const feeds = new Map([["im", im], ["re", im.map(() => Math.fround(-1e-5))]]);
    const roots = freshGraph(() => {
      const rate = { re: input("re", [im.length]), im: input("im", [im.length]) };
      const z = powers(rate, 16385);
      return [z.re, z.im];
    });
    const expected = interpret(roots, feeds);
    for (const adapterClass of adapterClasses) {
      const actual = await evaluate(await testDevice(adapterClass), roots, feeds, { poison: true });
      actual.forEach((z, i) => assertClose(`part ${i}`, z, expected[i].data, tolerance));
    }
  });
}

for (const name of holomorphicNames) {
  Deno.test(`${name} and its derivative for steps of every size`, async () => {
    const sizes = [1e-5, 1e-3, 0.03, 0.3, 0.45, 0.55, 1, 3, 60];
    const re = sizes.flatMap((size) => [-0.5 * size, -size, -1e-6 * size, -0.1 * size]);
    const im = sizes.flatMap((size) => [size, 0.1 * size, -size, -0.02 * size]);
    // Gradients of steps that differ by orders of magnitude would hide the small ones.
    for (let from = 0; from < re.length; from += 4) {
      await checkOperation({
        inputs: {
          re: { shape: [2, 2], values: re.slice(from, from + 4) },
          im: { shape: [2, 2], values: im.slice(from, from + 4) },
        },
        build: ({ re, im }) => {
          const z = holomorphic(name, { re, im });
          return [z.re, z.im];
        },
        tolerance: 2e-6,
        difference: from === 0 ? 1e-7 : 1e-5,
      });
    }
  });
}

interface Case {
  readonly rows: number;
  readonly features: number;
  readonly pairs: number;
  readonly length: number;
  readonly probes?: number;
}

function cauchyGraph(length: number) {
  return ({ rho, weight, re, im }: Readonly<Record<string, Tensor>>) => {
    const sums = cauchy({ rho, weight, poles: { re, im } }, length);
    return [sums.re, sums.im];
  };
}

for (
  const { rows, features, pairs, length, probes } of [
    { rows: 1, features: 1, pairs: 1, length: 1 },
    { rows: 4, features: 7, pairs: 2, length: 7 },
    { rows: 3, features: 2, pairs: 9, length: 65 },
    { rows: 6, features: 3, pairs: 32, length: 126, probes: 4 },
    { rows: 4, features: 1, pairs: 65, length: 1000, probes: 0 },
  ] satisfies Case[]
) {
  const name = `${rows} rows, ${features} features, ${pairs} pairs, length ${length}`;
  Deno.test(`Cauchy sums and their gradients for ${name}`, () =>
    checkOperation({
      inputs: {
        rho: { shape: [rows, features, pairs] },
        weight: { shape: [rows, features, pairs] },
        re: { shape: [features, pairs], values: between(features * pairs, -0.3, -0.05, 3) },
        im: { shape: [features, pairs], values: between(features * pairs, -2, 0, 4) },
      },
      build: cauchyGraph(length),
      ...(probes === undefined ? {} : { probes }),
      difference: 1e-5,
    }));
}

Deno.test("Cauchy sums and their gradients give the same bits on every run", async () => {
  const feeds = new Map([
    ["rho", testNormals(2 * 3 * 33, 1)],
    ["weight", testNormals(2 * 3 * 33, 2)],
    ["re", between(3 * 33, -0.3, -0.05, 3)],
    ["im", between(3 * 33, -2, 0, 4)],
  ]);
  const roots = freshGraph(() => {
    const operands = {
      rho: input("rho", [2, 3, 33]),
      weight: input("weight", [2, 3, 33]),
      re: input("re", [3, 33]),
      im: input("im", [3, 33]),
    };
    const [re, im] = cauchyGraph(300)(operands);
    return [re, im, ...re.node.op.vjp(re.node, [re, im], derivativeOperations)].filter((t) =>
      t !== undefined
    );
  });
  assert.equal(roots.length, 6);
  for (const adapterClass of adapterClasses) {
    const device = await testDevice(adapterClass);
    const first = await evaluate(device, roots, feeds, { poison: true });
    const second = await evaluate(device, roots, feeds, { poison: true });
    first.forEach((data, i) => assert.deepEqual(second[i], data));
  }
});

Deno.test("S4 kernels name operands that do not fit", () => {
  freshGraph(() => {
    const [a, b] = [input("a", [4]), input("b", [5])];
    assert.throws(() => powers({ re: a, im: b }, 3), ShapeError);
    assert.throws(() => powers({ re: a, im: a }, 2 ** 20, 2 ** 10), /exponents/);
    assert.throws(() => holomorphic("bilinearLog", { re: a, im: b }), ShapeError);
    const rho = input("rho", [2, 3, 4]);
    const poles = { re: input("re", [3, 5]), im: input("im", [3, 5]) };
    assert.throws(() => cauchy({ rho, weight: rho, poles }, 8), ShapeError);
  });
});
