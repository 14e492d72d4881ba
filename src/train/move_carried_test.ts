import assert from "node:assert/strict";
import { add, mul } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { testDevice } from "../compiler/testing.ts";
import { normal } from "../nn/initializers.ts";
import { Inference } from "./inference.ts";
import { Session } from "./session.ts";
import type { BlocksOf, DecodeRunner, ModelFunction } from "./workload.ts";

/** `encode` sets a table [rows, columns], `step` multiplies it by a parameter and shows it. */
const table: ModelFunction = (context, { rows, columns }, mode) => {
  const scale = context.parameter("scale", [1], normal(1));
  const before = context.carried("table", [rows, columns]);
  if (mode === "train" || mode === "evaluate") return { lossSum: sum(scale) };
  const after = mode === "encode" ? add(input("start", [rows, columns]), 0) : mul(before, scale);
  context.carry("table", after);
  return { outputs: { table: after } };
};

/** Rows 2 and 0, in this order. */
const blocks: BlocksOf = (name, from, to) => {
  assert.equal(name, "table");
  const length = Math.min(from[1], to[1]);
  return [2, 0].map((row, i) => ({ from: row * from[1], to: i * to[1], length }));
};

async function check(
  runner: DecodeRunner,
  to: Readonly<Record<string, number>>,
): Promise<number[]> {
  const from = { rows: 3, columns: 4 };
  const start = Float32Array.from({ length: 12 }, (_, i) => i);
  const feeds = new Map([["start", start]]);
  runner.step({ feeds, extents: from, fresh: false }, "encode");
  runner.step({ feeds: new Map(), extents: from, fresh: false });
  runner.move(from, to, blocks);
  const step = runner.step({ feeds: new Map(), extents: to, fresh: false });
  return [...await step.read("table")];
}

/** Rows 2 and 0 after two steps, each of which doubles them. */
const fewer = { rows: 2, columns: 4 };
const wider = { rows: 2, columns: 6 };
const expectedFewer = [32, 36, 40, 44, 0, 4, 8, 12];

Deno.test("state moves to another shape, also within the same memory", async () => {
  const device = await testDevice("software");
  const before = [device.liveBytes, device.liveBuffers];
  {
    using inference = new Inference(device, {
      model: table,
      extents: { rows: 3, columns: 4 },
      values: { parameters: new Map([["scale", Float32Array.of(2)]]), states: new Map() },
      where: "model",
    });
    assert.deepEqual(await check(inference, fewer), expectedFewer);
    // 3 x 4 and 2 x 6 numbers share their memory: elsewhere it holds what was there before.
    const same = await check(inference, wider);
    assert.deepEqual([...same.slice(0, 4), ...same.slice(6, 10)], expectedFewer);
  }
  assert.deepEqual([device.liveBytes, device.liveBuffers], before);
});

Deno.test("a session decodes with the parameters that it trains", async () => {
  const device = await testDevice("software");
  const extents = { rows: 1, columns: 1 };
  const session = new Session(device, {
    model: table,
    extents: { train: extents, evaluate: extents },
    optimizer: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, clipNorm: 0 },
    accumulation: 1,
    seed: 1,
  });
  try {
    session.restoreParameters(new Map([["scale", Float32Array.of(2)]]), new Map());
    assert.deepEqual(await check(session, fewer), expectedFewer);
  } finally {
    session.destroy();
  }
});
