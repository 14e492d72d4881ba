import assert from "node:assert/strict";
import { input } from "../source/mod.ts";
import {
  assertClose,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { derivativeOperations } from "../../src/compiler/gradient.ts";
import { evaluate, interpret } from "../../src/compiler/evaluate.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { emaScan, emaScanBidirectional } from "./ema_scan.ts";
import type { Sweep } from "./sweeps.ts";

/** Decay factors between `low` and 1. */
function decays(count: number, low: number): Float64Array {
  return testNormals(count, 7).map((v) => Math.fround(low + (1 - low) / (1 + Math.exp(v))));
}

interface Case {
  readonly shape: readonly [number, number, number];
  readonly states: number;
  readonly sweeps: readonly Sweep[];
  readonly truncation?: number;
  readonly probes?: number;
}

function check({ shape, states, sweeps, truncation, probes }: Case): Promise<void> {
  const weights = [sweeps.length * shape[2], states];
  return checkOperation({
    inputs: {
      x: { shape },
      c: { shape: weights },
      q: { shape: weights, values: decays(weights[0] * states, 0.3) },
    },
    build: ({ x, c, q }) => emaScan(x, c, q, { sweeps, ...(truncation ? { truncation } : {}) }),
    probes: probes ?? 4,
  });
}

const both: readonly Sweep[] = ["forward", "reverse"];

for (
  const one of [
    { shape: [1, 1, 1], states: 1, sweeps: both },
    { shape: [2, 7, 7], states: 2, sweeps: ["forward"] },
    { shape: [3, 63, 7], states: 16, sweeps: both, probes: 2 },
    { shape: [2, 65, 65], states: 2, sweeps: ["reverse"], probes: 2 },
    { shape: [1, 127, 7], states: 9, sweeps: ["reverse", "forward"] },
    { shape: [2, 63, 7], states: 2, sweeps: both, truncation: 2 },
    { shape: [1, 127, 3], states: 2, sweeps: both, truncation: 126 },
    { shape: [1, 65, 3], states: 2, sweeps: both, truncation: 65 },
    { shape: [1, 1000, 7], states: 2, sweeps: both, truncation: 300, probes: 0 },
  ] satisfies Case[]
) {
  const name = `[${one.shape}], N ${one.states}, ${one.sweeps.join(" + ")}`;
  const taps = one.truncation ? `, ${one.truncation} taps` : "";
  Deno.test(`emaScan follows the kernel and its gradients for x ${name}${taps}`, () => check(one));
}

Deno.test("emaScan stays accurate over 4096 steps with decays close to 1", async () => {
  const feeds = new Map([
    ["x", testNormals(4096 * 3, 1)],
    ["c", testNormals(6 * 4, 2)],
    ["q", testNormals(6 * 4, 3).map((v) => Math.fround(1 - 10 ** (-2 - Math.abs(v))))],
  ]);
  for (const truncation of [4096, 1024]) {
    const y = freshGraph(() =>
      emaScanBidirectional(input("x", [1, 4096, 3]), input("c", [6, 4]), input("q", [6, 4]), {
        truncation,
      })
    );
    const [expected] = interpret([y], feeds);
    for (const adapterClass of ["software", "gpu"] as const) {
      const [actual] = await evaluate(await testDevice(adapterClass), [y], feeds, { poison: true });
      assertClose(`${adapterClass}, ${truncation} taps`, actual, expected.data, 2e-5);
    }
  }
});

Deno.test("emaScan gives the same bits on every run", async () => {
  const feeds = new Map([
    ["x", testNormals(2 * 200 * 9, 1)],
    ["c", testNormals(18 * 4, 2)],
    ["q", decays(18 * 4, 0.5)],
  ]);
  const outputs = freshGraph(() => {
    const [x, c, q] = [input("x", [2, 200, 9]), input("c", [18, 4]), input("q", [18, 4])];
    const y = emaScanBidirectional(x, c, q);
    return [y, ...y.node.op.vjp(y.node, [x], derivativeOperations)].filter((t): t is Tensor =>
      t !== undefined
    );
  });
  assert.equal(outputs.length, 4);
  for (const adapterClass of ["software", "gpu"] as const) {
    const device = await testDevice(adapterClass);
    const first = await evaluate(device, outputs, feeds, { poison: true });
    const second = await evaluate(device, outputs, feeds, { poison: true });
    first.forEach((data, i) => assert.deepEqual(second[i], data));
  }
});

Deno.test("emaScan names the operand that does not fit", () => {
  freshGraph(() => {
    const x = input("x", [2, 5, 3]);
    const weights = input("w", [3, 2]);
    assert.throws(() => emaScanBidirectional(x, weights, weights), ShapeError);
    assert.throws(() => emaScan(x, input("c", [3, 1]), weights), ShapeError);
    assert.throws(() => emaScan(x, weights, weights, { truncation: 1.5 }), ShapeError);
    assert.throws(() => emaScan(weights, weights, weights), ShapeError);
  });
});
