import assert from "node:assert/strict";
import { input } from "../source/mod.ts";
import { full } from "../source/generate.ts";
import { mul } from "../elementwise/mod.ts";
import { concat, slice } from "../view/mod.ts";
import {
  assertClose,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { evaluate, interpret } from "../../src/compiler/evaluate.ts";
import { derivativeOperations } from "../../src/compiler/gradient.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { emaScan } from "./ema_scan.ts";
import { emaScanWithState, type EmaWithState } from "./ema_scan_state.ts";
import { emaStep } from "./ema_step.ts";

type Run = (x: Tensor, w: Tensor, q: Tensor, g: Tensor, state: Tensor) => EmaWithState;
const runs: Readonly<Record<string, Run>> = {
  emaScanWithState,
  emaStep: (x, w, q, g, state) => emaStep(x, state, w, q, g),
};

/** Decays between `low` and 1. */
function decays(count: number, low: number): Float64Array {
  return testNormals(count, 7).map((v) => Math.fround(low + (1 - low) / (1 + Math.exp(v))));
}

/** Normal numbers with one zero, a weight that no state can be divided by. */
function withZero(count: number, seed: number, at: number): Float64Array {
  return testNormals(count, seed).map((v, i) => i === at % count ? 0 : v);
}

for (
  const [name, shape, states, probes] of [
    ["emaScanWithState", [2, 1, 5], 4, 6],
    ["emaScanWithState", [3, 7, 7], 1, 6],
    ["emaScanWithState", [2, 65, 7], 4, 3],
    ["emaScanWithState", [1, 127, 3], 16, 2],
    // More sequences × chunks than one invocation adds up.
    ["emaScanWithState", [67, 33, 2], 9, 0],
    ["emaStep", [2, 1, 5], 4, 6],
    ["emaStep", [3, 7, 7], 1, 6],
  ] as const
) {
  Deno.test(`${name} and its gradients follow the recurrence for x [${shape}], N ${states}`, async () => {
    const [batch, , features] = shape;
    const weights = { shape: [features, states] };
    const count = features * states;
    await checkOperation({
      inputs: {
        x: { shape },
        w: { ...weights, values: withZero(count, 2, 3) },
        q: { ...weights, values: decays(count, 0.3) },
        g: { ...weights, values: withZero(count, 4, 6) },
        state: { shape: [batch, features, states] },
      },
      build: ({ x, w, q, g, state }) => {
        const next = runs[name](x, w, q, g, state);
        return [next.y, next.state];
      },
      probes,
    });
  });
}

Deno.test("a decay of zero keeps the gradient of the last state finite and exact", async () => {
  const shape = [2, 3];
  await checkOperation({
    inputs: {
      x: { shape: [2, 5, 2] },
      w: { shape },
      q: { shape, values: [0, 0.5, 0.9, 0.7, 0, 0.2], gradient: false },
      g: { shape },
      state: { shape: [2, ...shape] },
    },
    build: ({ x, w, q, g, state }) => {
      const next = emaScanWithState(x, w, q, g, state);
      return [next.y, next.state];
    },
    probes: 3,
  });
});

Deno.test("pieces that carry the state equal one pass, by scan and by step", async () => {
  const [batch, length, features, states] = [3, 90, 7, 5];
  const weights = features * states;
  const feeds = new Map([
    ["x", testNormals(batch * length * features, 1)],
    ["state", testNormals(batch * weights, 2)],
    ["w", testNormals(weights, 3)],
    ["q", decays(weights, 0.2)],
    ["g", testNormals(weights, 4)],
  ]);
  const roots = freshGraph(() => {
    const shape = [features, states];
    const x = input("x", [batch, length, features]);
    const start = input("state", [batch, ...shape]);
    const [w, q, g] = ["w", "q", "g"].map((name) => input(name, shape));
    const whole = emaScanWithState(x, w, q, g, start);
    const chain = (cuts: readonly (readonly [Run, number])[]): Tensor[] => {
      let [state, at] = [start, 0];
      const pieces: Tensor[] = [];
      for (const [run, size] of cuts) {
        const piece = run(slice(x, 1, at, size), w, q, g, state);
        pieces.push(piece.y);
        [state, at] = [piece.state, at + size];
      }
      assert.equal(at, length);
      return [concat(pieces, 1), state];
    };
    const { emaScanWithState: scan, emaStep: step } = runs;
    return [
      ...[whole.y, whole.state],
      ...chain([[scan, 40], [scan, 50]]),
      ...chain([[scan, 83], [step, 5], [step, 1], [step, 1]]),
    ];
  });
  const expected = interpret(roots.slice(0, 2), feeds);
  for (const adapterClass of ["software", "gpu"] as const) {
    const actual = await evaluate(await testDevice(adapterClass), roots, feeds, { poison: true });
    for (const first of [0, 2, 4]) {
      assertClose(`${adapterClass} y`, actual[first], expected[0].data, 1e-6);
      assertClose(`${adapterClass} state`, actual[first + 1], expected[1].data, 1e-6);
    }
  }
});

Deno.test("a zero state gives the bits of emaScan, whose gradients agree", async () => {
  const [batch, length, features, states] = [2, 70, 9, 4];
  const weights = features * states;
  const feeds = new Map([
    ["x", testNormals(batch * length * features, 1)],
    ["dy", testNormals(batch * length * features, 5)],
    ["w", testNormals(weights, 2)],
    ["q", decays(weights, 0.4)],
    ["g", testNormals(weights, 3)],
  ]);
  const roots = freshGraph(() => {
    const x = input("x", [batch, length, features]);
    const dy = input("dy", [batch, length, features]);
    const [w, q, g] = ["w", "q", "g"].map((name) => input(name, [features, states]));
    const scan = emaScan(x, mul(w, g), q);
    const [dx, dc, dq] = scan.node.op.vjp(scan.node, [dy], derivativeOperations);
    const { y } = emaScanWithState(x, w, q, g, full([batch, features, states], 0));
    const [sameX, , dw, sameQ, dg] = y.node.op.vjp(y.node, [dy], derivativeOperations);
    const found = [scan, dx, dq, dc && mul(g, dc), dc && mul(w, dc), y, sameX, sameQ, dw, dg];
    return found.filter((tensor): tensor is Tensor => tensor !== undefined);
  });
  assert.equal(roots.length, 10);
  for (const adapterClass of ["software", "gpu"] as const) {
    const device = await testDevice(adapterClass);
    const actual = await evaluate(device, roots, feeds, { poison: true });
    assert.deepEqual(actual[5], actual[0]);
    for (let i = 1; i < 5; i++) assertClose(`gradient ${i}`, actual[5 + i], actual[i], 1e-6);
    const again = await evaluate(device, roots, feeds, { poison: true });
    actual.forEach((data, i) => assert.deepEqual(again[i], data));
  }
});

Deno.test("long chunked scans with slow decays stay accurate from a large state", async () => {
  const [length, features, states] = [4096, 3, 4];
  const feeds = new Map([
    ["x", testNormals(length * features, 1)],
    ["state", testNormals(features * states, 5).map((v) => 100 * v)],
    ["w", testNormals(features * states, 2).map((v) => 0.01 * v)],
    ["g", testNormals(features * states, 4)],
    [
      "q",
      testNormals(features * states, 3).map((v) => Math.fround(1 - 10 ** (-2 - Math.abs(v)))),
    ],
  ]);
  const roots = freshGraph(() => {
    const [w, q, g] = ["w", "q", "g"].map((name) => input(name, [features, states]));
    const start = input("state", [1, features, states]);
    const { y, state } = emaScanWithState(input("x", [1, length, features]), w, q, g, start);
    return [y, state];
  });
  const expected = interpret(roots, feeds);
  for (const adapterClass of ["software", "gpu"] as const) {
    const actual = await evaluate(await testDevice(adapterClass), roots, feeds, { poison: true });
    actual.forEach((data, i) => assertClose(`${adapterClass} ${i}`, data, expected[i].data, 1e-4));
  }
});

Deno.test("emaScanWithState names the operand that does not fit", () => {
  freshGraph(() => {
    const [x, w, state] = [[2, 5, 3], [3, 2], [2, 3, 2]].map((shape) => input(`${shape}`, shape));
    const narrow = input("narrow", [3, 1]);
    assert.throws(() => emaScanWithState(x, narrow, w, w, state), { message: /w must be/ });
    assert.throws(() => emaScanWithState(x, w, w, narrow, state), { message: /g must be/ });
    assert.throws(() => emaScanWithState(x, w, w, w, w), { message: /the state must be/ });
    assert.throws(() => emaScanWithState(w, w, w, w, state), ShapeError);
  });
});
